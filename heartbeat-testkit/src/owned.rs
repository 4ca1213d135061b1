//! Frames and actions that outlive the session which lent them.

use core::fmt;

use heartbeat_core::{Action, Cause, Event, Frame, LatencySample, Timestamp};

use crate::zip;

/// A [`Frame`] that owns its payload.
///
/// Its `Display` is for people: the kind, and the payload as text where it is text, cut
/// after [`SHOWN`](Self::SHOWN) characters.
///
/// ```
/// use heartbeat_core::Frame;
/// use heartbeat_testkit::OwnedFrame;
///
/// let frame = OwnedFrame::from(Frame::Ping(b"7"));
/// assert_eq!(frame.as_frame(), Frame::Ping(b"7"));
/// assert_eq!(frame.to_string(), "ping 7");
/// assert_eq!(OwnedFrame::Pong(vec![0xff]).to_string(), "pong \\xff");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "mirrors `Frame`, which is closed")]
pub enum OwnedFrame {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping control frame.
    Ping(Vec<u8>),
    /// A pong control frame.
    Pong(Vec<u8>),
    /// A close control frame.
    Close {
        /// The close code, if the frame carries one.
        code: Option<u16>,
        /// The reason, empty if the frame carries none.
        reason: String,
    },
}

impl OwnedFrame {
    /// How many characters of a payload are shown to people.
    pub const SHOWN: usize = 120;

    /// Makes a text frame.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a binary frame that carries a text compressed by gzip, as some venues send theirs.
    ///
    /// ```
    /// use heartbeat_core::Signal;
    /// use heartbeat_platforms::gzip;
    /// use heartbeat_testkit::OwnedFrame;
    ///
    /// let frame = OwnedFrame::gzip("Ping");
    /// let read = |text: &str| (text == "Ping").then_some(Signal::Armed);
    /// assert_eq!(gzip::classify(frame.as_frame(), 64, read), Signal::Armed);
    /// ```
    pub fn gzip(text: &str) -> Self {
        Self::Binary(zip::gzip(text))
    }

    /// Borrows the frame.
    pub fn as_frame(&self) -> Frame<'_> {
        match self {
            Self::Text(text) => Frame::Text(text),
            Self::Binary(bytes) => Frame::Binary(bytes),
            Self::Ping(payload) => Frame::Ping(payload),
            Self::Pong(payload) => Frame::Pong(payload),
            Self::Close { code, reason } => Frame::Close { code: *code, reason },
        }
    }
}

impl From<Frame<'_>> for OwnedFrame {
    fn from(frame: Frame<'_>) -> Self {
        match frame {
            Frame::Text(text) => Self::Text(text.to_owned()),
            Frame::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Frame::Ping(payload) => Self::Ping(payload.to_vec()),
            Frame::Pong(payload) => Self::Pong(payload.to_vec()),
            Frame::Close { code, reason } => Self::Close { code, reason: reason.to_owned() },
        }
    }
}

impl fmt::Display for OwnedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text {}", Shown(text.as_bytes())),
            Self::Binary(bytes) => write!(f, "binary {}", Shown(bytes)),
            Self::Ping(payload) => write!(f, "ping {}", Shown(payload)),
            Self::Pong(payload) => write!(f, "pong {}", Shown(payload)),
            Self::Close { code, reason } => {
                f.write_str("close")?;
                if let Some(code) = code {
                    write!(f, " {code}")?;
                }
                if !reason.is_empty() {
                    write!(f, " {}", Shown(reason.as_bytes()))?;
                }
                Ok(())
            }
        }
    }
}

/// A payload for people: text as it is, other bytes escaped, bounded.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.get(..OwnedFrame::SHOWN).unwrap_or(self.0).utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        match self.0.len().checked_sub(OwnedFrame::SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "... and {more} bytes more"),
        }
    }
}

/// An [`Action`] that owns its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "mirrors `Action`, which is closed")]
pub enum OwnedAction {
    /// [`Action::Respond`].
    Respond(OwnedFrame),
    /// [`Action::Transmit`].
    Transmit(OwnedFrame),
    /// [`Action::RecordLatency`].
    RecordLatency(LatencySample),
    /// [`Action::Notify`].
    Notify(Event),
    /// [`Action::Disconnect`].
    Disconnect(Cause),
    /// [`Action::Wait`].
    Wait(Option<Timestamp>),
}

impl From<Action<'_>> for OwnedAction {
    fn from(action: Action<'_>) -> Self {
        match action {
            Action::Respond(frame) => Self::Respond(frame.into()),
            Action::Transmit(frame) => Self::Transmit(frame.into()),
            Action::RecordLatency(sample) => Self::RecordLatency(sample),
            Action::Notify(event) => Self::Notify(event),
            Action::Disconnect(cause) => Self::Disconnect(cause),
            Action::Wait(deadline) => Self::Wait(deadline),
        }
    }
}

impl fmt::Display for OwnedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Respond(frame) => write!(f, "respond with {frame}"),
            Self::Transmit(frame) => write!(f, "transmit {frame}"),
            Self::RecordLatency(sample) => {
                write!(f, "record {} of {:?}", sample.kind.as_str(), sample.value)
            }
            Self::Notify(event) => write!(f, "notify {event:?}"),
            Self::Disconnect(cause) => write!(f, "disconnect: {cause}"),
            Self::Wait(Some(deadline)) => write!(f, "wait until {}", Millis(*deadline)),
            Self::Wait(None) => f.write_str("wait for ever"),
        }
    }
}

/// A point in time for people: milliseconds since the start of the axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Millis(pub(crate) Timestamp);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        write!(f, "{}", nanos / 1_000_000)?;
        match nanos % 1_000_000 {
            0 => f.write_str(" ms"),
            rest => write!(f, ".{rest:06} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_the_start_of_a_long_payload_and_how_much_is_missing() {
        let shown = OwnedFrame::text("x".repeat(OwnedFrame::SHOWN + 3)).to_string();
        assert_eq!(shown, format!("text {}... and 3 bytes more", "x".repeat(120)));
    }

    #[test]
    fn a_close_shows_its_code_and_reason() {
        let close =
            OwnedFrame::Close { code: Some(4004), reason: "No data received in 30s".to_owned() };
        assert_eq!(close.to_string(), "close 4004 No data received in 30s");
        let bare = OwnedFrame::Close { code: None, reason: String::new() };
        assert_eq!(bare.to_string(), "close");
    }
}
