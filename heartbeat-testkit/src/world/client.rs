//! The client's side of a world: a session, driven by the core's contract.

use heartbeat_core::{Action, Cause, Evidence, Initiator, Outlet, Platform, Session, Timestamp};

use super::{LineChange, Step, Trace};
use crate::{Arrival, Link, OwnedFrame, VirtualClock};

/// How a client's session ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// When, in true time.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// What led to it.
    pub evidence: Evidence,
}

/// What stands still when a client freezes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the clock runs on or it does not")]
pub enum Freeze {
    /// The process alone, as under a stop signal or a long pause of the scheduler.
    Process,
    /// The machine with its monotonic clock, as when it is suspended.
    Machine,
}

/// How many actions a drain may have: the core promises a few dozen.
const DRAIN_MAX: usize = 64;

/// How many frames are read before the session is drained: its room for reports is bounded.
const READS_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct Client<P> {
    pub(super) session: Session<P>,
    /// The longest message that its transport takes.
    message_max: usize,
    pub(super) clock: VirtualClock,
    /// What the session was last waiting for, by its own clock.
    deadline: Option<Timestamp>,
    /// Whether the session was told something since it was last drained.
    told: bool,
    /// Whether the line took nothing when the session was last drained.
    blocked: bool,
    pub(super) frozen: Option<Timestamp>,
    pub(super) drains: u64,
    pub(super) last_read: Option<Timestamp>,
    pub(super) verdict: Option<Verdict>,
}

impl<P: Platform> Client<P> {
    pub(super) const fn new(session: Session<P>, now: Timestamp, message_max: usize) -> Self {
        Self {
            session,
            message_max,
            clock: VirtualClock::new(now),
            deadline: None,
            told: true,
            blocked: false,
            frozen: None,
            drains: 0,
            last_read: None,
            verdict: None,
        }
    }

    /// Returns when the client will act by itself: on a deadline, or on its thaw.
    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        match self.frozen {
            Some(until) => Some(until),
            None => self.deadline.and_then(|deadline| self.clock.when(deadline)),
        }
    }

    /// Tells whether what arrives is read.
    pub(super) const fn reads(&self) -> bool {
        self.frozen.is_none() && self.verdict.is_none()
    }

    pub(super) fn freeze(&mut self, now: Timestamp, until: Timestamp, freeze: Freeze) {
        if freeze == Freeze::Machine {
            self.clock.freeze(now);
        }
        self.frozen = Some(until);
    }

    /// Sends a message of the application's; `false` if the line takes none.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        frame: OwnedFrame,
        up: &mut Link<OwnedFrame>,
    ) -> bool {
        let sent = self.verdict.is_none() && up.send(now, frame);
        if sent {
            self.session.handle_sent(self.clock.read(now));
            self.told = true;
        }
        sent
    }

    /// Has the application end the session.
    pub(super) fn stop(&mut self, now: Timestamp) {
        self.session.stop(self.clock.read(now));
        self.told = true;
    }

    /// Reads what has arrived, then drains if there is reason to: something was read, the
    /// deadline has come, or the line takes frames again. Tells whether anything came of it.
    pub(super) fn turn(
        &mut self,
        now: Timestamp,
        up: &mut Link<OwnedFrame>,
        down: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> bool {
        if self.frozen.is_some_and(|until| until <= now) {
            self.frozen = None;
            self.clock.thaw(now);
            trace.push(now, Step::ClientThaws);
        }
        if !self.reads() {
            return false;
        }
        let mut acted = false;
        loop {
            let read = self.read_some(now, down, trace);
            acted |= self.drain_if_needed(now, up, trace);
            if read < READS_MAX || self.verdict.is_some() {
                return acted;
            }
        }
    }

    /// Reads at most [`READS_MAX`] of what has arrived, and returns how many.
    fn read_some(
        &mut self,
        now: Timestamp,
        down: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> usize {
        for read in 0..READS_MAX {
            let Some(arrival) = down.receive(now) else {
                return read;
            };
            self.read(now, arrival, trace);
        }
        READS_MAX
    }

    fn drain_if_needed(
        &mut self,
        now: Timestamp,
        up: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> bool {
        let is_due = self.deadline.is_some_and(|deadline| deadline <= self.clock.read(now));
        let is_free = self.blocked && up.is_writable();
        let must_drain = self.told || is_due || is_free;
        if must_drain {
            self.drain(now, up, trace);
        }
        must_drain
    }

    fn read(&mut self, now: Timestamp, arrival: Arrival<OwnedFrame>, trace: &mut Trace) {
        let local = self.clock.read(now);
        self.told = true;
        match arrival {
            Arrival::Item(frame) if frame.as_frame().len() <= self.message_max => {
                self.last_read = Some(now);
                // What the application makes of a frame is no business of this world's.
                let _ = self.session.handle_frame(local, frame.as_frame());
                trace.push(now, Step::ClientReads(frame));
            }
            Arrival::Item(_) | Arrival::End => {
                self.session.handle_transport_closed(local);
                trace.push(now, Step::Line(LineChange::Ended));
            }
        }
    }

    fn drain(&mut self, now: Timestamp, up: &mut Link<OwnedFrame>, trace: &mut Trace) {
        let local = self.clock.read(now);
        self.told = false;
        self.drains += 1;
        for _ in 0..DRAIN_MAX {
            let outlet = if up.is_writable() { Outlet::Ready } else { Outlet::Blocked };
            match self.session.poll_action(local, outlet) {
                Action::Respond(frame) => {
                    let frame = OwnedFrame::from(frame);
                    trace.push(now, Step::ClientResponds(frame.clone()));
                    self.write(now, frame, up);
                }
                Action::Transmit(frame) => {
                    let frame = OwnedFrame::from(frame);
                    trace.push(now, Step::ClientSends(frame.clone()));
                    self.write(now, frame, up);
                }
                Action::RecordLatency(sample) => trace.push(now, Step::ClientMeasures(sample)),
                Action::Notify(event) => trace.push(now, Step::ClientNotes(event)),
                Action::Disconnect(cause) => self.disconnect(now, cause, up, trace),
                Action::Wait(deadline) => {
                    self.deadline = deadline;
                    return;
                }
            }
        }
        panic!("a drain must end within {DRAIN_MAX} actions\n{trace}");
    }

    fn write(&mut self, now: Timestamp, frame: OwnedFrame, up: &mut Link<OwnedFrame>) {
        let local = self.clock.read(now);
        if up.send(now, frame) {
            self.session.handle_transmitted(local);
        } else {
            self.session.handle_transmit_failed(local);
        }
    }

    fn disconnect(
        &mut self,
        now: Timestamp,
        cause: Cause,
        up: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) {
        trace.push(now, Step::Verdict(cause));
        self.verdict = Some(Verdict { at: now, cause, evidence: self.session.evidence() });
        if cause.initiator() != Initiator::Peer {
            let reason = String::new();
            let code = Some(1000);
            up.send(now, OwnedFrame::Close { code, reason });
        }
        up.finish(now);
    }
}
