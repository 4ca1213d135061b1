//! The client's side of a world: a session, driven by the core's contract.

use heartbeat_core::{
    Action, Cause, Disposition, Evidence, Initiator, Outlet, Platform, Session, Timestamp,
};

use super::connection::Application;
use super::host::Host;
use super::{LineChange, Step, Trace};
use crate::mock::wall_time;
use crate::{Arrival, Link, OwnedFrame};

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

/// How many actions a drain may have: the core promises a few dozen.
const DRAIN_MAX: usize = 64;

/// How many frames are read before the session is drained: its room for reports is bounded.
const READS_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct Client<P> {
    pub(super) session: Session<P>,
    /// The longest message that its transport takes.
    message_max: usize,
    /// What the session was last waiting for, by its own clock.
    deadline: Option<Timestamp>,
    /// Whether the session was told something since it was last drained.
    told: bool,
    /// Whether the line took nothing when the session was last drained.
    blocked: bool,
    pub(super) drains: u64,
    pub(super) last_read: Option<Timestamp>,
    pub(super) verdict: Option<Verdict>,
}

impl<P: Platform> Client<P> {
    pub(super) const fn new(session: Session<P>, message_max: usize) -> Self {
        Self {
            session,
            message_max,
            deadline: None,
            told: true,
            blocked: false,
            drains: 0,
            last_read: None,
            verdict: None,
        }
    }

    /// Returns when the client will act by itself: on a deadline, or on its thaw.
    pub(super) fn wakes_at(&self, host: &Host) -> Option<Timestamp> {
        host.wakes_at(self.deadline)
    }

    /// Tells whether what arrives is still of interest.
    pub(super) const fn reads(&self) -> bool {
        self.verdict.is_none()
    }

    /// Sends a message of the application's; `false` if the line takes none.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        host: &Host,
        frame: OwnedFrame,
        up: &mut Link<OwnedFrame>,
    ) -> bool {
        let sent = self.verdict.is_none() && up.send(now, frame);
        if sent {
            self.session.handle_sent(host.clock.read(now));
            self.told = true;
        }
        sent
    }

    /// Has the application end the session.
    pub(super) fn stop(&mut self, now: Timestamp, host: &Host) {
        self.session.stop(host.clock.read(now));
        self.told = true;
    }

    /// Reads what has arrived, then drains if there is reason to: something was read, the
    /// deadline has come, or the line takes frames again. Tells whether anything came of it.
    pub(super) fn turn(
        &mut self,
        now: Timestamp,
        host: &Host,
        up: &mut Link<OwnedFrame>,
        down: &mut Link<OwnedFrame>,
        trace: &mut Trace,
        application: &mut impl Application,
    ) -> bool {
        if host.is_frozen() || !self.reads() {
            return false;
        }
        let local = host.clock.read(now);
        let mut acted = false;
        loop {
            let mut read = 0;
            while read < READS_MAX
                && let Some(arrival) = down.receive(now)
            {
                self.read((now, local), arrival, trace, application);
                read += 1;
            }
            let is_due = self.deadline.is_some_and(|deadline| deadline <= local);
            let is_free = self.blocked && up.is_writable();
            if is_due {
                self.session.set_wall_clock(local, wall_time(now));
            }
            if self.told || is_due || is_free {
                self.drain((now, local), up, trace, application);
                acted = true;
            }
            if read < READS_MAX || self.verdict.is_some() {
                return acted;
            }
        }
    }

    fn read(
        &mut self,
        (now, local): (Timestamp, Timestamp),
        arrival: Arrival<OwnedFrame>,
        trace: &mut Trace,
        application: &mut impl Application,
    ) {
        self.told = true;
        match arrival {
            Arrival::Item(frame) if frame.as_frame().len() <= self.message_max => {
                self.last_read = Some(now);
                match self.session.handle_frame(local, frame.as_frame()) {
                    Disposition::Deliver => application.deliver(&frame),
                    Disposition::Absorb => {}
                }
                trace.push(now, Step::ClientReads(frame));
            }
            Arrival::Part => {
                self.session.handle_receiving(local);
                trace.push(now, Step::ClientReceives);
            }
            Arrival::Item(_) | Arrival::End => {
                self.session.handle_transport_closed(local);
                trace.push(now, Step::Line(LineChange::Ended));
            }
        }
    }

    fn drain(
        &mut self,
        (now, local): (Timestamp, Timestamp),
        up: &mut Link<OwnedFrame>,
        trace: &mut Trace,
        application: &mut impl Application,
    ) {
        self.told = false;
        self.drains += 1;
        for _ in 0..DRAIN_MAX {
            let outlet = if up.is_writable() { Outlet::Ready } else { Outlet::Blocked };
            match self.session.poll_action(local, outlet) {
                Action::Respond(frame) => {
                    let frame = OwnedFrame::from(frame);
                    trace.push(now, Step::ClientResponds(frame.clone()));
                    self.write((now, local), frame, up);
                }
                Action::Transmit(frame) => {
                    let frame = OwnedFrame::from(frame);
                    trace.push(now, Step::ClientSends(frame.clone()));
                    self.write((now, local), frame, up);
                }
                Action::RecordLatency(sample) => trace.push(now, Step::ClientMeasures(sample)),
                Action::Notify(event) => {
                    application.note(event);
                    trace.push(now, Step::ClientNotes(event));
                }
                Action::Disconnect(cause) => self.disconnect(now, cause, up, trace),
                Action::Wait(deadline) => {
                    self.deadline = deadline;
                    self.blocked = outlet == Outlet::Blocked;
                    return;
                }
            }
        }
        panic!("a drain must end within {DRAIN_MAX} actions\n{trace}");
    }

    fn write(
        &mut self,
        (now, local): (Timestamp, Timestamp),
        frame: OwnedFrame,
        up: &mut Link<OwnedFrame>,
    ) {
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
