//! What holds of every session, whatever is done to it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::cell::Cell;
use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{
    Action, Config, Detector, Frame, Outlet, Phase, Session, Signal, Standing, Timestamp,
};
use heartbeat_testkit::strategies::{Input, configs, inputs, phrasebooks};
use heartbeat_testkit::{OwnedAction, OwnedFrame, Phrasebook};
use proptest::prelude::*;
use support::{DRAIN_MAX, fixed};

/// A session under test, and what is owed to the venue by the word of the contract.
struct Subject {
    session: Session<Phrasebook>,
    now: Timestamp,
    transport_answers_pings: bool,
    /// The responses that have not been handed out yet, oldest first.
    owed: VecDeque<OwnedFrame>,
    /// The frame that is with the transport, and whether it was refused once already.
    in_flight: Option<InFlight>,
    ended: bool,
}

struct InFlight {
    frame: OwnedFrame,
    is_response: bool,
    /// The transport has refused it, so that it may come once more.
    refused: bool,
    retried: bool,
}

impl Subject {
    fn new(platform: Phrasebook, config: Config, transport_answers_pings: bool) -> Self {
        // Not at the start of the axis, so that the clock has room to step back.
        let now = Timestamp::from_millis(100_000);
        let mut session = Session::new(platform, config, now);
        if transport_answers_pings {
            session.set_transport_answers_pings();
        }
        Self {
            session,
            now,
            transport_answers_pings,
            owed: VecDeque::new(),
            in_flight: None,
            ended: false,
        }
    }

    fn apply(&mut self, input: &Input) {
        let (before, time) = (self.clocks(), self.session.now());
        match input {
            Input::Elapse(span) => self.now = self.now.checked_add(*span).unwrap(),
            Input::StepBack(span) => {
                let back = self.now.saturating_since(Timestamp::ZERO).saturating_sub(*span);
                self.now = Timestamp::from_nanos(u64::try_from(back.as_nanos()).unwrap());
            }
            Input::Read(frame) => self.read(frame),
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
            _ => unreachable!("this test plays every input that there is"),
        }
        let after = self.clocks();
        let on = before.iter().zip(&after).all(|(before, after)| before <= after);
        assert!(self.session.now() >= time && on, "{input:?} set time back");
        if !matches!(input, Input::Read(_)) {
            assert_eq!(before, after, "{input:?} moved a clock: only evidence may");
        }
    }

    fn clocks(&self) -> [Option<Timestamp>; 3] {
        self.session.evidence().clocks().map(|reading| reading.moved)
    }

    fn read(&mut self, frame: &OwnedFrame) {
        let before = self.session.health();
        let _ = self.session.handle_frame(self.now, frame.as_frame());
        let after = self.session.health();
        if before.phase == Phase::Finished {
            assert_eq!(before.counters.frames, after.counters.frames, "the verdict is final");
            return;
        }
        assert_eq!(
            self.clocks()[0],
            Some(self.session.now()),
            "every frame moves the transport clock"
        );
        let admitted = after.counters.unanswerable == before.counters.unanswerable;
        if admitted && let Some(response) = self.response_to(frame) {
            self.owed.push_back(response);
        }
    }

    /// What the contract owes for `frame`, if it is a challenge that we have to answer.
    fn response_to(&self, frame: &OwnedFrame) -> Option<OwnedFrame> {
        let frame = frame.as_frame();
        let Signal::Challenge { token } = self.session.platform().classify(frame) else {
            return None;
        };
        let token = token.as_bytes()?;
        match frame {
            Frame::Ping(_) if self.transport_answers_pings => None,
            Frame::Ping(_) => Some(OwnedFrame::Pong(token.to_vec())),
            Frame::Text(_) if !token.starts_with(b"~") => {
                let token = str::from_utf8(token).unwrap();
                Some(OwnedFrame::Text(format!("response {token}")))
            }
            Frame::Text(_) | Frame::Binary(_) | Frame::Pong(_) | Frame::Close { .. } => None,
        }
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
        let now = self.session.now();
        assert!(
            deadline.is_none_or(|deadline| deadline > now),
            "{deadline:?} is not after {now:?}"
        );
        assert!(!self.ended || deadline.is_none(), "there is nothing to wait for after the end");
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
            assert_eq!(
                self.owed.pop_front().as_ref(),
                Some(&frame),
                "responses leave in order, once each"
            );
        } else {
            assert!(self.owed.is_empty(), "{frame} must not leave before a response that waits");
        }
        let (refused, retried) = (false, false);
        self.in_flight = Some(InFlight { frame, is_response, refused, retried });
    }

    /// Lets everything leave that has to, and settles the accounts.
    fn finish(&mut self) {
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
        assert_eq!(counters.challenges, counters.responses + counters.unanswerable);
    }
}

proptest! {
    #![proptest_config(fixed(3_000, 0x5eed_0001))]

    /// The contract of `Session`, all of it at once, under any inputs in any order.
    #[test]
    fn a_session_keeps_its_contract_whatever_is_done_to_it(
        platform in phrasebooks(),
        config in configs(),
        transport_answers_pings in any::<bool>(),
        inputs in inputs(120),
    ) {
        let mut subject = Subject::new(platform, config, transport_answers_pings);
        for input in &inputs {
            subject.apply(input);
        }
        subject.finish();
    }
}

proptest! {
    #![proptest_config(fixed(500, 0x5eed_0002))]

    /// What waited for a blocked transport leaves at once when the transport takes it again.
    #[test]
    fn what_was_blocked_leaves_when_the_transport_is_ready(
        config in configs(),
        challenges in 1..8_usize,
    ) {
        let mut subject = Subject::new(Phrasebook::new(), config, false);
        for serial in 0..challenges {
            subject.apply(&Input::Read(OwnedFrame::Text(format!("challenge {serial}"))));
            subject.apply(&Input::Drain(Outlet::Blocked));
        }
        for left in (0..challenges).rev() {
            subject.apply(&Input::Drain(Outlet::Ready));
            prop_assert_eq!(subject.owed.len(), left);
            subject.apply(&Input::Transmitted);
        }
    }

    /// Monitoring is for observers: with it and without it the same frames leave at the same
    /// times, the same deadlines are named, and the same verdict falls.
    #[test]
    fn monitoring_changes_nothing_that_protects(
        platform in phrasebooks(),
        config in configs(),
        inputs in inputs(120),
    ) {
        let build = |on: bool| config.to_builder().monitoring(on).build().unwrap();
        let loud = protection(platform, build(true), &inputs);
        let quiet = protection(platform, build(false), &inputs);
        prop_assert_eq!(loud, quiet);
    }
}

/// Everything that a session does but what it tells observers.
fn protection(platform: Phrasebook, config: Config, inputs: &[Input]) -> Vec<OwnedAction> {
    let mut subject = Subject::new(platform, config, false);
    let mut actions = Vec::new();
    for input in inputs {
        let Input::Drain(outlet) = input else {
            subject.apply(input);
            continue;
        };
        for polls in 0.. {
            assert!(polls < DRAIN_MAX, "a drain must end within {DRAIN_MAX} polls");
            let action = OwnedAction::from(subject.session.poll_action(subject.now, *outlet));
            let last = matches!(action, OwnedAction::Wait(_));
            if !matches!(action, OwnedAction::Notify(_) | OwnedAction::RecordLatency(_)) {
                actions.push(action);
            }
            if last {
                break;
            }
        }
    }
    actions
}

#[test]
fn the_test_of_the_contract_reaches_what_it_is_about() {
    // Were verdicts, retries or refusals never reached, the property above would prove little.
    let reached = [const { Cell::new(0_u32) }; 7];
    let mut runner = proptest::test_runner::TestRunner::new(fixed(500, 0x5eed_0003));
    let cases = (phrasebooks(), configs(), inputs(120));
    runner
        .run(&cases, |(platform, config, inputs)| {
            let mut subject = Subject::new(platform, config, false);
            for input in &inputs {
                subject.apply(input);
            }
            let health = subject.session.health();
            let counters = health.counters;
            let refreshed = health.dead_man.and_then(|switch| switch.last_acknowledged);
            let seen = [
                subject.ended,
                counters.responses > 0,
                counters.unanswerable > 0,
                counters.answers > 0,
                counters.stalls > 0,
                refreshed.is_some(),
                health.cancel_on_disconnect == Standing::Confirmed,
            ];
            for (count, seen) in reached.iter().zip(seen) {
                count.set(count.get() + u32::from(seen));
            }
            Ok(())
        })
        .unwrap();
    assert!(reached.iter().all(|count| count.get() >= 15), "{reached:?}");
}
