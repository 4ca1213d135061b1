//! What the transport saw, borrowed.

/// One WebSocket message, whole and unmasked, as the transport read or will write it.
///
/// Exhaustive on purpose: RFC 6455 knows no sixth kind, and a transport that met one has
/// already failed the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 closes this set")]
pub enum Frame<'f> {
    /// A text message. The transport has checked that it is UTF-8, as RFC 6455 demands.
    Text(&'f str),
    /// A binary message.
    Binary(&'f [u8]),
    /// A ping control frame with its payload of at most 125 bytes.
    Ping(&'f [u8]),
    /// A pong control frame with its payload of at most 125 bytes.
    Pong(&'f [u8]),
    /// A close control frame.
    Close {
        /// The close code, if the frame carried one.
        code: Option<u16>,
        /// The reason, empty if the frame carried none.
        reason: &'f str,
    },
}

impl Frame<'_> {
    /// Returns the length of the payload in bytes; for a close frame, that of its reason.
    ///
    /// ```
    /// use heartbeat_core::Frame;
    ///
    /// assert_eq!(Frame::Text("pong").len(), 4);
    /// assert_eq!(Frame::Ping(b"").len(), 0);
    /// ```
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close { reason, .. } => reason.len(),
        }
    }

    /// Tells whether the payload is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the kind of the frame, without its payload.
    pub const fn kind(&self) -> FrameKind {
        match self {
            Self::Text(_) => FrameKind::Text,
            Self::Binary(_) => FrameKind::Binary,
            Self::Ping(_) => FrameKind::Ping,
            Self::Pong(_) => FrameKind::Pong,
            Self::Close { .. } => FrameKind::Close,
        }
    }
}

/// The kind of a [`Frame`], kept in [`Evidence`](crate::Evidence) after the frame is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 closes this set")]
pub enum FrameKind {
    /// A text message.
    Text,
    /// A binary message.
    Binary,
    /// A ping control frame.
    Ping,
    /// A pong control frame.
    Pong,
    /// A close control frame.
    Close,
}

impl FrameKind {
    /// Returns the kind as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Close => "close",
        }
    }
}
