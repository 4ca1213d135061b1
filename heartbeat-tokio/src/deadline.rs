//! One timer per connection.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use heartbeat_core::Timestamp;
use tokio::time::Sleep;

use crate::clock::MonotonicClock;

/// A timer that is re-armed only when its deadline moved: on a busy line that is a comparison
/// for each batch of frames instead of a timer operation.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    /// The deadline that was polled last.
    at: Option<Timestamp>,
    /// Made at the first deadline, since only a task inside a runtime can make one.
    sleep: Option<Pin<Box<Sleep>>>,
    /// What `sleep` waits for.
    armed: Option<Timestamp>,
}

impl Deadline {
    /// Is ready once the clock has reached `at`; never if there is no deadline. The caller has read
    /// the clock at `now`.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        clock: &MonotonicClock,
        now: Timestamp,
        at: Option<Timestamp>,
    ) -> Poll<()> {
        self.at = at;
        let Some(at) = at else { return Poll::Pending };
        // The clock decides, not the timer: a task that has used up its cooperative budget is
        // told `Pending` by a timer that elapsed long ago.
        if now >= at {
            return Poll::Ready(());
        }
        let Some(instant) = clock.instant_of(at) else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(instant)));
        if self.armed != Some(at) {
            sleep.as_mut().reset(instant);
            self.armed = Some(at);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if clock.now() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(instant);
        }
        Poll::Pending
    }

    /// Returns how long ago the deadline that was polled last has passed.
    pub(crate) fn late_by(&self, now: Timestamp) -> Duration {
        self.at.map_or(Duration::ZERO, |at| now.saturating_since(at))
    }

    /// Tells whether the deadline that was polled last has passed.
    pub(crate) fn has_passed(&self, now: Timestamp) -> bool {
        self.at.is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn fires_at_its_deadline_and_again_after_it_moved() {
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let mut deadline = Deadline::default();
        for millis in [5, 9] {
            let at = Timestamp::from_millis(millis);
            poll_fn(|cx| deadline.poll(cx, &clock, clock.now(), Some(at))).await;
            assert_eq!(clock.now(), at);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_moved_away_does_not_fire_early() {
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let mut deadline = Deadline::default();
        let at = Timestamp::from_millis;
        poll_fn(|cx| {
            assert!(deadline.poll(cx, &clock, clock.now(), Some(at(5))).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::time::advance(Duration::from_millis(5)).await;
        poll_fn(|cx| deadline.poll(cx, &clock, clock.now(), Some(at(8)))).await;
        assert_eq!(clock.now(), at(8));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_deadline_it_never_fires() {
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let mut deadline = Deadline::default();
        let never = poll_fn(|cx| deadline.poll(cx, &clock, clock.now(), None));
        assert!(tokio::time::timeout(Duration::from_secs(3_600), never).await.is_err());
    }
}
