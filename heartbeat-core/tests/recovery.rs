//! When a connection is made, made anew, left for another, and given up.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    AttemptPhase, BreakerConfig, BreakerState, Cause, GiveUp, NoticeKind, Outcome, Purpose,
    Recovery, RecoveryAction, RotationReason, RotationWindow,
};
use support::run::{Run, UNREACHABLE, at, closed, config, notice, refused};
use support::{millis, secs};

// ------------------------------------------------------------------- phases

#[test]
fn each_phase_has_its_deadline_and_an_overdue_one_ends_the_attempt() {
    let steps = [Outcome::Dialed, Outcome::Upgraded, Outcome::Armed, Outcome::Ready];
    for (done, (phase, within)) in AttemptPhase::ALL.into_iter().zip(1..).enumerate() {
        let mut run = Run::new(config(), 1);
        let generation = run.dial();
        for outcome in steps.into_iter().take(done) {
            run.pass(millis(500)).tell(generation, outcome);
        }
        let begun = run.now.as_nanos() / 1_000_000;
        run.silence_until(begun + within * 1_000 - 1);
        let abandon = RecoveryAction::Abandon { generation, phase, within: secs(within) };
        run.now = at(begun + within * 1_000);
        assert_eq!(run.drain().0.first(), Some(&abandon));
        assert_eq!(run.recovery.status().failures, 1);
    }
}

#[test]
fn an_outcome_proves_those_before_it_and_one_that_lies_behind_moves_no_deadline() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.pass(millis(900)).tell(generation, Outcome::Armed);
    assert_eq!(run.recovery.status().attempt, Some((generation, AttemptPhase::Ready)));
    for outcome in [Outcome::Dialed, Outcome::Upgraded, Outcome::Armed] {
        run.pass(millis(500)).tell(generation, outcome);
    }
    run.silence_until(4_899).pass(millis(1));
    let (phase, within) = (AttemptPhase::Ready, secs(4));
    let abandon = RecoveryAction::Abandon { generation, phase, within };
    assert_eq!(run.drain().0.first(), Some(&abandon));
}

#[test]
fn a_live_connection_without_a_plan_waits_for_ever() {
    let mut run = Run::new(config(), 1);
    let generation = run.go_live();
    assert_eq!(run.drain(), (vec![], None));
    assert_eq!(run.recovery.status().live, Some(generation));
}

#[test]
fn an_old_generation_has_nothing_to_say() {
    let mut run = Run::new(config(), 1);
    let old = run.dial();
    run.tell(old, UNREACHABLE);
    let new = run.dial();
    assert!(new > old);
    let before = (run.drain(), run.recovery.status());
    for outcome in [Outcome::Live, UNREACHABLE, closed(1000), refused(401, None), Outcome::Ready] {
        run.tell(old, outcome);
        assert_eq!((run.drain(), run.recovery.status()), before, "{outcome:?}");
    }
}

// ------------------------------------------------------------------ backoff

#[test]
fn delays_fill_the_range_from_zero_to_a_bound_that_doubles_up_to_the_cap() {
    const SEEDS: u64 = 200;
    let mut longest = [Duration::ZERO; 6];
    let mut shortest = [Duration::MAX; 6];
    for seed in 0..SEEDS {
        let mut run = Run::new(config(), seed);
        let mut generation = run.dial();
        for failure in 0..6 {
            let since = run.now;
            run.tell(generation, UNREACHABLE);
            generation = run.dial();
            let delay = run.now.saturating_since(since);
            longest[failure] = longest[failure].max(delay);
            shortest[failure] = shortest[failure].min(delay);
        }
    }
    for (failure, bound) in [2, 4, 8, 8, 8, 8].into_iter().enumerate() {
        assert!(longest[failure] <= secs(bound), "failure {failure}: {:?}", longest[failure]);
        assert!(longest[failure] > secs(bound) * 9 / 10, "failure {failure} leaves out the top");
        assert!(shortest[failure] < secs(bound) / 10, "failure {failure} leaves out the bottom");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut run = Run::new(config(), seed);
        let mut dials = Vec::new();
        for _ in 0..5 {
            let generation = run.dial();
            dials.push(run.now);
            run.tell(generation, UNREACHABLE);
        }
        dials
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn only_a_stable_connection_ends_the_row_of_failures() {
    let mut run = Run::new(config(), 1);
    for failures in 1..=3 {
        let generation = run.go_live();
        run.pass(millis(29_999)).tell(generation, closed(1000));
        assert_eq!(run.recovery.status().failures, failures, "it died young");
    }
    let generation = run.go_live();
    run.pass(secs(30)).tell(generation, closed(1000));
    assert_eq!(run.recovery.status().failures, 0);
}

#[test]
fn too_many_failures_in_a_row_are_told_once_and_are_the_end() {
    let mut run = Run::new(config().give_up_after(NonZeroU32::new(3).unwrap()), 1);
    for _ in 0..2 {
        let generation = run.dial();
        run.tell(generation, UNREACHABLE);
    }
    let generation = run.dial();
    run.tell(generation, UNREACHABLE);
    let give_up = GiveUp::Exhausted { failures: 3 };
    assert_eq!(run.drain(), (vec![RecoveryAction::GiveUp(give_up)], None));
    run.request_rotation();
    run.recovery.stop(run.now);
    assert_eq!(run.pass(secs(3_600)).drain(), (vec![], None));
    assert_eq!(run.recovery.status().given_up, Some(give_up));
}

// -------------------------------------------------------- what the venue says

#[test]
fn a_pause_that_the_venue_asks_for_is_kept_by_all_who_share_the_gate() {
    for (outcome, pause) in [
        (refused(429, Some(80)), 80),
        (refused(418, None), 120),
        (refused(503, Some(7)), 7),
        (closed(1012), 5),
        (closed(1013), 5),
    ] {
        let mut run = Run::new(config(), 1);
        let generation = run.dial();
        run.tell(generation, outcome);
        run.drain();
        let mut other = Recovery::new(config().build().unwrap(), 2, run.now);
        assert_eq!(
            run.gate.breaker().state(run.now),
            BreakerState::Open { until: at(pause * 1_000) }
        );
        let RecoveryAction::Wait(Some(again)) = other.poll(run.now, &mut run.gate) else {
            panic!("{outcome:?}: the other was let through");
        };
        assert!((secs(pause)..=secs(pause + 1)).contains(&again.saturating_since(at(0))));
        run.dial();
        let delay = run.now.saturating_since(at(0));
        assert!((secs(pause)..=secs(pause + 2)).contains(&delay), "{outcome:?}: {delay:?}");
    }
}

#[test]
fn those_who_are_turned_away_come_back_spread_out() {
    let mut run = Run::new(config(), 0);
    run.gate.hold_until(at(0), at(60_000));
    let mut again = Vec::new();
    for seed in 0..100 {
        let mut recovery = Recovery::new(config().build().unwrap(), seed, at(0));
        let RecoveryAction::Wait(Some(at)) = recovery.poll(at(0), &mut run.gate) else {
            panic!("seed {seed} was let through");
        };
        again.push(at);
    }
    again.sort_unstable();
    assert!(again.iter().all(|again| (at(60_000)..=at(61_000)).contains(again)));
    let gaps = again.windows(2).map(|pair| pair[1].saturating_since(pair[0]));
    assert!(gaps.max() < Some(millis(150)), "{again:?}");
    let whole = again[99].saturating_since(again[0]);
    assert!(whole > millis(850), "all within {whole:?}");
}

#[test]
fn a_connection_that_ends_in_maintenance_pauses_and_after_it_does_not() {
    let mut run = Run::new(config(), 1);
    let generation = run.go_live();
    run.tell(generation, notice(NoticeKind::MaintenanceStarted, None));
    assert_eq!(run.pass(secs(60)).drain(), (vec![], None), "the connection stays");
    let delay = run.delay_after(generation, Outcome::Ended(Cause::TransportLost));
    assert!((secs(5)..=secs(6)).contains(&delay), "{delay:?}");

    let mut run = Run::new(config(), 1);
    let generation = run.go_live();
    run.tell(generation, notice(NoticeKind::MaintenanceStarted, None));
    run.tell(generation, notice(NoticeKind::MaintenanceEnded, None)).pass(secs(60));
    let delay = run.delay_after(generation, Outcome::Ended(Cause::TransportLost));
    assert!(delay <= secs(1), "{delay:?}");
}

#[test]
fn the_application_can_stop_it_in_any_state() {
    let give_up = (vec![RecoveryAction::GiveUp(GiveUp::Stopped)], None);
    let mut run = Run::new(config(), 1);
    run.recovery.stop(run.now);
    assert_eq!(run.drain(), give_up);

    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.recovery.stop(run.now);
    assert_eq!(run.drain(), give_up);
    run.tell(generation, Outcome::Live);
    assert_eq!((run.drain(), run.recovery.status().live), ((vec![], None), None));

    let mut run = Run::new(config(), 1);
    let generation = run.go_live();
    run.tell(generation, Outcome::Ended(Cause::Stopped));
    assert_eq!(run.drain(), give_up);
}

#[test]
fn a_client_with_a_dead_line_of_its_own_does_not_hold_up_the_others() {
    let mut hopeless = Run::new(config(), 1);
    hopeless.gate.hold_until(at(0), at(1_000));
    hopeless.dial();
    assert_eq!(hopeless.gate.breaker().state(hopeless.now), BreakerState::HalfOpen);
    let began = hopeless.now;
    let mut healthy = Recovery::new(config().build().unwrap(), 2, began);
    let RecoveryAction::Wait(Some(again)) = healthy.poll(began, &mut hopeless.gate) else {
        panic!("two trials at once");
    };
    let waits = again.saturating_since(began);
    assert!((BreakerConfig::DEFAULT.trial_every()..secs(3)).contains(&waits), "{waits:?}");
    let dial = healthy.poll(again, &mut hopeless.gate);
    let RecoveryAction::Dial { generation, .. } = dial else { panic!("{dial:?}") };
    for step in [Outcome::Dialed, Outcome::Upgraded, Outcome::Armed, Outcome::Ready, Outcome::Live]
    {
        healthy.handle(again, generation, step);
    }
    assert!(matches!(healthy.poll(again, &mut hopeless.gate), RecoveryAction::Wait(_)));
    assert_eq!(hopeless.gate.breaker().state(again), BreakerState::Closed);
}

#[test]
fn a_trial_whose_owner_stops_makes_way_for_another() {
    let mut run = Run::new(config(), 1);
    run.gate.hold_until(at(0), at(1_000));
    run.dial();
    assert_eq!(run.gate.breaker().state(run.now), BreakerState::HalfOpen);
    let mut other = Recovery::new(config().build().unwrap(), 2, run.now);
    assert!(matches!(other.poll(run.now, &mut run.gate), RecoveryAction::Wait(Some(_))));
    run.recovery.stop(run.now);
    run.drain();
    let mut another = Recovery::new(config().build().unwrap(), 3, run.now);
    assert!(matches!(another.poll(run.now, &mut run.gate), RecoveryAction::Dial { .. }));
}

// ----------------------------------------------------------------- rotation

#[test]
fn a_rotation_leaves_the_old_connection_only_when_the_new_one_is_live() {
    let mut run = Run::new(config().max_age(secs(600)).rotation_spread(secs(60)), 1);
    let old = run.go_live();
    let reason = RotationReason::Age;
    let RecoveryAction::Dial { generation: new, purpose } = run.silence_until(540_000).next()
    else {
        panic!("expected an attempt");
    };
    assert_eq!(purpose, Purpose::Rotate(reason));
    assert!(run.now <= at(600_000));
    run.tell(new, Outcome::Ready);
    assert_eq!(run.drain().0, [], "it is not live yet");
    assert_eq!(run.recovery.status().live, Some(old));
    run.tell(new, Outcome::Live);
    assert_eq!(run.drain().0, [RecoveryAction::Rotate { from: old, to: new, reason }]);
    run.tell(old, closed(1000));
    assert_eq!(run.recovery.status().live, Some(new), "the old one has nothing to say");
    assert!(run.drain().1.is_some(), "and the next rotation is planned");
}

#[test]
fn a_rotation_that_fails_leaves_the_old_connection_alone_and_is_tried_again() {
    let mut run = Run::new(config().give_up_after(NonZeroU32::new(2).unwrap()), 1);
    let old = run.go_live();
    run.pass(secs(30)).request_rotation();
    for failures in 1..=4 {
        let generation = run.dial();
        run.tell(generation, UNREACHABLE);
        assert_eq!(run.recovery.status().rotation_failures, failures, "the delays must grow");
        assert_eq!(run.recovery.status().live, Some(old));
    }
    let new = run.go_live();
    let reason = RotationReason::Requested;
    assert_eq!(run.next(), RecoveryAction::Rotate { from: old, to: new, reason });
}

#[test]
fn an_attempt_to_rotate_becomes_the_way_back_when_the_old_connection_dies_first() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(30)).request_rotation();
    let new = run.dial();
    run.tell(old, closed(1001));
    assert_eq!(run.drain().0, [], "no second attempt beside it");
    run.tell(new, Outcome::Live);
    assert_eq!(run.drain(), (vec![], None), "and nothing to leave");
    assert_eq!(run.recovery.status().live, Some(new));
}

#[test]
fn a_new_connection_that_dies_before_the_driver_heard_of_it_leaves_the_old_one_in_place() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(30)).request_rotation();
    let new = run.dial();
    run.tell(new, Outcome::Live).tell(new, closed(1011));
    assert_eq!(run.recovery.status().live, Some(old));
    let newer = run.go_live();
    let reason = RotationReason::Requested;
    assert_eq!(run.next(), RecoveryAction::Rotate { from: old, to: newer, reason });
}

#[test]
fn a_shutdown_notice_rotates_within_half_of_the_time_it_gives() {
    let reason = RotationReason::Notice(NoticeKind::Shutdown);
    let mut dialled = Vec::new();
    for seed in 0..50 {
        let mut run = Run::new(config(), seed);
        let old = run.go_live();
        run.pass(secs(30)).tell(old, notice(NoticeKind::Shutdown, Some(secs(60))));
        let RecoveryAction::Dial { purpose, .. } = run.next() else { panic!("seed {seed}") };
        assert_eq!(purpose, Purpose::Rotate(reason));
        dialled.push(run.now);
    }
    let after: Vec<_> = dialled.iter().map(|dial| dial.saturating_since(at(30_000))).collect();
    assert!(after.iter().all(|after| *after <= secs(30)), "{after:?}");
    assert!(after.iter().any(|after| *after < secs(5)), "{after:?}");
    assert!(after.iter().any(|after| *after > secs(25)), "{after:?}");
}

#[test]
fn rotations_for_age_wait_for_the_operator_and_notices_do_not() {
    let window = RotationWindow { opens_at: at(100_000), open_for: secs(50), every: secs(300) };
    let config = config().max_age(secs(600)).rotation_window(window);
    for seed in 0..50 {
        let mut run = Run::new(config, seed);
        run.go_live();
        run.silence_until(400_000).dial();
        assert!(run.now <= at(450_000), "seed {seed}: {:?}", run.now);
    }
    let mut run = Run::new(config, 1);
    let old = run.go_live();
    run.silence_until(200_000).tell(old, notice(NoticeKind::Shutdown, None)).dial();
    assert!(run.now <= at(205_000), "{:?}", run.now);
}
