//! WebSocket frames from bytes and to bytes, the server's side (RFC 6455, section 5).

use core::fmt;
use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::OwnedFrame;

/// The longest message that a client may send, in bytes. Venues cut off far earlier.
const MESSAGE_MAX: usize = 1 << 20;

/// The longest payload of a control frame, in bytes.
const CONTROL_MAX: usize = 125;

/// What a client did that no WebSocket client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The header is none that RFC 6455 knows.
    BadHeader,
    /// A frame is not masked.
    Unmasked,
    /// A message is longer than the mock takes.
    TooLong {
        /// Its length so far, in bytes.
        len: u64,
        /// The most that is taken.
        max: usize,
    },
    /// A control frame is fragmented, or longer than 125 bytes.
    BadControl,
    /// A continuation came without a beginning, or a beginning inside a message.
    BadFragment,
    /// A text message or a close reason is not UTF-8.
    NotUtf8,
    /// A close frame has a payload of one byte.
    BadClose,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadHeader => f.write_str("frame header must be one of rfc 6455"),
            Self::Unmasked => f.write_str("frames of a client must be masked"),
            Self::TooLong { len, max } => {
                write!(f, "message ({len} bytes) must be at most {max} bytes long")
            }
            Self::BadControl => {
                f.write_str("control frame must be whole and at most 125 bytes long")
            }
            Self::BadFragment => f.write_str("fragments must continue the message that is begun"),
            Self::NotUtf8 => f.write_str("text must be utf-8"),
            Self::BadClose => f.write_str("close payload must be empty or hold a code"),
        }
    }
}

impl core::error::Error for WireError {}

/// Puts a client's frames together from its bytes. Holds at most one message and one read.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    bytes: Vec<u8>,
    /// The message whose last fragment has not come yet.
    begun: Option<(Data, Vec<u8>)>,
}

impl Decoder {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes out the next whole frame or message, if it is there.
    pub(super) fn decode(&mut self) -> Result<Option<OwnedFrame>, WireError> {
        while let Some((header, payload)) = self.frame()? {
            let frame = match header.opcode {
                OpCode::Control(control) => Some(decode_control(control, &header, payload)?),
                OpCode::Data(data) => self.join(data, header.is_final, payload)?,
            };
            if frame.is_some() {
                return Ok(frame);
            }
        }
        Ok(None)
    }

    /// Takes out the next whole frame, unmasked.
    fn frame(&mut self) -> Result<Option<(FrameHeader, Vec<u8>)>, WireError> {
        let mut cursor = Cursor::new(self.bytes.as_slice());
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| WireError::BadHeader)?;
        let Some((header, len)) = parsed else {
            return Ok(None);
        };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(WireError::BadHeader);
        }
        let Some(mask) = header.mask else {
            return Err(WireError::Unmasked);
        };
        let begun = self.begun.as_ref().map_or(0, |(_, begun)| begun.len());
        let too_long = WireError::TooLong { len, max: MESSAGE_MAX };
        let len = usize::try_from(len).map_err(|_| too_long)?;
        if len > MESSAGE_MAX - begun.min(MESSAGE_MAX) {
            return Err(too_long);
        }
        let start = usize::try_from(cursor.position()).map_err(|_| too_long)?;
        if self.bytes.len() - start < len {
            return Ok(None);
        }
        let mut payload: Vec<u8> = self.bytes.drain(..start + len).skip(start).collect();
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        Ok(Some((header, payload)))
    }

    fn join(
        &mut self,
        data: Data,
        is_final: bool,
        payload: Vec<u8>,
    ) -> Result<Option<OwnedFrame>, WireError> {
        let (kind, whole) = match (data, self.begun.take()) {
            (Data::Continue, Some((kind, mut begun))) => {
                begun.extend(payload);
                (kind, begun)
            }
            (Data::Text | Data::Binary, None) => (data, payload),
            _ => return Err(WireError::BadFragment),
        };
        if !is_final {
            self.begun = Some((kind, whole));
            return Ok(None);
        }
        Ok(Some(if kind == Data::Text {
            OwnedFrame::Text(String::from_utf8(whole).map_err(|_| WireError::NotUtf8)?)
        } else {
            OwnedFrame::Binary(whole)
        }))
    }
}

fn decode_control(
    control: Control,
    header: &FrameHeader,
    payload: Vec<u8>,
) -> Result<OwnedFrame, WireError> {
    if !header.is_final || payload.len() > CONTROL_MAX {
        return Err(WireError::BadControl);
    }
    match control {
        Control::Ping => Ok(OwnedFrame::Ping(payload)),
        Control::Pong => Ok(OwnedFrame::Pong(payload)),
        Control::Close => match payload.as_slice() {
            [] => Ok(OwnedFrame::Close { code: None, reason: String::new() }),
            [_] => Err(WireError::BadClose),
            [high, low, reason @ ..] => Ok(OwnedFrame::Close {
                code: Some(u16::from_be_bytes([*high, *low])),
                reason: str::from_utf8(reason).map_err(|_| WireError::NotUtf8)?.to_owned(),
            }),
        },
        Control::Reserved(_) => Err(WireError::BadHeader),
    }
}

/// Appends the bytes of a server's frame. A control payload is cut to what it may be.
pub(super) fn encode(frame: &OwnedFrame, out: &mut Vec<u8>) {
    let (opcode, mut payload) = match frame {
        OwnedFrame::Text(text) => (OpCode::Data(Data::Text), text.as_bytes().to_vec()),
        OwnedFrame::Binary(bytes) => (OpCode::Data(Data::Binary), bytes.clone()),
        OwnedFrame::Ping(payload) => (OpCode::Control(Control::Ping), payload.clone()),
        OwnedFrame::Pong(payload) => (OpCode::Control(Control::Pong), payload.clone()),
        OwnedFrame::Close { code, reason } => {
            let payload = code.map(|code| [&code.to_be_bytes(), reason.as_bytes()].concat());
            (OpCode::Control(Control::Close), payload.unwrap_or_default())
        }
    };
    if matches!(opcode, OpCode::Control(_)) {
        payload.truncate(CONTROL_MAX);
    }
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    let len = u64::try_from(payload.len()).unwrap_or(u64::MAX);
    // Writing into a vector cannot fail.
    if header.format(len, out).is_ok() {
        out.extend_from_slice(&payload);
    }
}

/// Appends bytes that are no frame: an opcode that RFC 6455, section 5.2, reserves.
pub(super) fn encode_invalid(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x83, 0x00]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8], chunk: usize) -> Result<Vec<OwnedFrame>, WireError> {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for chunk in bytes.chunks(chunk) {
            decoder.feed(chunk);
            while let Some(frame) = decoder.decode()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    /// A client's frame: first byte, payload, masked with 1, 2, 3, 4.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, 0x80 | u8::try_from(payload.len()).unwrap(), 1, 2, 3, 4];
        bytes.extend(
            payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask),
        );
        bytes
    }

    #[test]
    fn frames_come_out_whole_however_the_bytes_are_cut() {
        let mut bytes = masked(0x01, b"he");
        bytes.extend(masked(0x89, b"between"));
        bytes.extend(masked(0x80, "ll\u{f6}".as_bytes()));
        bytes.extend(masked(0x88, &[0x03, 0xe8, b'b', b'y', b'e']));
        for chunk in 1..=bytes.len() {
            assert_eq!(
                frames(&bytes, chunk),
                Ok(vec![
                    OwnedFrame::Ping(b"between".to_vec()),
                    OwnedFrame::text("hell\u{f6}"),
                    OwnedFrame::Close { code: Some(1000), reason: "bye".to_owned() },
                ])
            );
        }
    }

    #[test]
    fn what_no_client_may_send_is_refused() {
        for (bytes, error) in [
            (vec![0x81, 0x00], WireError::Unmasked),
            (masked(0xc1, b"x"), WireError::BadHeader),
            (masked(0x83, b"x"), WireError::BadHeader),
            (masked(0x80, b"x"), WireError::BadFragment),
            ([masked(0x01, b"x"), masked(0x01, b"y")].concat(), WireError::BadFragment),
            (masked(0x81, &[0xff]), WireError::NotUtf8),
            (masked(0x88, &[0x03]), WireError::BadClose),
            (masked(0x09, b"x"), WireError::BadControl),
            (
                vec![0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0],
                WireError::TooLong { len: 0x10_0001, max: MESSAGE_MAX },
            ),
        ] {
            assert_eq!(frames(&bytes, bytes.len()), Err(error));
        }
    }

    #[test]
    fn a_servers_frame_has_the_bytes_of_rfc_6455() {
        // Section 5.7, the unmasked examples.
        let mut out = Vec::new();
        encode(&OwnedFrame::text("Hello"), &mut out);
        assert_eq!(out, [0x81, 0x05, b'H', b'e', b'l', b'l', b'o']);
        out.clear();
        encode(&OwnedFrame::Binary(vec![0; 256]), &mut out);
        assert_eq!(out[..4], [0x82, 0x7e, 0x01, 0x00]);
        out.clear();
        encode(&OwnedFrame::Close { code: Some(4004), reason: "No".to_owned() }, &mut out);
        assert_eq!(out, [0x88, 0x04, 0x0f, 0xa4, b'N', b'o']);
    }
}
