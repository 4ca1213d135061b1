//! The one place in the workspace that reads a clock.

#![expect(clippy::disallowed_methods, reason = "this is the clock.rs that reads a clock")]

use core::time::Duration;

use heartbeat_core::Timestamp;
use tokio::time::Instant;

/// Tells the time on a session's axis.
///
/// Reads tokio's clock, so that a test that pauses and advances it moves the heartbeat too.
/// Whoever logs beside a session, or drives one by hand, reads the time here as well; sessions
/// that start at the [`now`](Self::now) of one clock share its axis.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::Timestamp;
/// use heartbeat_tokio::MonotonicClock;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let clock = MonotonicClock::anchored(Timestamp::ZERO);
/// tokio::time::advance(Duration::from_secs(1)).await;
/// assert_eq!(clock.now(), Timestamp::from_millis(1_000));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    origin: Instant,
    at: Timestamp,
}

impl MonotonicClock {
    /// Starts a clock that reads `at` now.
    pub fn anchored(at: Timestamp) -> Self {
        Self { origin: Instant::now(), at }
    }

    /// Returns the time; at the end of the axis, 584 years on, it stands still.
    pub fn now(&self) -> Timestamp {
        let elapsed = self.origin.elapsed();
        self.at.checked_add(elapsed).unwrap_or(Timestamp::from_nanos(u64::MAX))
    }

    /// Returns the point that lies `span` from now, or the end of the axis if that is nearer.
    pub(crate) fn ahead(&self, span: Duration) -> Timestamp {
        self.now().checked_add(span).unwrap_or(Timestamp::from_nanos(u64::MAX))
    }

    /// Returns the instant at which this clock will read `at`, or `None` if there is none:
    /// a deadline past the end of time never comes.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Option<Instant> {
        let ahead: Duration = at.saturating_since(self.at);
        self.origin.checked_add(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn reads_its_anchor_and_moves_with_the_paused_clock() {
        let clock = MonotonicClock::anchored(Timestamp::from_millis(7));
        assert_eq!(clock.now(), Timestamp::from_millis(7));
        tokio::time::advance(Duration::from_millis(5)).await;
        assert_eq!(clock.now(), Timestamp::from_millis(12));
        assert_eq!(clock.instant_of(Timestamp::from_millis(12)), Some(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_point_before_the_anchor_is_the_anchor() {
        let clock = MonotonicClock::anchored(Timestamp::from_millis(7));
        assert_eq!(clock.instant_of(Timestamp::ZERO), Some(Instant::now()));
    }
}
