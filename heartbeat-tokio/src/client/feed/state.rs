//! What a feed holds, under its lock.

use core::task::Waker;
use core::time::Duration;

use heartbeat_core::{Event, Generation, Timestamp};

use super::FeedSettings;
use super::backlog::{Backlog, Pushed};
use super::buffer::{ConnectionBuffer, Shown};
use super::freshness::Freshness;
use super::overlap::Overlap;
use crate::client::Received;
use crate::client::trading_permit::PermitSetter;
use crate::client::update::{Gap, GapCause, Overlapped, Update};

#[derive(Debug)]
pub(super) struct State {
    pub(super) backlog: Backlog,
    /// At most one for each connection that is alive: two, and a few that are being closed.
    buffers: Vec<ConnectionBuffer>,
    /// When the last message came that the application was or will be shown.
    pub(super) last_frame: Option<Timestamp>,
    /// What both connections of a rotation have said, while it matters.
    overlap: Option<Overlap>,
    /// What the connections of the last rotation had in common.
    pub(super) last_overlap: Option<Overlapped>,
    /// Whether the connection that is live gives no reason to doubt it.
    pub(super) green: bool,
    pub(super) freshness: Freshness,
    permit: PermitSetter,
}

impl State {
    pub(super) fn new(settings: &FeedSettings, permit: PermitSetter) -> Self {
        Self {
            backlog: Backlog::new(settings.bytes_max, settings.overflow),
            buffers: Vec::new(),
            last_frame: None,
            overlap: None,
            last_overlap: None,
            green: false,
            freshness: Freshness::new(settings.fresh_within),
            permit,
        }
    }

    // ------------------------------------------------------------- connections

    pub(super) fn add_connection(&mut self, generation: Generation, bytes_max: usize) {
        self.buffers.push(ConnectionBuffer::new(generation, bytes_max));
    }

    pub(super) fn buffer(&mut self, generation: Generation) -> Option<&mut ConnectionBuffer> {
        self.buffers.iter_mut().find(|buffer| buffer.generation == generation)
    }

    /// Tells whether a connection is shown to the application, if there is one.
    pub(super) fn is_shown(&self, generation: Generation) -> Option<bool> {
        let buffer = self.buffers.iter().find(|buffer| buffer.generation == generation)?;
        Some(!buffer.holds())
    }

    pub(super) fn deliver(&mut self, generation: Generation, received: Received) -> Pushed {
        let Some(buffer) = self.buffer(generation) else { return Pushed::Lossless };
        if buffer.holds() {
            return buffer.hold(received);
        }
        if buffer.shows(&received) { self.show(received) } else { Pushed::Lossless }
    }

    pub(super) fn forward(&mut self, generation: Generation, received: Received) {
        let Some(buffer) = self.buffer(generation) else { return };
        if buffer.holds() {
            buffer.forward(received);
        } else {
            // The bound holds, and a loss is told.
            let _ = self.show(received);
        }
    }

    /// Shows a message to the application, unless the other connection has said it already.
    fn show(&mut self, received: Received) -> Pushed {
        let at = received.received_at();
        if let (Some(overlap), Some(key)) = (&mut self.overlap, received.labels().key) {
            let is_first = overlap.is_first(key, received.generation(), at);
            self.settle_overlap(at, false);
            if !is_first {
                return Pushed::Lossless;
            }
        }
        self.last_frame = self.last_frame.max(Some(at));
        self.backlog.push(at, Update::Message(received))
    }

    pub(super) fn open(&mut self, generation: Generation) {
        if let Some(buffer) = self.buffer(generation) {
            buffer.shown = Shown::All;
        }
        self.show_held(generation);
    }

    /// Takes a connection back from the handler.
    pub(super) fn release(&mut self, generation: Generation) {
        let Some(buffer) = self.buffer(generation) else { return };
        buffer.is_handlers = false;
        if !buffer.holds() {
            self.show_held(generation);
        }
    }

    fn show_held(&mut self, generation: Generation) {
        let Some(buffer) = self.buffer(generation) else { return };
        let (lost, held) = buffer.take();
        let held: Vec<_> = held.filter(|received| buffer.shows(received)).collect();
        if let Some(lost) = lost {
            self.backlog.push_loss(lost);
        }
        for received in held {
            // The bound holds, and a loss is told: what becomes of it is not this one's concern.
            let _ = self.show(received);
        }
    }

    /// Drops a connection and what it has yet to say.
    pub(super) fn remove(&mut self, generation: Generation, at: Timestamp) {
        let Some(index) = self.buffers.iter().position(|it| it.generation == generation) else {
            return;
        };
        self.buffers.swap_remove(index).wake();
        self.freshness.end_catching_up(generation, &self.backlog);
        if let Some(overlap) = &mut self.overlap {
            overlap.end_connection(generation, at);
            self.settle_overlap(at, false);
        }
        self.show_successor_of(generation, at);
    }

    /// Shows what a connection has said to its end.
    pub(super) fn end(&mut self, generation: Generation, at: Timestamp) {
        let Some(buffer) = self.buffer(generation) else { return };
        // One that was never live has nothing to say to the application.
        if buffer.shown != Shown::Not {
            buffer.is_handlers = false;
            if matches!(buffer.shown, Shown::After(_)) {
                buffer.shown = Shown::All;
            }
            self.show_held(generation);
        }
        self.remove(generation, at);
    }

    pub(super) fn remove_all(&mut self) {
        for mut buffer in self.buffers.drain(..) {
            buffer.wake();
        }
    }

    // ---------------------------------------------------------------- rotations

    pub(super) fn hand_over(
        &mut self,
        from: Generation,
        to: Generation,
        at: Timestamp,
        has_labels: bool,
    ) {
        if let Some(overlap) = &mut self.overlap {
            overlap.begin_rotation(from, to, at);
            self.open(to);
        } else if has_labels {
            self.push_rotated(from, to, at);
            if let Some(old) = self.buffer(from) {
                // One that still waits for its own turn has nothing that the new one does not say.
                old.shown = Shown::Replies;
            }
            self.show_held(from);
            self.open(to);
        } else if self.buffer(from).is_some() {
            if let Some(new) = self.buffer(to) {
                new.shown = Shown::After(from);
            }
        } else {
            self.push_rotated(from, to, at);
            self.open(to);
        }
    }

    /// Shows the connection that waits for the end of another.
    fn show_successor_of(&mut self, from: Generation, at: Timestamp) {
        let waits = |buffer: &&ConnectionBuffer| buffer.shown == Shown::After(from);
        if let Some(to) = self.buffers.iter().find(waits).map(|buffer| buffer.generation) {
            self.push_rotated(from, to, at);
            if let Some(buffer) = self.buffer(to) {
                buffer.shown = Shown::All;
            }
            self.release_unless_handlers(to);
        }
    }

    fn release_unless_handlers(&mut self, generation: Generation) {
        if self.buffer(generation).is_some_and(|buffer| !buffer.holds()) {
            self.show_held(generation);
        }
    }

    fn push_rotated(&mut self, from: Generation, to: Generation, at: Timestamp) {
        let since = self.last_frame.unwrap_or(at);
        let gap = Gap { from: since, to: at, cause: GapCause::Rotated { from, to } };
        self.backlog.push_news(at, Update::Gap(gap));
    }

    pub(super) fn begin_overlap(&mut self, span: Duration) {
        // What is remembered of the last rotation is forgotten with it.
        self.overlap.get_or_insert_with(|| Overlap::new(span));
    }

    pub(super) fn end_overlap_when_due(
        &mut self,
        now: Timestamp,
        is_rotating: bool,
    ) -> Option<Timestamp> {
        let kept_until = self.overlap.as_ref()?.kept_until();
        if is_rotating || kept_until.is_some_and(|until| until > now) {
            return kept_until.filter(|until| *until > now);
        }
        self.settle_overlap(now, true);
        self.overlap = None;
        None
    }

    /// Tells what two connections had in common, once that can be told; and that something may be
    /// missing between them, if it was nothing.
    fn settle_overlap(&mut self, at: Timestamp, is_over: bool) {
        let Some(overlapped) = self.overlap.as_mut().and_then(|it| it.settle(is_over)) else {
            return;
        };
        if overlapped.matched == 0 {
            self.push_rotated(overlapped.from, overlapped.to, at);
        }
        self.last_overlap = Some(overlapped);
        self.backlog.push_news(at, Update::Overlapped(overlapped));
    }

    // -------------------------------------------------------------- application

    pub(super) fn set_catching_up(&mut self, generation: Generation, is_catching_up: bool) {
        if is_catching_up {
            // What comes in on a connection that is not shown is judged when it is.
            if self.is_shown(generation) == Some(true) {
                self.freshness.begin_catching_up(generation);
            }
        } else {
            self.freshness.end_catching_up(generation, &self.backlog);
        }
    }

    /// Returns the loss of certainty that an event stands for, if it does.
    pub(super) fn gap_of(&self, event: Event, at: Timestamp) -> Option<Gap> {
        let (from, cause) = if let Event::LocalStall { late } = event {
            let from = at.as_nanos().saturating_sub(nanos(late));
            (Timestamp::from_nanos(from), GapCause::LocalStall { late })
        } else if let Event::CounterJump { expected, got } = event {
            (self.last_frame.unwrap_or(at), GapCause::CounterJump { expected, got })
        } else {
            return None;
        };
        Some(Gap { from, to: at, cause })
    }

    /// What the application knows is current when the connection is beyond doubt, nothing that it
    /// watches is overdue, no loss is untold, and what it has not read is fresh.
    pub(super) fn tell_permit(&mut self, now: Timestamp) {
        let held_up = self.buffers.iter().filter_map(ConnectionBuffer::held_up_since).min();
        self.freshness.judge(now, &self.backlog, held_up);
        let is_current = self.green
            && !self.backlog.has_untold_loss()
            && self.freshness.holds(&self.backlog)
            && !self.buffers.iter().any(|buffer| buffer.is_overdue() && !buffer.holds());
        self.permit.set(is_current, self.freshness.ends_at(&self.backlog, held_up));
    }

    /// Returns who waits for what there is now, if there is something.
    pub(super) fn take_reader(&mut self) -> Option<Waker> {
        self.backlog.take_reader(self.freshness.has_news())
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
