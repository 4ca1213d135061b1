//! The one place of the testkit that reads a clock: tokio's, so that paused time works.

use heartbeat_core::Timestamp;
use tokio::time::Instant;

/// The time since the clock was started, on the axis of the core.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: read() }
    }

    pub(super) fn now(self) -> Timestamp {
        let since = read().saturating_duration_since(self.start);
        Timestamp::ZERO.checked_add(since).unwrap_or(Timestamp::from_nanos(u64::MAX))
    }

    /// Returns the instant of `at`, or `None` if it lies beyond what the platform counts.
    pub(super) fn instant_of(self, at: Timestamp) -> Option<Instant> {
        self.start.checked_add(at.saturating_since(Timestamp::ZERO))
    }
}

#[expect(clippy::disallowed_methods, reason = "a server on a socket lives in real time")]
fn read() -> Instant {
    Instant::now()
}
