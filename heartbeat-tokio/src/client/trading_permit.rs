//! Whether it is safe to trade now.

use core::future::pending;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::Timestamp;
use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::clock::MonotonicClock;

/// Tells whether what the application knows is current: the question to ask before every order.
///
/// Open while all of this holds:
///
/// - A connection is live, and none of its heartbeats and of the subscriptions that are
///   [watched](super::HandlerConnection::watch) is overdue: it closes at the first that is, long
///   before a verdict, and until the first sign of life after it.
/// - The application has read every [`Gap`](super::Gap) there was.
/// - The application keeps up: the oldest message that it has not read came in within
///   [`fresh_within`](super::ClientBuilder::fresh_within), and none that it has not read dates from
///   before a stall of this process. Once behind, it has to come within half of that span.
///
/// Asking costs two atomic loads, and a look at the clock while a message waits. Cloning is cheap,
/// and a permit outlives its client, closed.
///
/// ```
/// # async fn trade(client: heartbeat_tokio::Client) {
/// let permit = client.permit();
/// if permit.is_open() {
///     // place the order
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TradingPermit {
    shared: Arc<Shared>,
    changes: watch::Receiver<bool>,
    clock: MonotonicClock,
    fresh_within: Duration,
    /// Whether `changed` has told that time alone has closed it.
    closed_by_time: bool,
}

/// The other end of permits.
#[derive(Debug)]
pub(super) struct PermitSetter {
    shared: Arc<Shared>,
    changes: watch::Sender<bool>,
}

#[derive(Debug)]
struct Shared {
    open: AtomicBool,
    /// When it closes by itself, in nanoseconds, if nothing is read meanwhile.
    closes_at: AtomicU64,
}

/// Makes both ends, closed.
pub(super) fn permit(
    clock: MonotonicClock,
    fresh_within: Duration,
) -> (PermitSetter, TradingPermit) {
    let (open, closes_at) = (AtomicBool::new(false), AtomicU64::new(u64::MAX));
    let shared = Arc::new(Shared { open, closes_at });
    let (sender, changes) = watch::channel(false);
    let setter = PermitSetter { shared: Arc::clone(&shared), changes: sender };
    (setter, TradingPermit { shared, changes, clock, fresh_within, closed_by_time: false })
}

impl TradingPermit {
    /// Tells whether it is open now.
    pub fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Acquire)
            && match self.shared.closes_at.load(Ordering::Acquire) {
                u64::MAX => true,
                closes_at => self.clock.now() <= Timestamp::from_nanos(closes_at),
            }
    }

    /// Waits until it opens or closes, and tells which; at the end of the client, that it is
    /// closed, once and for all.
    ///
    /// Changes faster than they are waited for are told as one.
    ///
    /// # Cancel safety
    ///
    /// Safe: a change that was not told is told next time.
    pub async fn changed(&mut self) -> bool {
        loop {
            let closing = self.closes_by_time();
            tokio::select! {
                biased;
                changed = self.changes.changed() => {
                    // Nobody is left who could open it again.
                    let is_open = changed.is_ok() && self.is_open();
                    let was_told = core::mem::take(&mut self.closed_by_time) && changed.is_ok();
                    if is_open || !was_told {
                        return is_open;
                    }
                }
                () = closing => if !self.is_open() {
                    self.closed_by_time = true;
                    return false;
                }
            }
        }
    }

    /// Waits until it is open. Tells whether it is; it never will be once the client has ended.
    ///
    /// # Cancel safety
    ///
    /// Safe: it takes nothing, and can be asked again.
    pub async fn opened(&mut self) -> bool {
        loop {
            if self.changes.wait_for(|open| *open).await.is_err() {
                return false;
            }
            if self.is_open() {
                self.closed_by_time = false;
                return true;
            }
            // Time alone has closed it; reading opens it again, and is a change.
            if self.changes.changed().await.is_err() {
                return false;
            }
        }
    }

    /// Waits until time alone may have closed it: what comes in from now on does not do so before
    /// the whole span is over.
    fn closes_by_time(&self) -> impl Future<Output = ()> + use<> {
        let closes_at = match self.shared.closes_at.load(Ordering::Acquire) {
            u64::MAX => self.clock.ahead(self.fresh_within),
            closes_at => Timestamp::from_nanos(closes_at),
        };
        let (is_open, clock) = (self.is_open(), self.clock);
        async move {
            // A nanosecond late: it is open up to that point.
            let past_it = closes_at.checked_add(Duration::from_nanos(1));
            match past_it.and_then(|at| clock.instant_of(at)).filter(|_| is_open) {
                Some(instant) => sleep_until(instant).await,
                None => pending().await,
            }
        }
    }
}

impl PermitSetter {
    /// Opens it until `closes_at`, or closes it.
    pub(super) fn set(&self, open: bool, closes_at: Option<Timestamp>) {
        let closes_at = closes_at.map_or(u64::MAX, Timestamp::as_nanos);
        // Asked with every message, and changed hardly ever.
        if self.shared.closes_at.load(Ordering::Relaxed) != closes_at {
            self.shared.closes_at.store(closes_at, Ordering::Release);
        }
        if self.shared.open.load(Ordering::Relaxed) != open {
            self.shared.open.store(open, Ordering::Release);
            self.changes.send_replace(open);
        }
    }
}

impl Drop for PermitSetter {
    fn drop(&mut self) {
        self.set(false, None);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_permit_tells_each_change_and_is_closed_for_good_without_its_client() {
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let (setter, mut permit) = permit(clock, Duration::from_secs(1));
        assert!(!permit.is_open());
        assert_eq!(permit.changed().now_or_never(), None);
        setter.set(true, None);
        assert!(permit.is_open());
        assert_eq!(permit.changed().now_or_never(), Some(true));
        setter.set(true, None);
        assert_eq!(permit.changed().now_or_never(), None, "nothing has changed");
        drop(setter);
        assert!(!permit.is_open());
        assert_eq!(permit.changed().now_or_never(), Some(false));
        assert_eq!(permit.opened().now_or_never(), Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn time_alone_closes_it_and_that_is_told_once() {
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let (setter, mut permit) = permit(clock, Duration::from_secs(1));
        setter.set(true, None);
        assert!(permit.changed().await);
        let waiting = permit.clone();
        setter.set(true, Some(Timestamp::from_millis(1_500)));
        assert!(!permit.changed().await);
        let late = clock.now().saturating_since(Timestamp::from_millis(1_500));
        assert!(late <= Duration::from_millis(2), "{late:?}");
        assert!(!waiting.is_open());
        setter.set(false, Some(Timestamp::from_millis(1_500)));
        assert_eq!(permit.changed().now_or_never(), None, "that was told");
        setter.set(true, None);
        assert_eq!(permit.changed().now_or_never(), Some(true));
    }
}
