//! Whether it is safe to trade now.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use tokio::sync::watch;

/// Tells whether what the application knows is current: the question to ask before every order.
///
/// Open while a connection is live, none of its heartbeats and of the subscriptions that are
/// [watched](super::HandlerConnection::watch) is overdue, and the application has read every
/// [`Gap`](super::Gap) there was. Closed from the first heartbeat that is overdue,
/// long before a verdict, and until the first sign of life after it.
///
/// Asking costs one atomic load. Cloning is cheap, and a permit outlives its client, closed.
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
    shared: Arc<AtomicBool>,
    changes: watch::Receiver<bool>,
}

/// The other end of permits.
#[derive(Debug)]
pub(super) struct PermitSetter {
    shared: Arc<AtomicBool>,
    changes: watch::Sender<bool>,
}

/// Makes both ends, closed.
pub(super) fn permit() -> (PermitSetter, TradingPermit) {
    let shared = Arc::new(AtomicBool::new(false));
    let (sender, changes) = watch::channel(false);
    (
        PermitSetter { shared: Arc::clone(&shared), changes: sender },
        TradingPermit { shared, changes },
    )
}

impl TradingPermit {
    /// Tells whether it is open now.
    pub fn is_open(&self) -> bool {
        self.shared.load(Ordering::Acquire)
    }

    /// Waits until it opens or closes, and tells which; at the end of the client, that it is
    /// closed, once and for all.
    ///
    /// Changes faster than they are waited for are told as one. Cancel-safe.
    pub async fn changed(&mut self) -> bool {
        // Nobody is left who could open it again.
        self.changes.changed().await.is_ok() && self.is_open()
    }

    /// Waits until it is open. Tells whether it is; it never will be once the client has ended.
    pub async fn opened(&mut self) -> bool {
        self.changes.wait_for(|open| *open).await.is_ok()
    }
}

impl PermitSetter {
    pub(super) fn set(&self, open: bool) {
        // Asked with every message, and changed hardly ever.
        if self.shared.load(Ordering::Relaxed) != open {
            self.shared.store(open, Ordering::Release);
            self.changes.send_replace(open);
        }
    }
}

impl Drop for PermitSetter {
    fn drop(&mut self) {
        self.set(false);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_permit_tells_each_change_and_is_closed_for_good_without_its_client() {
        let (signal, mut permit) = permit();
        assert!(!permit.is_open());
        assert_eq!(permit.changed().now_or_never(), None);
        signal.set(true);
        assert!(permit.is_open());
        assert_eq!(permit.changed().now_or_never(), Some(true));
        signal.set(true);
        assert_eq!(permit.changed().now_or_never(), None, "nothing has changed");
        drop(signal);
        assert!(!permit.is_open());
        assert_eq!(permit.changed().now_or_never(), Some(false));
        assert_eq!(permit.opened().now_or_never(), Some(false));
    }
}
