//! What the application makes of a message, found out in one look.

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, Ordering};
use std::panic::catch_unwind;
use std::sync::Arc;

use tokio_tungstenite::tungstenite::Message;

/// Tells two messages apart, or says that they are the same one.
pub type Key = u64;

/// What the application makes of a message: what the library has to know of it, so that nobody has
/// to read it twice. It comes with the message, in [`Received`](super::Received).
///
/// ```
/// use heartbeat_tokio::client::Labels;
///
/// let labels = Labels::default().subscription(7);
/// assert_eq!(labels.subscription, Some(7));
/// assert_eq!(labels.key, None, "it can be told twice");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Labels {
    /// Tells it apart from all others of the last while, and is the same on every connection: a
    /// sequence number with the channel mixed in, say. `None` if nothing does.
    pub key: Option<Key>,
    /// The subscription that it is data of. `None` for what is no data of a subscription, such as
    /// an acknowledgement or a reply.
    pub subscription: Option<u64>,
}

impl Labels {
    /// Sets what tells it apart.
    #[must_use]
    pub const fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the subscription that it is data of.
    #[must_use]
    pub const fn subscription(mut self, key: u64) -> Self {
        self.subscription = Some(key);
        self
    }
}

/// The application's way of labelling.
pub(super) type Label = dyn Fn(&Message) -> Labels + Send + Sync;

/// Labels the messages of one connection.
pub(super) struct Labeller {
    label: Arc<Label>,
    has_panicked: AtomicBool,
}

/// The application's code panicked over a message, for the first time on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LabelPanicked;

impl Labeller {
    pub(super) const fn new(label: Arc<Label>) -> Self {
        Self { label, has_panicked: AtomicBool::new(false) }
    }

    /// Labels a message. One over which the application's code panics has no labels.
    pub(super) fn label(&self, message: &Message) -> (Labels, Option<LabelPanicked>) {
        // It borrows the message alone, and whatever of its own it leaves half-way is its own.
        if let Ok(labels) = catch_unwind(AssertUnwindSafe(|| (self.label)(message))) {
            return (labels, None);
        }
        let is_first = !self.has_panicked.swap(true, Ordering::Relaxed);
        (Labels::default(), is_first.then_some(LabelPanicked))
    }
}

impl fmt::Debug for Labeller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labeller").finish_non_exhaustive()
    }
}
