//! What holds of every session, whatever is done to it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::cell::Cell;
use core::time::Duration;

use heartbeat_core::{Action, Config, Outlet, Session, Standing, Timestamp};
use heartbeat_testkit::generate::Input;
use heartbeat_testkit::strategies::{configs, inputs, phrasebooks};
use heartbeat_testkit::{Contract, OwnedAction, OwnedFrame, Phrasebook};
use proptest::prelude::*;
use support::{DRAIN_MAX, fixed};

/// Not at the start of the axis, so that the clock has room to step back.
const START: Timestamp = Timestamp::from_millis(100_000);

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
        let mut contract = Contract::new(platform, config, START);
        if transport_answers_pings {
            contract = contract.transport_answers_pings();
        }
        for input in &inputs {
            contract.apply(input);
        }
        contract.finish();
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
        let mut contract = Contract::new(Phrasebook::new(), config, START);
        for serial in 0..challenges {
            contract.apply(&Input::Read(OwnedFrame::Text(format!("challenge {serial}"))));
            contract.apply(&Input::Drain(Outlet::Blocked));
        }
        for left in (0..challenges).rev() {
            contract.apply(&Input::Drain(Outlet::Ready));
            prop_assert_eq!(contract.owed(), left);
            contract.apply(&Input::Transmitted);
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
    let mut session = Session::new(platform, config, START);
    let mut now = START;
    let mut actions = Vec::new();
    for input in inputs {
        match input {
            Input::Elapse(span) => now = now.checked_add(*span).unwrap(),
            Input::Read(frame) => drop(session.handle_frame(now, frame.as_frame())),
            Input::Transmitted => session.handle_transmitted(now),
            Input::TransmitFailed => session.handle_transmit_failed(now),
            Input::Sent => session.handle_sent(now),
            Input::Receiving => session.handle_receiving(now),
            Input::RequestOrderSafety => session.request_order_safety(now),
            Input::Stop => session.stop(now),
            Input::Drain(outlet) => {
                let (_, drained) = drain(&mut session, now, *outlet);
                actions.extend(drained);
            }
            Input::StepBack(_)
            | Input::PongsWritten
            | Input::WriteOverdue
            | Input::TransportClosed
            | _ => {}
        }
    }
    actions
}

/// Drains a session, and returns when it wants to be asked again and what it did but for what
/// it tells observers.
fn drain(
    session: &mut Session<Phrasebook>,
    now: Timestamp,
    outlet: Outlet,
) -> (Option<Timestamp>, Vec<OwnedAction>) {
    let mut actions = Vec::new();
    for _ in 0..DRAIN_MAX {
        match session.poll_action(now, outlet) {
            Action::Wait(deadline) => {
                actions.push(OwnedAction::Wait(deadline));
                return (deadline, actions);
            }
            Action::Notify(_) | Action::RecordLatency(_) => {}
            action @ (Action::Respond(_) | Action::Transmit(_) | Action::Disconnect(_)) => {
                actions.push(action.into());
            }
        }
    }
    panic!("a drain must end within {DRAIN_MAX} polls");
}

proptest! {
    #![proptest_config(fixed(2_000, 0x5eed_0004))]

    /// We slept, for however long: that is not held against the peer, which gets another
    /// chance; if it is mute, the bound holds from when we woke.
    #[test]
    fn a_sleep_is_not_held_against_the_peer_and_a_second_is(
        config in configs(),
        sleep in 1..600_000_u64,
        again in any::<bool>(),
    ) {
        let tolerance = config.stall_tolerance();
        let over = Duration::from_millis(sleep) + tolerance;
        let mut session = Session::new(Phrasebook::new(), config, START);
        let (deadline, _) = drain(&mut session, START, Outlet::Ready);
        let mut now = deadline.unwrap().checked_add(over).unwrap();
        let (mut deadline, actions) = drain(&mut session, now, Outlet::Ready);
        prop_assert!(!actions.iter().any(is_verdict), "judged at once: {actions:?}");

        let woke = now;
        if again {
            // Whoever keeps stumbling must not keep a dead peer alive.
            now = deadline.unwrap().checked_add(over).unwrap();
            deadline = drain(&mut session, now, Outlet::Ready).0;
        }
        let slept = if again { over } else { Duration::ZERO };
        // A line that is never given up would be waited for without end.
        while let Some(at) = deadline {
            session.handle_transmitted(now);
            now = at.max(now);
            deadline = drain(&mut session, now, Outlet::Ready).0;
            let took = now.saturating_since(woke);
            prop_assert!(took <= config.silence_bound() + slept, "{took:?} after waking");
        }
    }

    /// However late each wake-up is within the tolerance, only the last one's counts.
    #[test]
    fn the_lateness_of_wake_ups_does_not_add_up(config in configs(), late in any::<u32>()) {
        let most = u32::try_from(config.stall_tolerance().as_millis()).unwrap();
        let late = Duration::from_millis(u64::from(late % (most + 1)));
        let mut session = Session::new(Phrasebook::new(), config, START);
        let mut now = START;
        let (mut deadline, _) = drain(&mut session, now, Outlet::Ready);
        while let Some(at) = deadline {
            session.handle_transmitted(now);
            now = at.checked_add(late).unwrap().max(now);
            deadline = drain(&mut session, now, Outlet::Ready).0;
            let took = now.saturating_since(START);
            prop_assert!(took <= config.silence_bound() + late, "{took:?}, each {late:?} late");
        }
    }
}

fn is_verdict(action: &OwnedAction) -> bool {
    matches!(action, OwnedAction::Disconnect(_))
}

#[test]
fn the_test_of_the_contract_reaches_what_it_is_about() {
    // Were verdicts, retries or refusals never reached, the property above would prove little.
    let reached = [const { Cell::new(0_u32) }; 7];
    let mut runner = proptest::test_runner::TestRunner::new(fixed(1_000, 0x5eed_0003));
    let cases = (phrasebooks(), configs(), inputs(120));
    runner
        .run(&cases, |(platform, config, inputs)| {
            let mut contract = Contract::new(platform, config, START);
            for input in &inputs {
                contract.apply(input);
            }
            let health = contract.session().health();
            let counters = health.counters;
            let refreshed = health.dead_man.and_then(|switch| switch.last_acknowledged);
            let seen = [
                contract.is_over(),
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
