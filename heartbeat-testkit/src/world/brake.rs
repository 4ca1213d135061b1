//! A client's own brake: the message budget that its driver keeps.

use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::{MessageLimit, MessageWindow, Outlet, Speaker, Timestamp};
use heartbeat_platforms::{self as venue, Budget, Scope};

use crate::OwnedFrame;

/// A budget of messages, of one connection or of several that count together. A clone is the same
/// budget.
#[derive(Clone, Debug)]
pub(super) struct Brake {
    budget: Arc<Mutex<MessageWindow>>,
    /// Whether the session is told that it is our own brake.
    is_told: bool,
}

impl Brake {
    pub(super) fn new(limit: MessageLimit, is_told: bool) -> Self {
        Self { budget: Arc::new(Mutex::new(MessageWindow::new(limit))), is_told }
    }

    /// Returns when this speaker may send, if not at `now`, by the client's own clock.
    pub(super) fn opens_at(&self, now: Timestamp, speaker: Speaker) -> Option<Timestamp> {
        Some(self.budget().next_at(now, speaker)).filter(|at| *at > now)
    }

    /// Counts what is sent.
    pub(super) fn count(&self, now: Timestamp, speaker: Speaker, frame: &OwnedFrame) {
        let mut budget = self.budget();
        let counts = match frame {
            OwnedFrame::Text(_) | OwnedFrame::Binary(_) => true,
            OwnedFrame::Ping(_) | OwnedFrame::Pong(_) => budget.limit().counts_control_frames(),
            OwnedFrame::Close { .. } => false,
        };
        if counts {
            budget.record(now, speaker);
        }
    }

    /// Returns what the session is told of what it could write to.
    pub(super) fn as_told(&self, outlet: Outlet) -> Outlet {
        if outlet == Outlet::Held && !self.is_told { Outlet::Blocked } else { outlet }
    }

    /// Nothing panics while it holds the lock.
    fn budget(&self) -> MutexGuard<'_, MessageWindow> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much closer together two messages may arrive than they left.
const SPREAD: Duration = Duration::from_millis(100);

/// Returns the limit that clients keep of a venue's, and over what it counts: in a window that is
/// longer by what lines bring together, with a fifth of it for heartbeats.
pub(super) fn limit_to_keep(known: venue::MessageBudget) -> Option<(MessageLimit, Scope)> {
    let Budget { count, per, scope } = known.budget;
    let limit = MessageLimit::new(count, per.saturating_add(SPREAD), count.div_ceil(5)).ok()?;
    Some((limit.counting_control_frames(known.counts_control_frames), scope))
}
