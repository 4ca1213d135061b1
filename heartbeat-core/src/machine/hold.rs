//! The time in which our own message budget let no heartbeat out.
//!
//! It is our brake and nobody's fault: what waits for it is not judged meanwhile.

use super::Machine;
use super::growth::{Excuse, Growth};
use crate::{Outlet, Timestamp};
use core::time::Duration;

/// What our own brake does to us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    /// Since when it lets nothing out.
    since: Option<Timestamp>,
    /// Whether it has just let go: there may be room for one message only.
    has_let_go: bool,
    /// Whether a probe or a keepalive that waits was passed over for a response the last time.
    regular_is_next: bool,
}

impl Hold {
    pub(super) const NONE: Self = Self { since: None, has_let_go: false, regular_is_next: false };

    /// Begins anew: we slept.
    pub(super) fn absolve(&mut self, now: Timestamp) {
        self.since = self.since.map(|_| now);
    }

    /// All has left that may.
    pub(super) const fn rest(&mut self) {
        self.has_let_go = false;
    }

    /// Tells whether a probe or a keepalive that waits leaves before the responses. Where our own
    /// brake lets out one message at a time, a venue that asks without end would otherwise never
    /// hear from us.
    pub(super) const fn puts_regular_first(&mut self) -> bool {
        let is_next = self.has_let_go && self.regular_is_next;
        self.regular_is_next = self.has_let_go && !is_next;
        is_next
    }
}

impl Machine {
    /// Takes note of whether our own budget holds heartbeats back now. When it no longer does,
    /// what waited for it has as much time left as when it began to.
    pub(super) fn note_hold(&mut self, now: Timestamp, outlet: Outlet) {
        if outlet == Outlet::Held {
            self.hold.since.get_or_insert(now);
            self.hold.has_let_go = false;
            return;
        }
        let Some(since) = self.hold.since.take() else { return };
        self.hold.has_let_go = outlet == Outlet::Ready;
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
        self.hold.since.is_some()
    }
}
