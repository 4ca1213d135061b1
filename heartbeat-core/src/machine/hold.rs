//! The time in which our own message budget let no heartbeat out.
//!
//! It is our brake and nobody's fault: what waits for it is not judged meanwhile.

use super::Machine;
use super::growth::{Excuse, Growth};
use crate::{Outlet, Timestamp};
use core::time::Duration;

impl Machine {
    /// Takes note of whether our own budget holds heartbeats back now. When it no longer does,
    /// what waited for it has as much time left as when it began to.
    pub(super) fn note_hold(&mut self, now: Timestamp, outlet: Outlet) {
        if outlet == Outlet::Held {
            self.held_since.get_or_insert(now);
            return;
        }
        let Some(since) = self.held_since.take() else { return };
        let span = now.saturating_since(since);
        let held = Growth { now, span, grace: Duration::MAX };
        self.settled = false;
        self.challenges.excuse_queued(held);
        self.probes.excuse_queued(held);
        self.keepalives.excuse_queued(held);
        if self.arm.is_queued() {
            self.arm.excuse(&mut Excuse::default(), held);
        }
    }

    pub(super) const fn is_held(&self) -> bool {
        self.held_since.is_some()
    }
}
