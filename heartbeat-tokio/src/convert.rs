//! What tungstenite calls a message and the core a frame.

use heartbeat_core::{Action, Frame, Unreadable};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

/// Borrows a message as a frame. `None` for a raw frame, which tungstenite never reads.
pub(crate) fn frame_of(message: &Message) -> Option<Frame<'_>> {
    Some(match message {
        Message::Text(text) => Frame::Text(text.as_str()),
        Message::Binary(bytes) => Frame::Binary(bytes),
        Message::Ping(payload) => Frame::Ping(payload),
        Message::Pong(payload) => Frame::Pong(payload),
        Message::Close(Some(close)) => {
            Frame::Close { code: Some(close.code.into()), reason: close.reason.as_str() }
        }
        Message::Close(None) => Frame::Close { code: None, reason: "" },
        Message::Frame(_) => return None,
    })
}

/// Copies a frame into a message. Costs one allocation: for heartbeats, not for data.
fn message_of(frame: Frame<'_>) -> Message {
    match frame {
        Frame::Text(text) => Message::text(text),
        Frame::Binary(bytes) => Message::binary(bytes.to_vec()),
        Frame::Ping(payload) => Message::Ping(payload.to_vec().into()),
        Frame::Pong(payload) => Message::Pong(payload.to_vec().into()),
        Frame::Close { code, reason } => Message::Close(
            code.map(|code| CloseFrame { code: CloseCode::from(code), reason: reason.into() }),
        ),
    }
}

/// Copies the heartbeat that an action wants written, if it does.
pub(crate) fn heartbeat_of(action: &Action<'_>) -> Option<Message> {
    match action {
        Action::Respond(frame) | Action::Transmit(frame) => Some(message_of(*frame)),
        Action::RecordLatency(_) | Action::Notify(_) | Action::Disconnect(_) | Action::Wait(_) => {
            None
        }
    }
}

/// Gives a message memory of its own.
///
/// What tungstenite reads is a piece of its read buffer, and keeps all of it: a message of a few
/// bytes that waits behind a snapshot would hold the memory of the snapshot, and nothing tells how
/// much that is. The copy costs a fraction of what reading did, and lets the buffer be used again.
pub(crate) fn detached(message: Message) -> Message {
    match message {
        Message::Text(text) => Message::Text(text.as_str().into()),
        Message::Binary(bytes) => Message::Binary(Bytes::copy_from_slice(&bytes)),
        Message::Ping(payload) => Message::Ping(Bytes::copy_from_slice(&payload)),
        Message::Pong(payload) => Message::Pong(Bytes::copy_from_slice(&payload)),
        Message::Close(Some(close)) => Message::Close(Some(CloseFrame {
            code: close.code,
            reason: close.reason.as_str().into(),
        })),
        Message::Close(None) | Message::Frame(_) => message,
    }
}

/// Returns why nothing more can be read, where it is not that the transport has ended.
pub(crate) fn unreadable_of(error: &Error) -> Option<Unreadable> {
    if let Error::Capacity(CapacityError::MessageTooLong { size, max_size }) = error {
        let bytes = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        Some(Unreadable::MessageTooLong { bytes: bytes(*size), bytes_max: bytes(*max_size) })
    } else if let Error::Protocol(what) = error {
        let is_an_end = matches!(
            what,
            ProtocolError::ResetWithoutClosingHandshake
                | ProtocolError::ReceivedAfterClosing
                | ProtocolError::SendAfterClosing
        );
        (!is_an_end).then_some(Unreadable::ProtocolViolated)
    } else if let Error::Utf8(_) = error {
        Some(Unreadable::InvalidUtf8)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_way_there_and_back() {
        for frame in [
            Frame::Text("pong"),
            Frame::Binary(b"\x00\xff"),
            Frame::Ping(b""),
            Frame::Pong(b"hb-1"),
            Frame::Close { code: Some(4_004), reason: "30s without a ping" },
            Frame::Close { code: None, reason: "" },
        ] {
            assert_eq!(frame_of(&message_of(frame)), Some(frame));
        }
    }
}
