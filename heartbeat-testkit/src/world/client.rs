//! The client's side of a world: a session, driven by the core's contract.

use std::collections::VecDeque;

use heartbeat_core::{
    Action, Cause, Disposition, Evidence, Initiator, Outlet, Platform, Session, Speaker, Timestamp,
};

use super::brake::Brake;
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

/// How many messages of the application's wait for the client's own brake.
const WAITING_MAX: usize = 1_024;

/// What a client's driver is like.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    /// The longest message, in bytes, that its transport takes.
    pub(super) message_max: usize,
    /// The message budget that it keeps, if any.
    pub(super) brake: Option<Brake>,
    /// Whether its transport answers pings by itself.
    pub(super) answers_pings: bool,
}

#[derive(Debug)]
pub(super) struct Client<P> {
    pub(super) session: Session<P>,
    habits: Habits,
    /// What of the application's waits for our own brake, and until when.
    waiting: VecDeque<OwnedFrame>,
    opens_at: Option<Timestamp>,
    /// The pong that the transport has not got rid of; a newer one takes its place.
    owed_pong: Option<OwnedFrame>,
    /// What the session was last waiting for, by its own clock.
    deadline: Option<Timestamp>,
    /// Whether the session was told something since it was last drained.
    told: bool,
    /// What the session could write to when it was last drained.
    outlet: Outlet,
    pub(super) drains: u64,
    pub(super) last_read: Option<Timestamp>,
    pub(super) verdict: Option<Verdict>,
}

impl<P: Platform> Client<P> {
    pub(super) fn new(mut session: Session<P>, habits: Habits) -> Self {
        if habits.answers_pings {
            session.set_transport_answers_pings();
        }
        Self {
            session,
            habits,
            waiting: VecDeque::new(),
            opens_at: None,
            owed_pong: None,
            deadline: None,
            told: true,
            outlet: Outlet::Ready,
            drains: 0,
            last_read: None,
            verdict: None,
        }
    }

    /// Returns when the client will act by itself: on a deadline, or on its thaw.
    pub(super) fn wakes_at(&self, host: &Host) -> Option<Timestamp> {
        host.wakes_at([self.deadline, self.opens_at].into_iter().flatten().min())
    }

    /// Tells whether what arrives is still of interest.
    pub(super) const fn reads(&self) -> bool {
        self.verdict.is_none()
    }

    /// Sends a message of the application's, as soon as our own brake lets it; `false` if the line
    /// takes none, or too much waits already.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        host: &Host,
        frame: OwnedFrame,
        up: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> bool {
        let takes = up.is_writable() && self.waiting.len() < WAITING_MAX;
        if self.verdict.is_some() || !takes {
            return false;
        }
        self.waiting.push_back(frame);
        self.speak((now, host.clock.read(now)), up, trace);
        true
    }

    /// Sends what waits of the application's, as much as our own brake lets out; tells whether
    /// that was anything.
    fn speak(
        &mut self,
        (now, local): (Timestamp, Timestamp),
        up: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> bool {
        let mut spoke = false;
        self.opens_at = None;
        while up.is_writable() && !self.waiting.is_empty() {
            let brake = self.habits.brake.as_ref();
            self.opens_at = brake.and_then(|brake| brake.opens_at(local, Speaker::Application));
            if self.opens_at.is_some() {
                break;
            }
            if let Some(frame) = self.waiting.pop_front() {
                self.count(local, Speaker::Application, &frame);
                up.send(now, frame.clone());
                trace.push(now, Step::ApplicationSends(frame));
                self.session.handle_sent(local);
                self.told = true;
                spoke = true;
            }
        }
        spoke
    }

    fn count(&self, local: Timestamp, speaker: Speaker, frame: &OwnedFrame) {
        if let Some(brake) = &self.habits.brake {
            brake.count(local, speaker, frame);
        }
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
                self.answer((now, local), up, trace);
                read += 1;
            }
            self.answer((now, local), up, trace);
            let is_due = self.deadline.is_some_and(|deadline| deadline <= local);
            let is_free = self.outlet == Outlet::Blocked && up.is_writable();
            if is_due {
                self.session.set_wall_clock(local, wall_time(now));
            }
            if self.told || is_due || is_free {
                self.drain((now, local), up, trace, application);
                acted = true;
            }
            let may_speak = self.verdict.is_none() && !self.waiting.is_empty();
            if may_speak && self.speak((now, local), up, trace) {
                acted = true;
                continue;
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
            Arrival::Item(frame) if frame.as_frame().len() <= self.habits.message_max => {
                self.last_read = Some(now);
                match self.session.handle_frame(local, frame.as_frame()) {
                    Disposition::Deliver => application.deliver(&frame),
                    Disposition::Absorb => {}
                }
                if let OwnedFrame::Ping(payload) = &frame
                    && self.habits.answers_pings
                {
                    self.owed_pong = Some(OwnedFrame::Pong(payload.clone()));
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

    /// Writes the pong that the transport makes by itself, if there is one and the line takes it.
    fn answer(
        &mut self,
        (now, local): (Timestamp, Timestamp),
        up: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) {
        if let Some(pong) = self.owed_pong.take_if(|_| up.is_writable()) {
            self.count(local, Speaker::Transport, &pong);
            trace.push(now, Step::ClientResponds(pong.clone()));
            up.send(now, pong);
            self.session.handle_pongs_written(local);
            self.told = true;
        }
    }

    /// Returns what there is to write to, and until when our own brake is on.
    fn outlet(&self, local: Timestamp, up: &Link<OwnedFrame>) -> (Outlet, Option<Timestamp>) {
        let brake = self.habits.brake.as_ref();
        let held_until = brake.and_then(|brake| brake.opens_at(local, Speaker::Heartbeat));
        if !up.is_writable() {
            (Outlet::Blocked, None)
        } else if held_until.is_some() {
            (Outlet::Held, held_until)
        } else {
            (Outlet::Ready, None)
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
            let (outlet, held_until) = self.outlet(local, up);
            let told = self.habits.brake.as_ref().map_or(outlet, |brake| brake.as_told(outlet));
            match self.session.poll_action(local, told) {
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
                    self.deadline = [deadline, held_until].into_iter().flatten().min();
                    if outlet != self.outlet {
                        trace.push(now, Step::Outlet(outlet));
                    }
                    self.outlet = outlet;
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
        self.count(local, Speaker::Heartbeat, &frame);
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
        self.waiting.clear();
        self.opens_at = None;
        if cause.initiator() != Initiator::Peer {
            let reason = String::new();
            let code = Some(1000);
            up.send(now, OwnedFrame::Close { code, reason });
        }
        up.finish(now);
    }
}
