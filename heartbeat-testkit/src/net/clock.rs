//! The one place of the testkit that reads a clock: tokio's, so that paused time works, and once
//! that of the machine, for dates.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use heartbeat_core::Timestamp;
use tokio::time::Instant;

/// The time since the clock was started, on the axis of the core.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    wall: Duration,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: read(), wall: read_wall() }
    }

    /// Returns the time since 1970 when it was started.
    pub(super) const fn wall(self) -> Duration {
        self.wall
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

#[expect(clippy::disallowed_methods, reason = "clients compare a venue's dates with their own")]
fn read_wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
