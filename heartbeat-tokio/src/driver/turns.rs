//! When a task that has more to do runs again.

use core::pin::pin;
use core::task::{Context, Poll};

/// Has the task polled again, once everything else that is ready has run.
///
/// A task that wakes itself goes to the end of the runtime's queue, which on a current-thread
/// runtime is still before the future in `block_on`: tokio polls up to 61 tasks before that one.
/// An application that reads there everything that it is given would see its queue overflow for
/// no slowness of its own. What is deferred runs behind it.
pub(crate) fn ask_for_another(cx: &mut Context<'_>) {
    let deferred: Poll<()> = pin!(tokio::task::yield_now()).poll(cx);
    debug_assert!(deferred.is_pending(), "its first poll defers the waker");
}
