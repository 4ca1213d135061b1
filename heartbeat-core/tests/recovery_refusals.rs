//! What becomes of answers by which a venue will not have us.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, BreakerState, Cause, Generation, GiveUp, NoticeKind, Outcome, RecoveryAction,
    Refusal, RefusalCode,
};
use support::run::{Run, UNREACHABLE, at, closed, config, notice, refused};
use support::secs;

/// What the venue of these tests means.
const KNOWN: &[(RefusalCode, Refusal)] = &[
    (RefusalCode::Status(401), Refusal::Credentials),
    (RefusalCode::Close(4_001), Refusal::Credentials),
    (RefusalCode::Close(4_008), Refusal::RateLimited),
];

const fn unauthorized(with_credentials: bool) -> Outcome {
    Outcome::Failed(AttemptFailure::Http { status: 401, retry_after: None, with_credentials })
}

const fn login_refused(is_final: bool) -> Outcome {
    Outcome::Failed(AttemptFailure::AuthRefused { is_final })
}

/// Fails each attempt so, until the end; returns how many there were, how long it took, and why.
fn until_given_up(run: &mut Run, outcome: Outcome) -> (u32, Duration, GiveUp) {
    let since = run.now;
    for tries in 0..50 {
        let next = run.next();
        if let RecoveryAction::GiveUp(why) = next {
            return (tries, run.now.saturating_since(since), why);
        }
        let RecoveryAction::Dial { generation, .. } = next else { panic!("{next:?}") };
        run.tell(generation, outcome);
    }
    panic!("never given up");
}

/// Lets each connection live for so long and end so; returns the times from end to next dial.
fn lives(run: &mut Run, count: usize, span: Duration, outcome: Outcome) -> Vec<Duration> {
    let mut delays = Vec::new();
    let mut generation = run.dial();
    for _ in 0..count {
        run.tell(generation, Outcome::Live).pass(span);
        let since = run.now;
        run.tell(generation, outcome);
        generation = run.dial();
        delays.push(run.now.saturating_since(since));
    }
    delays
}

// ------------------------------------------------------------------- denials

#[test]
fn one_403_between_two_connections_ends_nothing() {
    for status in [401, 403, 404, 451] {
        let mut run = Run::new(config(), 1);
        let generation = run.go_live();
        run.pass(secs(60)).tell(generation, Outcome::Ended(Cause::TransportLost));
        let denied = run.dial();
        let since = run.now;
        run.tell(denied, refused(status, None));
        let setback = run.recovery.status().setback.unwrap();
        assert_eq!(setback.code, Some(RefusalCode::Status(status)));
        assert_eq!((setback.refusal, setback.times), (Refusal::Denied, 1));
        assert_eq!(setback.pause, secs(15));
        let again = run.go_live();
        let pause = run.now.saturating_since(since);
        assert!((secs(15)..=secs(17)).contains(&pause), "{status}: {pause:?}");
        let status = run.recovery.status();
        assert_eq!((status.live, status.setback, status.given_up), (Some(again), None, None));
    }
}

#[test]
fn a_denial_that_stays_through_slow_tries_over_minutes_is_the_end() {
    let mut run = Run::new(config(), 1);
    let (tries, lasted, why) = until_given_up(&mut run, refused(403, None));
    assert_eq!((tries, why), (5, GiveUp::Denied { status: 403, tries: 5 }));
    assert!(lasted >= secs(15 + 30 + 60 + 120), "{lasted:?}");
}

#[test]
fn a_connection_that_is_let_in_makes_up_for_the_denials_before_it() {
    let mut run = Run::new(config().give_up_after_denials(NonZeroU32::new(2).unwrap()), 1);
    for _ in 0..4 {
        let denied = run.dial();
        run.tell(denied, refused(403, None));
        let generation = run.go_live();
        run.tell(generation, Outcome::Ended(Cause::TransportLost));
    }
    assert_eq!(run.recovery.status().given_up, None);
}

#[test]
fn credentials_that_were_sent_and_are_known_to_be_refused_are_the_end_at_once() {
    let known = config().refusals(KNOWN);
    let by_status = GiveUp::Unauthorized { status: Some(401) };
    let mut run = Run::new(known, 1);
    assert_eq!(until_given_up(&mut run, unauthorized(true)), (1, Duration::ZERO, by_status));
    let mut run = Run::new(known, 1);
    let by_code = GiveUp::Unauthorized { status: None };
    assert_eq!(until_given_up(&mut run, closed(4_001)), (1, Duration::ZERO, by_code));
    // None were sent: the status means something else.
    let (tries, ..) = until_given_up(&mut Run::new(known, 1), unauthorized(false));
    assert_eq!(tries, 5);
    // Nothing is known of the venue.
    let (tries, ..) = until_given_up(&mut Run::new(config(), 1), unauthorized(true));
    assert_eq!(tries, 5);
}

#[test]
fn how_often_refused_credentials_are_tried_again_is_a_setting() {
    let known = config().refusals(KNOWN).credential_retries(2);
    let (tries, lasted, why) = until_given_up(&mut Run::new(known, 1), unauthorized(true));
    assert_eq!((tries, why), (3, GiveUp::Unauthorized { status: Some(401) }));
    assert!(lasted >= secs(15 + 30), "each after a pause: {lasted:?}");
}

#[test]
fn a_login_that_is_refused_once_and_not_for_good_is_tried_again() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    let delay = run.delay_after(generation, login_refused(false));
    assert!((secs(15)..=secs(17)).contains(&delay), "{delay:?}");
    let setback = run.recovery.status().setback.unwrap();
    assert_eq!((setback.refusal, setback.code), (Refusal::Credentials, None));

    let (tries, _, why) = until_given_up(&mut Run::new(config(), 1), login_refused(false));
    assert_eq!((tries, why), (5, GiveUp::Unauthorized { status: None }));
    let (tries, ..) = until_given_up(&mut Run::new(config(), 1), login_refused(true));
    assert_eq!(tries, 1, "final is final");
}

#[test]
fn a_redirect_that_is_not_followed_is_a_setting_to_mend() {
    let redirected = Outcome::Failed(AttemptFailure::Redirected { status: 301 });
    let (tries, _, why) = until_given_up(&mut Run::new(config(), 1), redirected);
    assert_eq!((tries, why), (1, GiveUp::Redirected { status: 301 }));
    assert_eq!(why.to_string(), "url must be mended: venue redirects with status 301");
}

// --------------------------------------------------------------- rate limits

#[test]
fn a_rate_limit_with_a_retry_after_of_zero_is_not_asked_again_at_once() {
    for (status, floors) in [(429, [60, 120, 240, 480, 900]), (418, [120, 240, 480, 900, 900])] {
        let mut run = Run::new(config(), 1);
        let mut generation = run.dial();
        for (before, floor) in floors.into_iter().enumerate() {
            let since = run.now;
            run.tell(generation, refused(status, Some(0)));
            let setback = run.recovery.status().setback.unwrap();
            assert_eq!(setback.times, u32::try_from(before).unwrap() + 1);
            assert_eq!(setback.pause, secs(floor), "{status}");
            generation = run.dial();
            let delay = run.now.saturating_since(since);
            assert!((secs(floor)..=secs(floor + 9)).contains(&delay), "{status}: {delay:?}");
        }
    }
}

#[test]
fn what_the_venue_asks_for_lengthens_a_pause_within_our_bounds() {
    for (outcome, pause) in [
        (refused(429, Some(80)), 80),
        (refused(429, Some(7 * 86_400)), 3 * 86_400),
        (refused(503, Some(7)), 7),
        (refused(503, Some(3 * 86_400)), 600),
        (refused(403, Some(5)), 15),
        (refused(403, Some(100)), 100),
    ] {
        let mut run = Run::new(config(), 1);
        let generation = run.dial();
        run.tell(generation, outcome);
        assert_eq!(run.recovery.status().setback.unwrap().pause, secs(pause), "{outcome:?}");
        run.drain();
        let held = run.gate.breaker().state(run.now);
        assert_eq!(held, BreakerState::Open { until: at(pause * 1_000) }, "{outcome:?}");
        run.silence_until(pause * 1_000).dial();
    }
    let setback = {
        let mut run = Run::new(config(), 1);
        let generation = run.dial();
        run.tell(generation, refused(503, Some(99_999_999_999)));
        run.recovery.status().setback.unwrap()
    };
    assert_eq!(setback.to_string(), "unknown by status 503, 1 in a row: pause of 600s");
}

#[test]
fn a_retry_after_of_zero_from_a_balancer_is_a_failure_like_any_other() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.tell(generation, refused(503, Some(0)));
    assert_eq!(run.recovery.status().setback, None);
    run.drain();
    assert_eq!(run.gate.breaker().state(run.now), BreakerState::Closed);
    assert!(run.dial() > generation);
    assert!(run.now <= at(2_000), "{:?}", run.now);
}

#[test]
fn a_close_that_says_too_many_requests_is_a_rate_limit_and_escalates() {
    let delays = lives(&mut Run::new(config().refusals(KNOWN), 1), 4, secs(1), closed(4_008));
    for (delay, floor) in delays.iter().zip([60, 120, 240, 480]) {
        assert!((secs(floor)..=secs(floor + 9)).contains(delay), "{delays:?}");
    }
}

#[test]
fn connections_that_are_closed_young_for_a_policy_pause_longer_with_each() {
    let mut run = Run::new(config(), 1);
    let delays = lives(&mut run, 5, secs(1), closed(1008));
    for (delay, floor) in delays.iter().zip([15, 30, 60, 120, 240]) {
        assert!((secs(floor)..=secs(floor + 9)).contains(delay), "{delays:?}");
    }
    assert_eq!(run.recovery.status().given_up, None, "it is never the end");
    let mut run = Run::new(config(), 1);
    let delays = lives(&mut run, 1, secs(3_600), closed(1008));
    assert!(delays[0] <= secs(1), "after an hour it is an end like any other: {delays:?}");
}

// -------------------------------------------------------------- displacement

#[test]
fn clean_closes_of_young_connections_slow_down_and_look_like_a_displacement() {
    let mut run = Run::new(config(), 1);
    let delays = lives(&mut run, 6, secs(3), closed(1000));
    assert!(delays[..2].iter().all(|delay| *delay <= secs(8)), "{delays:?}");
    for (delay, floor) in delays[2..].iter().zip([15, 30, 60, 120]) {
        assert!((secs(floor)..=secs(floor + 9)).contains(delay), "{delays:?}");
    }
    let setback = run.recovery.status().setback.unwrap();
    assert_eq!((setback.refusal, setback.times), (Refusal::Displaced, 4));
    assert_eq!(run.gate.breaker().state(run.now), BreakerState::Closed, "the venue is well");
}

/// The venue is well, and asking for the same snapshot every two seconds changes nothing.
#[test]
fn a_limit_of_ours_slows_down_and_is_no_mark_against_the_venue() {
    let too_long =
        Outcome::Ended(Cause::MessageTooLong { bytes: 17_000_000, bytes_max: 16_777_216 });
    let mut run = Run::new(config(), 1);
    let delays = lives(&mut run, 6, secs(1), too_long);
    assert!(delays[..2].iter().all(|delay| *delay <= secs(8)), "{delays:?}");
    for (delay, floor) in delays[2..].iter().zip([15, 30, 60, 120]) {
        assert!((secs(floor)..=secs(floor + 9)).contains(delay), "{delays:?}");
    }
    assert_eq!(run.gate.breaker().state(run.now), BreakerState::Closed);
    assert_eq!(run.recovery.status().given_up, None);
}

/// Nobody mends in three seconds what a server says wrong in the same place each time.
#[test]
fn a_venue_that_breaks_the_rules_each_time_is_asked_less_and_less_often() {
    let flood = Cause::Flood { heartbeats: 100_001, within: secs(10) };
    for cause in [Cause::ProtocolViolated, Cause::InvalidUtf8, flood] {
        let mut run = Run::new(config(), 1);
        let delays = lives(&mut run, 6, secs(1), Outcome::Ended(cause));
        assert!(delays[..2].iter().all(|delay| *delay <= secs(8)), "{cause:?}: {delays:?}");
        for (delay, floor) in delays[2..].iter().zip([15, 30, 60, 120]) {
            assert!((secs(floor)..=secs(floor + 9)).contains(delay), "{cause:?}: {delays:?}");
        }
        assert_eq!(run.recovery.status().given_up, None);
    }
}

/// Each of the two lives through the pause of the other.
#[test]
fn two_that_displace_each_other_take_longer_and_longer_turns() {
    let mut run = Run::new(config(), 1);
    lives(&mut run, 6, secs(3), closed(1000));
    let generation = run.recovery.status().attempt.unwrap().0;
    run.tell(generation, Outcome::Live).pass(secs(240));
    run.tell(generation, closed(1000));
    let setback = run.recovery.status().setback.unwrap();
    assert_eq!((setback.times, setback.pause), (5, secs(240)));
    // One that has outlived it begins anew.
    let generation = run.go_live();
    run.pass(secs(4 * 240)).tell(generation, closed(1000));
    assert_eq!(run.recovery.status().setback, None);
}

#[test]
fn ends_of_different_kinds_look_like_nothing() {
    let mut run = Run::new(config(), 1);
    for outcome in [closed(1000), closed(1011), Outcome::Ended(Cause::TransportLost)]
        .into_iter()
        .cycle()
        .take(9)
    {
        let generation = run.go_live();
        let delay = run.delay_after(generation, outcome);
        assert!(delay <= secs(8), "{delay:?}");
        let attempt: Generation = run.recovery.status().attempt.unwrap().0;
        run.tell(attempt, UNREACHABLE);
    }
}

#[test]
fn maintenance_that_is_told_while_connecting_makes_the_pause_longer() {
    let mut run = Run::new(config(), 1);
    let generation = run.dial();
    run.tell(generation, Outcome::Armed);
    run.tell(generation, notice(NoticeKind::MaintenanceStarted, None));
    let delay = run.delay_after(generation, Outcome::Ended(Cause::TransportLost));
    assert!((secs(5)..=secs(7)).contains(&delay), "{delay:?}");
}
