//! The fixed place where a platform writes an outgoing frame.

use core::fmt::{self, Write as _};

use crate::{Frame, WallTime};

/// Room for one outgoing frame of at most [`CAPACITY`](Self::CAPACITY) bytes.
///
/// A platform writes at most one frame into it, whole or not at all; writing again replaces
/// what was there. An outbox left empty means that the platform has nothing to say.
///
/// ```
/// use heartbeat_core::{Frame, Outbox};
///
/// let mut out = Outbox::new();
/// out.text(format_args!(r#"{{"op":"ping","id":{}}}"#, 7)).unwrap();
/// assert_eq!(out.frame(), Some(Frame::Text(r#"{"op":"ping","id":7}"#)));
/// // What does not fit leaves nothing behind, rather than half a message.
/// let long = "x".repeat(Outbox::CAPACITY + 1);
/// assert!(out.text(format_args!("{long}")).is_err());
/// assert_eq!(out.frame(), None);
/// ```
///
/// It also holds what a platform may need for the writing and cannot know by itself: what the
/// [wall clock reads](Self::wall_time).
#[derive(Clone)]
pub struct Outbox {
    wall_time: Option<WallTime>,
    kind: Option<Kind>,
    is_secret: bool,
    len: usize,
    bytes: [u8; Self::CAPACITY],
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Binary,
    Ping,
    Pong,
}

impl Outbox {
    /// The longest frame in bytes. Every heartbeat known to us fits four times over, and one that
    /// carries a credential of a KiB and a half.
    pub const CAPACITY: usize = 2048;

    /// The longest payload of a control frame in bytes (RFC 6455, section 5.5).
    pub const CONTROL_MAX: usize = 125;

    /// Makes an empty outbox.
    pub const fn new() -> Self {
        Self { wall_time: None, kind: None, is_secret: false, len: 0, bytes: [0; Self::CAPACITY] }
    }

    /// Sets what the wall clock reads, for the frames that are written from now on.
    pub const fn set_wall_time(&mut self, reads: Option<WallTime>) {
        self.wall_time = reads;
    }

    /// Returns what the wall clock reads, or `None` if the driver did not say.
    ///
    /// A platform whose venue can do without it then leaves it out; one whose venue cannot fails
    /// with [`OutboxError::NoWallTime`].
    ///
    /// ```
    /// use heartbeat_core::{Frame, Outbox, WallTime};
    ///
    /// let mut out = Outbox::new();
    /// assert_eq!(out.wall_time(), None);
    /// out.set_wall_time(Some(WallTime::from_unix_millis(1_500)));
    /// let millis = out.wall_time().unwrap().as_unix_millis();
    /// out.text(format_args!(r#"{{"ping":{millis}}}"#)).unwrap();
    /// assert_eq!(out.frame(), Some(Frame::Text(r#"{"ping":1500}"#)));
    /// ```
    pub const fn wall_time(&self) -> Option<WallTime> {
        self.wall_time
    }

    /// Writes a text frame.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if it is longer than [`CAPACITY`](Self::CAPACITY).
    pub fn text(&mut self, text: fmt::Arguments<'_>) -> Result<(), OutboxError> {
        self.clear();
        if self.write_fmt(text).is_err() {
            self.clear();
            return Err(OutboxError::TooLong { capacity: Self::CAPACITY });
        }
        self.kind = Some(Kind::Text);
        Ok(())
    }

    /// Writes a text frame that holds a credential: `Debug` shows its length and not its bytes,
    /// here and in a session.
    ///
    /// ```
    /// use heartbeat_core::{Frame, Outbox};
    ///
    /// let mut out = Outbox::new();
    /// out.secret_text(format_args!(r#"{{"token":"{}"}}"#, "k7")).unwrap();
    /// assert_eq!(out.frame(), Some(Frame::Text(r#"{"token":"k7"}"#)));
    /// assert_eq!(format!("{out:?}"), "Outbox(a secret of 14 bytes)");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    pub fn secret_text(&mut self, text: fmt::Arguments<'_>) -> Result<(), OutboxError> {
        self.text(text)?;
        self.is_secret = true;
        Ok(())
    }

    /// Writes a text frame around `token`, byte for byte, as a challenge's echo needs it.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the whole is longer than [`CAPACITY`](Self::CAPACITY) or the token
    /// is not UTF-8.
    pub fn text_around(
        &mut self,
        before: &str,
        token: &[u8],
        after: &str,
    ) -> Result<(), OutboxError> {
        let Ok(token) = core::str::from_utf8(token) else {
            self.clear();
            return Err(OutboxError::NotText);
        };
        self.text(format_args!("{before}{token}{after}"))
    }

    /// Writes a binary frame.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if it is longer than [`CAPACITY`](Self::CAPACITY).
    pub fn binary(&mut self, bytes: &[u8]) -> Result<(), OutboxError> {
        self.set(Kind::Binary, bytes, Self::CAPACITY)
    }

    /// Writes a ping control frame.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if it is longer than [`CONTROL_MAX`](Self::CONTROL_MAX).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), OutboxError> {
        self.set(Kind::Ping, payload, Self::CONTROL_MAX)
    }

    /// Writes a pong control frame.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if it is longer than [`CONTROL_MAX`](Self::CONTROL_MAX).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), OutboxError> {
        self.set(Kind::Pong, payload, Self::CONTROL_MAX)
    }

    /// Empties the outbox of its frame.
    pub fn clear(&mut self) {
        self.kind = None;
        self.is_secret = false;
        self.len = 0;
    }

    /// Returns the frame that was written, or `None` if there is none.
    pub fn frame(&self) -> Option<Frame<'_>> {
        let bytes = self.bytes.get(..self.len)?;
        Some(match self.kind? {
            Kind::Text => Frame::Text(core::str::from_utf8(bytes).ok()?),
            Kind::Binary => Frame::Binary(bytes),
            Kind::Ping => Frame::Ping(bytes),
            Kind::Pong => Frame::Pong(bytes),
        })
    }

    fn set(&mut self, kind: Kind, bytes: &[u8], capacity: usize) -> Result<(), OutboxError> {
        self.clear();
        if bytes.len() > capacity || !self.append(bytes) {
            return Err(OutboxError::TooLong { capacity });
        }
        self.kind = Some(kind);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> bool {
        let end = self.len.saturating_add(bytes.len());
        let Some(room) = self.bytes.get_mut(self.len..end) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.len = end;
        true
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret {
            return write!(f, "Outbox(a secret of {} bytes)", self.len);
        }
        f.debug_tuple("Outbox").field(&self.frame()).finish()
    }
}

/// Only [`Outbox::text`] writes through this, so that no half-written text ever gets a kind.
impl fmt::Write for Outbox {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.append(text.as_bytes()) { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Why a frame could not be written into an [`Outbox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutboxError {
    /// The frame is longer than the outbox, or a control frame's payload than 125 bytes.
    TooLong {
        /// The most that fits, in bytes.
        capacity: usize,
    },
    /// A token to be echoed in a text frame is not UTF-8.
    NotText,
    /// The venue wants the time, and the driver did not say what the wall clock reads.
    NoWallTime,
    /// The venue wants a credential, and the application supplied none.
    NoCredential,
}

impl fmt::Display for OutboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { capacity } => write!(f, "frame must be at most {capacity} bytes long"),
            Self::NotText => f.write_str("token must be utf-8 to be echoed in a text frame"),
            Self::NoCredential => f.write_str("credential must be supplied by the application"),
            Self::NoWallTime => f.write_str("wall time must be known to be written into a frame"),
        }
    }
}

impl core::error::Error for OutboxError {}
