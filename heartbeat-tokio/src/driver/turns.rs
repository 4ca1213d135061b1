//! Why a turn ends, and when a task that has more to do runs again.

use core::pin::pin;
use core::task::{Context, Poll};

use heartbeat_core::Timestamp;

use super::{CATCH_UP_MAX, Driver};

/// What a turn left for the next, which it then asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// There may be more to read.
    Backlog,
    /// All but reading, because a deadline has passed and there may be more to read.
    Judging,
}

/// Why reading paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// The transport has nothing to read, or the inbox no room; either wakes the task.
    Settled,
    /// The batch is full and there may be more.
    Backlog,
    /// As many heartbeats were read as the session can hold challenges; there may be more.
    Heartbeats,
    /// The peer does not read the pongs to what it sends; the transport wakes the task when it
    /// does.
    Pongs,
}

impl<S, P> Driver<S, P> {
    /// Tells whether a deadline has passed that what is still unread may yet meet.
    pub(super) fn may_catch_up(&self, now: Timestamp) -> bool {
        self.is_open() && self.deadline.has_passed(now) && self.backlog < CATCH_UP_MAX
    }

    /// Returns when the last turn began.
    pub(crate) const fn turn_at(&self) -> Timestamp {
        self.turn_at
    }

    /// Tells whether the last turn left what the session wants done for the next.
    pub(crate) const fn is_catching_up(&self) -> bool {
        matches!(self.left, Left::Judging)
    }

    /// Tells whether the last turn left something to read, and asked for another.
    pub(crate) const fn has_backlog(&self) -> bool {
        !matches!(self.left, Left::Nothing)
    }
}

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
