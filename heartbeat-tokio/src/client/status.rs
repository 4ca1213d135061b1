//! How a client is doing.

use core::fmt;

use heartbeat_core::{BreakerState, Health, RecoveryStatus, Timestamp};

use super::Overlapped;

/// How a client is doing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ClientStatus {
    /// The connection that is live, the attempt that is under way, and when the next is due.
    pub recovery: RecoveryStatus,
    /// What the venue's breaker did when this client last asked it.
    pub breaker: BreakerState,
    /// The health of the connection that is live.
    pub health: Option<Health>,
    /// What waits for the application to read it.
    pub unread: Unread,
    /// What the connections of the last rotation had in common, under
    /// [`overlap`](super::ClientBuilder::overlap).
    pub last_overlap: Option<Overlapped>,
}

/// What waits for the application to read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unread {
    /// How many messages.
    pub messages: usize,
    /// How many bytes, of all that waits.
    pub bytes: usize,
    /// When the oldest message of it was read from the socket.
    pub oldest: Option<Timestamp>,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages wait, {} bytes in all", self.messages, self.bytes)?;
        self.oldest.map_or(Ok(()), |at| write!(f, ", the oldest from {at}"))
    }
}

impl ClientStatus {
    pub(super) const fn new(recovery: RecoveryStatus, breaker: BreakerState) -> Self {
        let unread = Unread { messages: 0, bytes: 0, oldest: None };
        Self { recovery, breaker, health: None, unread, last_overlap: None }
    }
}
