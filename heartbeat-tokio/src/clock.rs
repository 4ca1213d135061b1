//! The one place in the workspace that reads a clock.

#![expect(clippy::disallowed_methods, reason = "this is the clock.rs that reads a clock")]

use core::time::Duration;
use std::time::SystemTime;

use heartbeat_core::{Timestamp, WallTime};
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
    /// When it was started, by the clock that nobody pauses.
    started: std::time::Instant,
}

impl MonotonicClock {
    /// Starts a clock that reads `at` now.
    pub fn anchored(at: Timestamp) -> Self {
        Self { origin: Instant::now(), at, started: std::time::Instant::now() }
    }

    /// Returns the time; at the end of the axis, 584 years on, it stands still.
    pub fn now(&self) -> Timestamp {
        let elapsed = self.origin.elapsed();
        self.at.checked_add(elapsed).unwrap_or(Timestamp::from_nanos(u64::MAX))
    }

    /// Returns what the clock on the wall reads, or `None` if it has not come to 1970.
    ///
    /// It moves with tokio's clock where that is paused and advanced, and with the machine's where
    /// the machine slept.
    pub fn wall_time(&self) -> Option<WallTime> {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let (ours, real) = (self.origin.elapsed(), self.started.elapsed());
        let ahead = since_epoch.checked_add(ours.saturating_sub(real))?;
        Some(WallTime::since_unix_epoch(ahead.saturating_sub(real.saturating_sub(ours))))
    }

    /// Returns what the clock on the wall read at a point of this one, or `None` if that was before
    /// 1970: for logs, and for asking a venue for what was missed. Where the wall clock was set
    /// meanwhile, it is as if it had been right all along.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_core::Timestamp;
    /// use heartbeat_tokio::MonotonicClock;
    ///
    /// let clock = MonotonicClock::anchored(Timestamp::from_millis(5_000));
    /// let then = clock.wall_time_at(Timestamp::from_millis(3_000)).unwrap();
    /// let later = clock.wall_time_at(Timestamp::from_millis(9_000)).unwrap();
    /// assert!((5_999..=6_001).contains(&(later.as_unix_millis() - then.as_unix_millis())));
    /// ```
    pub fn wall_time_at(&self, at: Timestamp) -> Option<WallTime> {
        let (now, wall) = (self.now(), self.wall_time()?);
        let since_epoch = Duration::from_millis(wall.as_unix_millis());
        let then = since_epoch
            .checked_add(at.saturating_since(now))?
            .checked_sub(now.saturating_since(at))?;
        Some(WallTime::since_unix_epoch(then))
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
    async fn the_wall_moves_with_the_paused_clock() {
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let before = clock.wall_time().unwrap().as_unix_secs();
        tokio::time::advance(Duration::from_secs(3_600)).await;
        let after = clock.wall_time().unwrap().as_unix_secs();
        // The test itself takes a moment of the real one.
        assert!((3_600..3_660).contains(&(after - before)), "{before} to {after}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_point_has_a_time_on_the_wall_until_1970() {
        let clock = MonotonicClock::anchored(Timestamp::from_nanos(1 << 62));
        let now = clock.wall_time_at(clock.now()).unwrap().as_unix_secs();
        let then = clock.now().as_nanos() - 3_600_000_000_000;
        let then = clock.wall_time_at(Timestamp::from_nanos(then)).unwrap().as_unix_secs();
        assert!((3_599..=3_601).contains(&(now - then)), "{then} to {now}");
        assert_eq!(clock.wall_time_at(Timestamp::ZERO), None, "146 years ago");
    }

    #[tokio::test(start_paused = true)]
    async fn a_point_before_the_anchor_is_the_anchor() {
        let clock = MonotonicClock::anchored(Timestamp::from_millis(7));
        assert_eq!(clock.instant_of(Timestamp::ZERO), Some(Instant::now()));
    }
}
