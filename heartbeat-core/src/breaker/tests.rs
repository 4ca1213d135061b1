//! What a breaker lets through, and when.

use core::time::Duration;

use super::*;
use crate::rng::Rng;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Opens at two failures of four, for one second, then two, then at most three.
fn breaker() -> Breaker {
    let secs = Duration::from_secs;
    let config = BreakerConfig::builder().window(4).min_outcomes(4).failure_percent(50);
    let config = config.open_for(secs(1)).open_at_most(secs(3)).trial_within(secs(10));
    Breaker::new(config.trial_every(Duration::from_millis(200)).build().unwrap())
}

#[track_caller]
fn attempt(breaker: &mut Breaker, millis: u64, settlement: Settlement) {
    let permit = breaker.admit(at(millis)).unwrap();
    breaker.settle(at(millis), permit, settlement);
}

fn opened() -> Breaker {
    let mut breaker = breaker();
    for _ in 0..4 {
        attempt(&mut breaker, 0, Settlement::Failure);
    }
    assert_eq!(breaker.state(at(0)), BreakerState::Open { until: at(1_000) });
    breaker
}

fn open(until: u64) -> BreakerState {
    BreakerState::Open { until: at(until) }
}

#[test]
fn settings_that_do_not_fit_are_refused_with_both_numbers() {
    let build = BreakerConfig::builder;
    let said = |builder: BreakerBuilder| std::format!("{}", builder.build().unwrap_err());
    assert_eq!(said(build().window(65)), "window (65) must not exceed its capacity (64)");
    assert_eq!(said(build().min_outcomes(21)), "min_outcomes (21) must not exceed window (20)");
    let percent = said(build().failure_percent(101));
    assert_eq!(percent, "failure_percent (101) must not exceed a hundred (100)");
    assert_eq!(said(build().failure_percent(0)), "failure_percent must not be zero");
    assert_eq!(said(build().open_for(Duration::ZERO)), "open_for must not be zero");
    assert_eq!(
        said(build().open_at_most(Duration::from_millis(999))),
        "open_for (1s) must not exceed open_at_most (999ms)"
    );
}

#[test]
fn it_opens_when_enough_outcomes_are_known_and_enough_of_them_failed() {
    let mut breaker = breaker();
    for _ in 0..3 {
        attempt(&mut breaker, 0, Settlement::Failure);
    }
    assert_eq!(breaker.state(at(0)), BreakerState::Closed, "three are too few to judge");
    attempt(&mut breaker, 0, Settlement::Neutral);
    assert_eq!(breaker.state(at(0)), BreakerState::Closed, "and what says nothing is not counted");
    breaker.record_failure(at(0));
    assert_eq!(breaker.state(at(0)), open(1_000));
}

#[test]
fn the_window_forgets_the_oldest_outcome() {
    let mut breaker = breaker();
    attempt(&mut breaker, 0, Settlement::Failure);
    for _ in 0..4 {
        attempt(&mut breaker, 0, Settlement::Success);
    }
    attempt(&mut breaker, 0, Settlement::Failure);
    assert_eq!(breaker.state(at(0)), BreakerState::Closed, "one of the last four");
    attempt(&mut breaker, 0, Settlement::Failure);
    assert_eq!(breaker.state(at(0)), open(1_000), "two of the last four");
}

#[test]
fn a_trial_that_fails_opens_it_for_longer_up_to_the_cap() {
    let mut breaker = opened();
    for (trial_at, until) in [(1_000, 3_000), (3_000, 6_000), (6_000, 9_000)] {
        assert_eq!(breaker.admit(at(trial_at - 1)).unwrap_err(), at(trial_at));
        attempt(&mut breaker, trial_at, Settlement::Failure);
        assert_eq!(breaker.state(at(trial_at)), open(until));
    }
    attempt(&mut breaker, 9_000, Settlement::Success);
    assert_eq!(breaker.state(at(9_000)), BreakerState::Closed);
    for _ in 0..4 {
        assert_eq!(breaker.state(at(9_000)), BreakerState::Closed, "it begins with a clean slate");
        attempt(&mut breaker, 9_000, Settlement::Failure);
    }
    assert_eq!(breaker.state(at(9_000)), open(10_000), "and with the first span");
}

#[test]
fn a_trial_that_takes_its_time_does_not_hold_up_the_others() {
    let mut breaker = opened();
    let hopeless = breaker.admit(at(1_000)).unwrap();
    assert_eq!(breaker.admit(at(1_000)).unwrap_err(), at(1_200));
    assert_eq!(breaker.admit(at(1_199)).unwrap_err(), at(1_200));
    let healthy = breaker.admit(at(1_200)).unwrap();
    assert_eq!(breaker.admit(at(1_250)).unwrap_err(), at(1_400), "one at a time");
    breaker.settle(at(1_300), healthy, Settlement::Success);
    assert_eq!(breaker.state(at(1_300)), BreakerState::Closed);
    breaker.settle(at(6_000), hopeless, Settlement::Failure);
    assert_eq!(breaker.state(at(6_000)), BreakerState::Closed, "its line is its own concern");
}

#[test]
fn the_first_of_several_trials_that_fails_opens_it_for_all_of_them() {
    let mut breaker = opened();
    let trials = [1_000, 1_200, 1_400].map(|millis| breaker.admit(at(millis)).unwrap());
    let [first, second, third] = trials;
    breaker.settle(at(1_500), second, Settlement::Failure);
    assert_eq!(breaker.state(at(1_500)), open(3_500));
    breaker.settle(at(1_600), first, Settlement::Failure);
    breaker.settle(at(1_600), third, Settlement::Success);
    assert_eq!(breaker.state(at(1_600)), open(3_500), "and the others have nothing to say");
}

#[test]
fn a_trial_that_says_nothing_makes_way_for_another_unless_others_are_out() {
    let mut breaker = opened();
    let first = breaker.admit(at(1_000)).unwrap();
    let second = breaker.admit(at(1_200)).unwrap();
    breaker.settle(at(1_250), first, Settlement::Neutral);
    assert_eq!(breaker.admit(at(1_250)).unwrap_err(), at(1_400));
    breaker.settle(at(1_300), second, Settlement::Neutral);
    drop(breaker.admit(at(1_300)).unwrap());
    assert_eq!(breaker.admit(at(1_300)).unwrap_err(), at(1_500));
}

#[test]
fn a_trial_that_nobody_settles_has_failed() {
    let mut breaker = opened();
    let lost = breaker.admit(at(1_000)).unwrap();
    // Those that come after it do not put its end off.
    drop(breaker.admit(at(10_900)).unwrap());
    assert_eq!(breaker.admit(at(10_950)).unwrap_err(), at(11_000));
    assert_eq!(breaker.state(at(10_999)), BreakerState::HalfOpen);
    assert_eq!(breaker.state(at(11_000)), open(13_000));
    assert_eq!(breaker.admit(at(11_000)).unwrap_err(), at(13_000));
    breaker.settle(at(11_500), lost, Settlement::Success);
    assert_eq!(breaker.state(at(11_500)), open(13_000), "it comes too late");
    // Another one is lost, and nobody asks until long after the opening that follows.
    drop(breaker.admit(at(13_000)).unwrap());
    assert_eq!(breaker.state(at(25_999)), open(26_000));
    assert_eq!(breaker.state(at(60_000)), BreakerState::HalfOpen);
    assert!(breaker.admit(at(60_000)).is_ok());
}

#[test]
fn attempts_from_before_it_opened_have_nothing_to_say() {
    let mut breaker = breaker();
    let [early, late] = [breaker.admit(at(0)).unwrap(), breaker.admit(at(0)).unwrap()];
    for _ in 0..4 {
        attempt(&mut breaker, 0, Settlement::Failure);
    }
    breaker.settle(at(500), early, Settlement::Success);
    assert_eq!(breaker.state(at(500)), open(1_000));
    let trial = breaker.admit(at(1_000)).unwrap();
    breaker.settle(at(1_000), late, Settlement::Failure);
    assert_eq!(breaker.state(at(1_000)), BreakerState::HalfOpen, "only the trial decides");
    breaker.settle(at(1_100), trial, Settlement::Success);
    assert_eq!(breaker.state(at(1_100)), BreakerState::Closed);
}

#[test]
fn an_outage_with_a_known_end_holds_until_then_and_lengthens_nothing() {
    let mut breaker = breaker();
    breaker.hold_until(at(0), at(0));
    assert_eq!(breaker.state(at(0)), BreakerState::Closed, "a past end opens nothing");
    breaker.hold_until(at(0), at(60_000));
    breaker.hold_until(at(0), at(30_000));
    assert_eq!(breaker.state(at(59_999)), open(60_000), "an earlier end changes nothing");
    attempt(&mut breaker, 60_000, Settlement::Failure);
    assert_eq!(breaker.state(at(60_000)), open(61_000), "the first span");
}

/// Random attempts that take a random time, on a clock that steps back: while it is half open a
/// trial follows another no sooner than its time has come, unless none is out, and nothing is
/// admitted while it is open.
#[test]
fn whatever_happens_trials_keep_their_distance() {
    let mut trials = 0;
    for seed in 0..200 {
        let mut rng = Rng::from_seed(seed);
        let mut below = |bound: u64| {
            u64::try_from(rng.span_up_to(Duration::from_nanos(bound - 1)).as_nanos()).unwrap()
        };
        let mut breaker = breaker();
        let mut now = 0;
        let mut out = std::vec::Vec::new();
        let mut last_trial = None;
        for _ in 0..500 {
            now += below(400);
            let shown = at(if below(8) == 0 { now / 2 } else { now });
            let before = breaker.state(shown);
            if below(3) > 0 {
                match breaker.admit(shown) {
                    Ok(permit) => {
                        assert!(!matches!(before, BreakerState::Open { .. }));
                        if before == BreakerState::HalfOpen {
                            trials += 1;
                            let others = out.iter().any(|(epoch, _)| *epoch == permit.epoch);
                            let last = last_trial.replace(breaker.now).unwrap_or_default();
                            let since = breaker.now.saturating_since(last);
                            let distance = Duration::from_millis(200);
                            assert!(!others || since >= distance, "seed {seed}: {since:?}");
                        }
                        out.push((permit.epoch, permit));
                    }
                    Err(again) => assert!(again > shown),
                }
            } else if !out.is_empty() {
                let index = usize::try_from(below(out.len() as u64)).unwrap();
                let settlement = match below(4) {
                    0 => Settlement::Success,
                    1 => Settlement::Neutral,
                    _ => Settlement::Failure,
                };
                breaker.settle(shown, out.swap_remove(index).1, settlement);
            }
        }
    }
    assert!(trials > 1_000, "only {trials} trials in all");
}
