//! Moves that are planned: by a notice, by the operator, and what becomes of refused ones.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, AttemptPhase, BreakerState, Cause, GiveUp, LeaveReason, NoticeKind, Outcome,
    Purpose, RecoveryAction, RotationOrder, RotationReason, Timestamp,
};
use support::run::{Run, UNREACHABLE, at, closed, config, notice, refused};
use support::{millis, secs};

const TOLD: RotationReason = RotationReason::Notice(NoticeKind::Shutdown);

fn shutdown(deadline: Option<Duration>) -> Outcome {
    notice(NoticeKind::Shutdown, deadline)
}

fn login_refused() -> Outcome {
    Outcome::Failed(AttemptFailure::AuthRefused { is_final: false })
}

// ------------------------------------------------------------------- notices

#[test]
fn a_notice_right_after_every_upgrade_is_no_reason_to_hurry() {
    let mut run = Run::new(config(), 1);
    let mut generation = run.go_live();
    let mut dials = 0_u32;
    while run.now < at(20 * 60_000) {
        run.pass(millis(200)).tell(generation, shutdown(None));
        generation = run.dial();
        dials += 1;
        run.tell(generation, Outcome::Live);
        run.drain();
    }
    assert!(dials <= 12, "{dials} connections in 20 minutes");
}

#[test]
fn the_same_notice_many_times_draws_its_moment_once() {
    let planned = |copies: usize| {
        let mut run = Run::new(config(), 3);
        let generation = run.go_live();
        run.pass(secs(40));
        for _ in 0..copies {
            run.tell(generation, shutdown(Some(secs(60))));
        }
        run.recovery.status().next_attempt.unwrap()
    };
    assert_eq!(planned(200), planned(1));
    assert_ne!(planned(1), at(40_000));
}

#[test]
fn a_nearer_end_moves_what_was_planned_and_a_later_one_does_not() {
    let mut run = Run::new(config(), 3);
    let generation = run.go_live();
    run.pass(secs(40)).tell(generation, shutdown(Some(secs(600))));
    let planned = run.recovery.status().next_attempt.unwrap();
    run.tell(generation, shutdown(Some(secs(900))));
    assert_eq!(run.recovery.status().next_attempt, Some(planned));
    run.tell(generation, shutdown(Some(secs(4))));
    assert!(run.recovery.status().next_attempt.unwrap() <= at(42_000));
}

#[test]
fn a_fleet_that_hears_of_a_restart_at_once_does_not_move_as_one() {
    let mut dials: Vec<Timestamp> = (0..50)
        .map(|seed| {
            let mut run = Run::new(config(), seed);
            let generation = run.go_live();
            run.pass(secs(60)).tell(generation, shutdown(None)).dial();
            run.now
        })
        .collect();
    dials.sort_unstable();
    assert!(dials[49] <= at(65_000), "{dials:?}");
    assert!(dials[49].saturating_since(dials[0]) >= secs(4), "{dials:?}");
    let closest = dials.windows(5).map(|five| five[4].saturating_since(five[0])).min();
    assert!(closest >= Some(millis(20)), "{dials:?}");
}

#[test]
fn a_notice_that_is_heard_while_connecting_is_carried_into_life() {
    for (deadline, at_latest) in [(None, 8_000), (Some(secs(30)), 3_000 + 13_500)] {
        let mut run = Run::new(config(), 1);
        let old = run.dial();
        run.tell(old, Outcome::Armed).tell(old, shutdown(deadline));
        run.pass(secs(3)).tell(old, Outcome::Live);
        let RecoveryAction::Dial { purpose, .. } = run.next() else { panic!("no rotation") };
        assert_eq!(purpose, Purpose::Rotate(TOLD));
        // A young one: the backoff comes on top.
        assert!(run.now <= at(at_latest + 2_000), "{:?}", run.now);
    }
}

#[test]
fn a_session_that_expires_inside_a_living_socket_is_left_for_a_fresh_one() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(3_600)).tell(old, notice(NoticeKind::SessionExpired, None));
    let reason = RotationReason::Notice(NoticeKind::SessionExpired);
    let new = run.dial();
    assert!(run.now <= at(3_601_000), "the stream is mute: {:?}", run.now);
    run.tell(new, Outcome::Live);
    assert_eq!(run.next(), RecoveryAction::Rotate { from: old, to: new, reason });
}

// ---------------------------------------------------------- refused rotations

#[test]
fn a_rotation_that_is_refused_beside_a_living_line_is_tried_slowly_and_told_as_failed() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(60)).request_rotation();
    let mut dials = Vec::new();
    for _ in 0..4 {
        let generation = run.dial();
        dials.push(run.now);
        run.tell(generation, Outcome::Armed).tell(generation, login_refused());
        assert_eq!(run.recovery.status().live, Some(old));
        assert_eq!(run.recovery.status().failures, 0, "it is no outage");
    }
    for (pair, floor) in dials.windows(2).zip([15, 30, 60]) {
        let apart = pair[1].saturating_since(pair[0]);
        assert!((secs(floor)..=secs(floor + 9)).contains(&apart), "{dials:?}");
    }
    let reason = RotationReason::Requested;
    let failed = RecoveryAction::RotationFailed { generation: old, reason, tries: 4 };
    assert_eq!(run.drain(), (vec![failed], None), "and then it is left in peace");
    // The line is lost: that is an outage, which the refusals before it do not lengthen.
    let delay = run.delay_after(old, Outcome::Ended(Cause::TransportLost));
    assert!(delay <= secs(1), "{delay:?}");
}

#[test]
fn a_refusal_that_is_final_ends_a_rotation_and_not_the_connection_that_lives() {
    let is_final = Outcome::Failed(AttemptFailure::AuthRefused { is_final: true });
    for outcome in [is_final, Outcome::Failed(AttemptFailure::Redirected { status: 308 })] {
        let mut run = Run::new(config(), 1);
        let old = run.go_live();
        run.pass(secs(60)).request_rotation();
        let new = run.dial();
        run.tell(new, outcome);
        let reason = RotationReason::Requested;
        let failed = RecoveryAction::RotationFailed { generation: old, reason, tries: 1 };
        assert_eq!(run.drain(), (vec![failed], None));
        assert_eq!(run.recovery.status().live, Some(old));
        // Without it there is nothing left to save.
        run.tell(old, closed(1000));
        let again = run.dial();
        run.tell(again, outcome);
        assert!(matches!(run.next(), RecoveryAction::GiveUp(_)));
    }
}

#[test]
fn a_rotation_for_age_that_was_refused_is_planned_anew_and_later() {
    let aging = config().max_age(secs(3_600)).rotation_spread(secs(60));
    let mut run = Run::new(aging.rotation_tries(NonZeroU32::new(1).unwrap(), secs(15)), 1);
    let old = run.go_live();
    let new = run.dial();
    run.tell(new, Outcome::Armed).tell(new, login_refused());
    let reason = RotationReason::Age;
    let failed = RecoveryAction::RotationFailed { generation: old, reason, tries: 1 };
    assert_eq!(run.drain().0, [failed]);
    let since = run.now.as_nanos() / 1_000_000;
    run.silence_until(since + 900_000).dial();
}

/// Found by simulation: an operator's rotation was refused beside a living line, and hours later
/// the venue ended that line for its age without anybody having left it.
#[test]
fn a_refused_rotation_for_another_reason_leaves_the_one_for_age_as_it_was_planned() {
    let mut run = Run::new(config().max_age(secs(7_200)), 1);
    run.go_live();
    let planned = run.recovery.status().next_attempt.unwrap();
    run.pass(secs(60)).request_rotation();
    for _ in 0..4 {
        let generation = run.dial();
        run.tell(generation, Outcome::Armed).tell(generation, login_refused());
    }
    assert_eq!(run.drain().1, Some(planned));
}

#[test]
fn a_rotation_that_cannot_be_reached_goes_on_as_anything_that_cannot_be_reached() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(60)).request_rotation();
    for failed in 1..=20 {
        let generation = run.dial();
        run.tell(generation, UNREACHABLE);
        assert_eq!(run.recovery.status().rotation_failures, failed);
    }
    assert_eq!(run.recovery.status().live, Some(old));
    assert!(run.now <= at(60_000 + 20 * 8_000), "{:?}", run.now);
}

#[test]
fn a_rate_limit_beside_a_living_line_is_kept_even_when_the_line_is_lost() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(60)).request_rotation();
    let new = run.dial();
    run.tell(new, refused(429, Some(0)));
    let delay = run.delay_after(old, Outcome::Ended(Cause::TransportLost));
    assert!((secs(60)..=secs(62)).contains(&delay), "{delay:?}");
}

// ----------------------------------------------------------- break before make

#[test]
fn where_one_session_is_allowed_the_old_connection_is_left_first() {
    let order = config().rotation_order(RotationOrder::BreakBeforeMake);
    let mut run = Run::new(order, 1);
    let old = run.go_live();
    run.pass(secs(60)).request_rotation();
    let why = LeaveReason::Rotation(RotationReason::Requested);
    assert_eq!(run.next(), RecoveryAction::Leave { generation: old, why });
    assert_eq!(run.recovery.status().live, None);
    // The venue has to see it go.
    run.silence_until(61_000).tell(old, Outcome::Ended(Cause::Stopped));
    let RecoveryAction::Dial { purpose, .. } = run.next() else { panic!("no attempt") };
    assert_eq!((run.now, purpose), (at(61_000), Purpose::Connect));
    assert_eq!(run.recovery.status().failures, 0);

    // Or it does not, and the end is not waited for without end.
    let mut run = Run::new(order, 1);
    let generation = run.go_live();
    run.pass(secs(60)).request_rotation();
    assert_eq!(run.next(), RecoveryAction::Leave { generation, why });
    run.silence_until(65_000).dial();
}

#[test]
fn the_old_connection_is_not_left_while_the_way_to_the_venue_is_closed() {
    let mut run = Run::new(config().rotation_order(RotationOrder::BreakBeforeMake), 1);
    let old = run.go_live();
    run.pass(secs(60)).gate.hold_until(at(60_000), at(90_000));
    run.request_rotation();
    run.silence_until(90_000);
    assert_eq!(run.recovery.status().live, Some(old));
    assert!(matches!(run.next(), RecoveryAction::Leave { .. }));
}

// --------------------------------------------------------------- the operator

#[test]
fn the_operator_reconnects_over_backoff_breaker_and_retry_after() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.tell(generation, refused(429, Some(3_600)));
    run.silence_until(20_000);
    assert!(matches!(run.gate.breaker().state(run.now), BreakerState::Open { .. }));
    run.recovery.reconnect_now(run.now);
    assert_eq!(run.recovery.status().setback, None);
    run.go_live();
    assert_eq!(run.now, at(20_000));
    // Beside a living line it is a rotation.
    let old = run.recovery.status().live.unwrap();
    run.pass(secs(5)).recovery.reconnect_now(at(25_000));
    let new = run.go_live();
    assert_eq!(run.now, at(25_000));
    let reason = RotationReason::Requested;
    assert_eq!(run.next(), RecoveryAction::Rotate { from: old, to: new, reason });
}

#[test]
fn a_paused_recovery_leaves_its_connection_and_makes_none() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(60)).recovery.pause(at(60_000));
    let why = LeaveReason::Paused;
    assert_eq!(run.drain(), (vec![RecoveryAction::Leave { generation: old, why }], None));
    assert!(run.recovery.status().is_paused);
    run.tell(old, Outcome::Ended(Cause::Stopped));
    assert_eq!(run.pass(secs(3_600)).drain(), (vec![], None));
    run.recovery.resume(run.now);
    let resumed = run.now;
    run.dial();
    assert_eq!(run.now, resumed);

    // An attempt is withdrawn, and what becomes of it says nothing.
    let attempt = run.recovery.status().attempt.unwrap().0;
    run.recovery.pause(run.now);
    assert_eq!(run.drain().0, [RecoveryAction::Withdraw { generation: attempt }]);
    run.tell(attempt, Outcome::Live);
    assert_eq!((run.drain(), run.recovery.status().live), ((vec![], None), None));
    run.recovery.stop(run.now);
    assert_eq!(run.next(), RecoveryAction::GiveUp(GiveUp::Stopped));
}

#[test]
fn whoever_waits_for_a_gate_comes_when_its_hold_is_lifted() {
    let mut run = Run::new(config(), 1);
    run.gate.hold_until(at(0), at(3_600_000));
    run.silence_until(10_000);
    run.gate.lift(run.now);
    run.dial();
    assert!(run.now <= at(11_000), "{:?}", run.now);

    // So does whoever was told to wait itself.
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.tell(generation, refused(429, Some(3_600))).silence_until(10_000);
    run.gate.lift(run.now);
    run.dial();
    assert!(run.now <= at(11_000), "{:?}", run.now);
}

// ------------------------------------------------------------------ progress

#[test]
fn the_phase_ready_runs_from_the_last_progress_up_to_a_bound() {
    let mut run = Run::new(config().longest_ready(secs(30)), 1);
    let generation = run.dial();
    run.tell(generation, Outcome::Armed);
    let phase = AttemptPhase::Ready;
    // Four seconds are allowed, and a message leaves every three.
    for _ in 0..8 {
        run.pass(secs(3));
        assert_eq!(run.drain().0, [], "at {:?}", run.now);
        run.tell(generation, Outcome::Progress);
    }
    assert_eq!(run.now, at(24_000));
    run.silence_until(27_999).pass(millis(1));
    let abandon = RecoveryAction::Abandon { generation, phase, within: secs(4) };
    assert_eq!(run.drain().0.first(), Some(&abandon));

    let mut run = Run::new(config().longest_ready(secs(30)), 1);
    let generation = run.dial();
    run.tell(generation, Outcome::Armed);
    for _ in 0..10 {
        run.pass(millis(2_900)).tell(generation, Outcome::Progress);
    }
    run.silence_until(29_999).pass(millis(1));
    let abandon = RecoveryAction::Abandon { generation, phase, within: secs(30) };
    assert_eq!(run.drain().0.first(), Some(&abandon), "there is a bound to it all");
}

#[test]
fn progress_before_the_phase_ready_moves_nothing() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.pass(millis(500)).tell(generation, Outcome::Progress).silence_until(999);
    run.pass(millis(1));
    assert!(matches!(run.drain().0.first(), Some(RecoveryAction::Abandon { .. })));
}

#[test]
fn a_message_that_grows_holds_up_no_phase_beyond_a_bound() {
    let reached = [
        (AttemptPhase::Arm, secs(3), vec![]),
        (AttemptPhase::Ready, secs(4), vec![Outcome::Armed]),
        (AttemptPhase::Live, secs(5), vec![Outcome::Ready]),
    ];
    for (phase, within, outcomes) in reached {
        let mut run = Run::new(config().longest_ready(secs(30)), 1);
        let generation = run.dial();
        run.tell(generation, Outcome::Upgraded);
        for outcome in outcomes {
            run.tell(generation, outcome);
        }
        // A snapshot of ten seconds, whose parts come every two.
        for _ in 0..5 {
            run.pass(secs(2));
            assert_eq!(run.drain().0, [], "{phase:?} at {:?}", run.now);
            run.tell(generation, Outcome::Receiving);
        }
        run.silence_until(10_000 + u64::try_from(within.as_millis()).unwrap() - 1).pass(millis(1));
        let drained = run.drain().0;
        let Some(RecoveryAction::Abandon { phase: abandoned, .. }) = drained.first() else {
            panic!("{phase:?}: once it stops growing the phase has its own time: {drained:?}")
        };
        assert_eq!(*abandoned, phase);
    }
    let mut run = Run::new(config().longest_ready(secs(30)), 1);
    let generation = run.dial();
    run.tell(generation, Outcome::Upgraded);
    for _ in 0..15 {
        run.pass(millis(1_999)).tell(generation, Outcome::Receiving);
    }
    run.silence_until(29_999).pass(millis(1));
    assert!(matches!(run.drain().0.first(), Some(RecoveryAction::Abandon { .. })), "a bound to it");
}

#[test]
fn a_message_can_grow_only_on_a_connection() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.pass(millis(500)).tell(generation, Outcome::Receiving).silence_until(999);
    run.pass(millis(1));
    assert!(matches!(run.drain().0.first(), Some(RecoveryAction::Abandon { .. })));
}

// -------------------------------------------------------------- old generations

#[test]
fn the_end_of_an_older_generation_does_not_hide_the_one_that_is_left() {
    let mut run = Run::new(config(), 1);
    let failed = run.dial();
    run.tell(failed, UNREACHABLE);
    let old = run.go_live();
    run.pass(secs(60)).request_rotation();
    let new = run.dial();
    run.tell(new, Outcome::Live);
    run.tell(failed, closed(1000));
    let reason = RotationReason::Requested;
    assert_eq!(run.next(), RecoveryAction::Rotate { from: old, to: new, reason });
}

#[test]
fn what_the_one_that_is_left_says_short_of_its_end_does_not_hide_it() {
    let mut run = Run::new(config(), 1);
    let old = run.go_live();
    run.pass(secs(60)).request_rotation();
    let new = run.dial();
    run.tell(new, Outcome::Live).tell(old, shutdown(None)).tell(old, Outcome::Progress);
    let reason = RotationReason::Requested;
    assert_eq!(run.next(), RecoveryAction::Rotate { from: old, to: new, reason });
}
