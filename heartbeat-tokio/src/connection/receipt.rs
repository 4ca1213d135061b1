//! What became of a message of the application's.

use core::fmt;

/// What became of a message, as far as this side of the connection can know.
///
/// None of the three says that the venue has read it: that is the venue's own reply to tell.
/// What they say is which messages may exist at the venue after a loss, so that only those have
/// to be asked for.
///
/// ```
/// use heartbeat_tokio::{NotWritten, Receipt};
///
/// // An order is placed again only where it certainly never left.
/// assert!(Receipt::NotWritten(NotWritten::Closed).is_safe_to_repeat());
/// assert!(!Receipt::Unknown.is_safe_to_repeat());
/// assert!(!Receipt::Written.is_safe_to_repeat());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "whoever ignores it will not know which orders may exist"]
#[expect(clippy::exhaustive_enums, reason = "it left, it did not, or nobody on this side knows")]
pub enum Receipt {
    /// The transport has written all of it out: it is in the hands of the kernel, or of whatever
    /// the transport runs over.
    Written,
    /// Nothing of it was written, and nothing will be.
    NotWritten(NotWritten),
    /// It was handed to the transport, and the connection ended before that had confirmed it.
    /// All of it, a part or nothing may have reached the venue.
    Unknown,
}

/// Why a message was certainly not written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotWritten {
    /// No connection is ready, and none is waited for.
    #[error("no connection is ready")]
    NotReady,
    /// The connection is closing or closed.
    #[error("connection ended before the message was taken")]
    Closed,
    /// The message is longer than the queue will ever have room for.
    #[error("message ({bytes} bytes) must be at most send_bytes ({bytes_max}) long")]
    TooLong {
        /// The length of its payload.
        bytes: usize,
        /// The size of the queue.
        bytes_max: u32,
    },
    /// Too much waits already for a message that nobody waits with.
    #[error(
        "queue is full: {messages} messages (send_messages {messages_max}) of {bytes} bytes \
         (send_bytes {bytes_max}) wait"
    )]
    Full {
        /// How many messages wait.
        messages: usize,
        /// How many may.
        messages_max: usize,
        /// How many bytes wait.
        bytes: usize,
        /// How many may.
        bytes_max: u32,
    },
    /// The application took it back.
    #[error("message was withdrawn")]
    Withdrawn,
    /// The transport takes no message of this size, or not now; the connection goes on.
    #[error("transport refused the message: {0}")]
    Refused(String),
}

impl Receipt {
    /// Tells whether the message was written out.
    pub const fn is_written(&self) -> bool {
        matches!(self, Self::Written)
    }

    /// Tells whether sending the message once more cannot make two of it.
    pub const fn is_safe_to_repeat(&self) -> bool {
        matches!(self, Self::NotWritten(_))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written => f.write_str("written"),
            Self::NotWritten(why) => write!(f, "not written: {why}"),
            Self::Unknown => f.write_str("unknown: the connection ended while it was written"),
        }
    }
}
