//! How a client is doing.

use heartbeat_core::{BreakerState, Health, RecoveryStatus};

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
}

impl ClientStatus {
    pub(super) const fn new(recovery: RecoveryStatus, breaker: BreakerState) -> Self {
        Self { recovery, breaker, health: None }
    }
}
