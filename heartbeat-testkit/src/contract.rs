//! What a session owes its driver and its venue, checked at every input.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{
    Action, Clock, Config, Disposition, Frame, Heartbeat, Outbox, Outlet, Phase, Platform, Session,
    Signal, Timestamp,
};

use crate::OwnedFrame;
use crate::generate::Input;

/// How many polls a drain may take: the core promises a few dozen.
const DRAIN_MAX: usize = 64;

/// A session of any platform, to which anything may be done, and which must keep its contract.
///
/// It checks after every [`Input`] that
///
/// - only frames move a clock, every frame moves the transport's, a pong no other, and time
///   never goes back;
/// - every challenge, or where more pings come than can wait the last of them, is answered once,
///   in order, with the platform's own response to its token, and before anything that is said
///   unasked unless our own budget has just let go;
/// - one frame is out at a time, a refused one comes once more, and nothing is handed to a
///   transport that takes nothing;
/// - a drain ends, names a deadline that lies ahead, and polling again does nothing;
/// - a verdict falls once, and nothing follows it.
///
/// Feed it from a fuzzer or a property test, with inputs of [`generate`](crate::generate) or
/// your own, to test a platform of yours:
///
/// ```
/// use heartbeat_core::{Platform, Timestamp};
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{Choices, Contract, generate};
///
/// let config = Exchange::Okx.defaults().build()?;
/// let mut contract = Contract::new(Exchange::Okx, config, Timestamp::ZERO);
/// let mut choices = Choices::new(b"whatever a fuzzer comes up with");
/// while !choices.is_spent() {
///     contract.apply(&generate::input(&mut choices));
/// }
/// contract.finish();
/// # Ok::<_, heartbeat_core::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Contract<P> {
    session: Session<P>,
    now: Timestamp,
    transport_answers_pings: bool,
    /// The responses that have not been handed out yet, oldest first.
    owed: VecDeque<OwnedFrame>,
    in_flight: Option<InFlight>,
    /// Whether our own budget held everything back until now.
    was_held: bool,
    ended: bool,
}

/// The frame that is with the transport.
#[derive(Debug)]
struct InFlight {
    frame: OwnedFrame,
    is_response: bool,
    /// The transport has refused it, so that it must come once more.
    refused: bool,
    retried: bool,
}

impl<P: Platform> Contract<P> {
    /// Begins a session at `now`.
    pub fn new(platform: P, config: Config, now: Timestamp) -> Self {
        Self {
            session: Session::new(platform, config, now),
            now,
            transport_answers_pings: false,
            owed: VecDeque::new(),
            in_flight: None,
            was_held: false,
            ended: false,
        }
    }

    /// Makes the transport answer pings by itself.
    pub fn transport_answers_pings(mut self) -> Self {
        self.session.set_transport_answers_pings();
        self.transport_answers_pings = true;
        self
    }

    /// Returns the session.
    pub const fn session(&self) -> &Session<P> {
        &self.session
    }

    /// Returns the time, which the inputs move.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Tells whether the verdict has been handed out.
    pub const fn is_over(&self) -> bool {
        self.ended
    }

    /// Returns how many responses have yet to be handed out.
    pub fn owed(&self) -> usize {
        self.owed.len()
    }

    /// Does this to the session.
    ///
    /// # Panics
    ///
    /// If the session breaks its contract; the message says which part of it.
    pub fn apply(&mut self, input: &Input) {
        let (before, time) = (self.clocks(), self.session.now());
        match input {
            Input::Elapse(span) => self.now = self.now.checked_add(*span).unwrap_or(self.now),
            Input::StepBack(span) => {
                let back = self.now.saturating_since(Timestamp::ZERO).saturating_sub(*span);
                self.now = Timestamp::ZERO.checked_add(back).unwrap_or(self.now);
            }
            Input::Read(frame) => self.read(frame),
            Input::Receiving => self.session.handle_receiving(self.now),
            Input::Drain(outlet) => self.drain(*outlet),
            Input::Transmitted => {
                self.session.handle_transmitted(self.now);
                self.in_flight = None;
            }
            Input::TransmitFailed => self.transmit_failed(),
            Input::PongsWritten => self.session.handle_pongs_written(self.now),
            Input::Sent => self.session.handle_sent(self.now),
            Input::RequestOrderSafety => self.session.request_order_safety(self.now),
            Input::WriteOverdue => self.session.handle_write_overdue(self.now, Duration::ZERO),
            Input::TransportClosed => self.session.handle_transport_closed(self.now),
            Input::Stop => self.session.stop(self.now),
        }
        let after = self.clocks();
        let on = before.iter().zip(&after).all(|(before, after)| before <= after);
        assert!(self.session.now() >= time && on, "{input:?} set time back");
        if !matches!(input, Input::Read(_)) {
            assert_eq!(before, after, "{input:?} moved a clock: only evidence may");
        }
    }

    /// Lets everything leave that has to, and settles the accounts.
    ///
    /// # Panics
    ///
    /// If the session breaks its contract, or still owes something.
    pub fn finish(&mut self) {
        for _ in 0..DRAIN_MAX {
            self.session.handle_pongs_written(self.now);
            self.session.handle_transmitted(self.now);
            self.in_flight = None;
            self.drain(Outlet::Ready);
            if self.in_flight.is_none() {
                break;
            }
        }
        assert!(self.in_flight.is_none(), "writes must run dry");
        if self.ended {
            return;
        }
        assert!(self.owed.is_empty(), "{:?} was never answered", self.owed);
        let counters = self.session.health().counters;
        let answered = counters.responses + counters.superseded;
        assert_eq!(counters.challenges, answered + counters.unanswerable);
    }

    fn clocks(&self) -> [Option<Timestamp>; 3] {
        self.session.evidence().clocks().map(|reading| reading.moved)
    }

    fn read(&mut self, frame: &OwnedFrame) {
        let before = (self.session.health(), self.clocks());
        let _: Disposition = self.session.handle_frame(self.now, frame.as_frame());
        let after = (self.session.health(), self.clocks());
        if before.0.phase == Phase::Finished {
            assert_eq!(before.0.counters.frames, after.0.counters.frames, "the verdict is final");
            return;
        }
        let [transport, session, data] = Clock::ALL.map(|clock| clock as usize);
        assert_eq!(
            after.1[transport],
            Some(self.session.now()),
            "every frame moves the transport clock"
        );
        if matches!(frame, OwnedFrame::Pong(_)) {
            let [before, after] = [before.1, after.1].map(|clocks| (clocks[session], clocks[data]));
            assert_eq!(before, after, "any proxy may have sent a pong");
        }
        let admitted = after.0.counters.unanswerable == before.0.counters.unanswerable;
        let supersedes = after.0.counters.superseded > before.0.counters.superseded;
        if admitted && let Some(response) = self.response_to(frame.as_frame()) {
            let is_pong = |owed: &&mut OwnedFrame| matches!(owed, OwnedFrame::Pong(_));
            match self.owed.iter_mut().filter(is_pong).last() {
                // One pong answers the pings before it (RFC 6455, section 5.5.3).
                Some(last) if supersedes => *last = response,
                _ => {
                    assert!(!supersedes, "{frame:?} supersedes no ping that waits");
                    self.owed.push_back(response);
                }
            }
        }
    }

    /// What is owed for `frame`, if it is a challenge that we have to answer.
    fn response_to(&self, frame: Frame<'_>) -> Option<OwnedFrame> {
        let platform = self.session.platform();
        let (Signal::Challenge { token }
        | Signal::Mixed { heartbeat: Heartbeat::Challenge { token } }) = platform.classify(frame)
        else {
            return None;
        };
        let token = token.as_bytes()?;
        let mut out = Outbox::new();
        match frame {
            Frame::Ping(_) if self.transport_answers_pings => return None,
            Frame::Ping(_) => out.pong(token).ok()?,
            Frame::Text(_) | Frame::Binary(_) => platform.respond(token, &mut out).ok()?,
            Frame::Pong(_) | Frame::Close { .. } => return None,
        }
        out.frame().map(OwnedFrame::from)
    }

    fn transmit_failed(&mut self) {
        self.session.handle_transmit_failed(self.now);
        if let Some(in_flight) = &mut self.in_flight {
            if in_flight.retried {
                // Refused twice: a verdict, and nothing is with the transport any more.
                self.in_flight = None;
            } else {
                in_flight.refused = true;
            }
        }
    }

    fn drain(&mut self, outlet: Outlet) {
        for _ in 0..DRAIN_MAX {
            let (frame, is_response) = match self.session.poll_action(self.now, outlet) {
                Action::Respond(frame) => (OwnedFrame::from(frame), true),
                Action::Transmit(frame) => (OwnedFrame::from(frame), false),
                Action::RecordLatency(_) | Action::Notify(_) => {
                    assert!(!self.ended, "nothing may follow the verdict");
                    continue;
                }
                Action::Disconnect(_) => {
                    assert!(!self.ended, "a verdict falls once");
                    assert_eq!(self.session.health().phase, Phase::Finished);
                    self.ended = true;
                    continue;
                }
                Action::Wait(deadline) => return self.waits(outlet, deadline),
            };
            assert!(!self.ended, "nothing may follow the verdict");
            assert_eq!(outlet, Outlet::Ready, "a blocked transport was handed {frame}");
            self.hand_out(frame, is_response);
        }
        panic!("a drain must end within {DRAIN_MAX} polls");
    }

    fn waits(&mut self, outlet: Outlet, deadline: Option<Timestamp>) {
        self.was_held = outlet == Outlet::Held;
        let now = self.session.now();
        assert!(
            deadline.is_none_or(|deadline| deadline > now),
            "{deadline:?} is not after {now:?}"
        );
        assert!(!self.ended || deadline.is_none(), "there is nothing to wait for after the end");
        let is_due = |in_flight: &InFlight| in_flight.refused && !in_flight.retried;
        if outlet == Outlet::Ready && !self.ended {
            assert!(
                !self.in_flight.as_ref().is_some_and(is_due),
                "a refused frame must come once more, at once"
            );
        }
        let again = self.session.poll_action(self.now, outlet);
        assert_eq!(again, Action::Wait(deadline), "polling again must do nothing");
    }

    fn hand_out(&mut self, frame: OwnedFrame, is_response: bool) {
        if let Some(in_flight) = &mut self.in_flight {
            assert!(
                in_flight.refused && !in_flight.retried,
                "one frame is out at a time, and is retried once"
            );
            assert_eq!((&frame, is_response), (&in_flight.frame, in_flight.is_response));
            in_flight.refused = false;
            in_flight.retried = true;
            return;
        }
        if is_response {
            let owed = self.owed.pop_front();
            assert_eq!(owed.as_ref(), Some(&frame), "responses leave in order, once each");
        } else {
            let may_leave = self.owed.is_empty() || self.was_held;
            assert!(may_leave, "{frame} must not leave before a response that waits");
        }
        let (refused, retried) = (false, false);
        self.in_flight = Some(InFlight { frame, is_response, refused, retried });
    }
}
