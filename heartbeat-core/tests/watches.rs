//! The subscriptions: silence is told, asked about or judged, and a stall of ours is none.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod support;

use core::num::NonZeroU8;

use heartbeat_core::{
    Cause, Config, OnSilence, Timestamp, WatchAction, WatchError, WatchEvent, WatchSpec, Watches,
};
use support::{Out, Run, Words, acts_of, secs};

const KEY: u64 = 7;

const fn times(count: u8) -> NonZeroU8 {
    NonZeroU8::new(count).unwrap()
}

const fn spec(on_silence: OnSilence) -> WatchSpec {
    WatchSpec { first_within: Some(secs(10)), then_every: Some(secs(4)), on_silence }
}

const REPORT: WatchSpec = spec(OnSilence::Report);

/// Watches with one subscription from the start of time.
fn watching(spec: WatchSpec) -> Watches<4> {
    let mut watches = Watches::new(secs(1));
    watches.watch(Timestamp::ZERO, KEY, spec).unwrap();
    watches
}

/// Drains at `at` seconds; returns what was done and until when there is nothing more.
#[track_caller]
fn drain<const N: usize>(watches: &mut Watches<N>, at: u64) -> (Vec<WatchAction>, Option<u64>) {
    let mut done = Vec::new();
    for _ in 0..=3 * N {
        match watches.poll(Timestamp::from_millis(1_000 * at)) {
            WatchAction::Wait(deadline) => {
                return (done, deadline.map(|deadline| deadline.as_nanos() / 1_000_000_000));
            }
            action => done.push(action),
        }
    }
    panic!("a drain did not end: {done:?}");
}

/// Wakes up at each deadline until `end` seconds, and returns what was done when.
#[track_caller]
fn run<const N: usize>(watches: &mut Watches<N>, from: u64, end: u64) -> Vec<(u64, WatchAction)> {
    let mut done = Vec::new();
    let mut now = from;
    loop {
        let (actions, deadline) = drain(watches, now);
        done.extend(actions.into_iter().map(|action| (now, action)));
        match deadline.filter(|deadline| *deadline <= end) {
            Some(deadline) => now = deadline,
            None => return done,
        }
    }
}

fn data<const N: usize>(watches: &mut Watches<N>, at: u64) {
    assert!(watches.handle_data(Timestamp::from_millis(1_000 * at), KEY));
}

fn first_overdue(waited: u64) -> WatchAction {
    WatchAction::Notify(WatchEvent::FirstDataOverdue { key: KEY, waited: secs(waited) })
}

fn overdue(silent_for: u64) -> WatchAction {
    WatchAction::Notify(WatchEvent::DataOverdue { key: KEY, silent_for: secs(silent_for) })
}

fn recovered(silent_for: u64) -> WatchAction {
    WatchAction::Notify(WatchEvent::Recovered { key: KEY, silent_for: secs(silent_for) })
}

const fn resubscribe(attempt: u16) -> WatchAction {
    WatchAction::Resubscribe { key: KEY, attempt }
}

// ------------------------------------------------------------------- limits

#[test]
fn a_subscription_without_its_first_data_is_told_of_once() {
    let mut watches = watching(REPORT);
    assert_eq!(run(&mut watches, 0, 9), []);
    assert_eq!(run(&mut watches, 9, 100), [(10, first_overdue(10))]);
    assert_eq!(drain(&mut watches, 1_000), (vec![], None), "and nothing more is waited for");
    assert_eq!(watches.status(KEY).unwrap().limits_passed, 1);
}

#[test]
fn data_moves_the_limit_and_silence_after_it_is_told_anew_each_time() {
    let mut watches = watching(REPORT);
    for at in 1..=5 {
        data(&mut watches, 3 * at);
        assert_eq!(run(&mut watches, 3 * at, 3 * at + 3), []);
    }
    assert_eq!(run(&mut watches, 18, 60), [(19, overdue(4))]);
    data(&mut watches, 61);
    assert_eq!(run(&mut watches, 61, 64), [(61, recovered(46))]);
    assert_eq!(watches.status(KEY).unwrap().limits_passed, 0);
    assert_eq!(run(&mut watches, 64, 99), [(65, overdue(4))]);
}

#[test]
fn the_shorter_limit_begins_with_the_first_data() {
    let spec = WatchSpec { first_within: Some(secs(60)), ..REPORT };
    let mut watches = watching(spec);
    assert_eq!(drain(&mut watches, 0), (vec![], Some(60)));
    data(&mut watches, 1);
    assert_eq!(drain(&mut watches, 1), (vec![], Some(5)));
}

#[test]
fn a_limit_that_is_not_set_never_passes() {
    let mut watches = watching(WatchSpec { then_every: None, ..REPORT });
    data(&mut watches, 9);
    assert_eq!(drain(&mut watches, 1_000), (vec![], None));

    let mut watches = watching(WatchSpec { first_within: None, ..REPORT });
    assert_eq!(drain(&mut watches, 1_000), (vec![], None));
    data(&mut watches, 1_000);
    assert_eq!(run(&mut watches, 1_000, 1_100), [(1_004, overdue(4))]);
}

// ------------------------------------------------------------- consequences

#[test]
fn resubscriptions_back_off_and_their_end_is_told() {
    let mut watches = watching(spec(OnSilence::Resubscribe { attempts: times(3) }));
    let in_vain = WatchEvent::ResubscribedInVain { key: KEY, attempts: 3 };
    assert_eq!(
        run(&mut watches, 0, 10_000),
        [
            (10, first_overdue(10)),
            (10, resubscribe(1)),
            (30, resubscribe(2)),
            (70, resubscribe(3)),
            (150, WatchAction::Notify(in_vain)),
        ]
    );
    // Data after all: it begins anew, with the limit for what follows.
    data(&mut watches, 10_000);
    assert_eq!(
        run(&mut watches, 10_000, 10_012),
        [
            (10_000, recovered(10_000)),
            (10_004, overdue(4)),
            (10_004, resubscribe(1)),
            (10_012, resubscribe(2)),
        ]
    );
}

#[test]
fn the_wait_between_resubscriptions_is_bounded() {
    let mut watches = watching(spec(OnSilence::Resubscribe { attempts: NonZeroU8::MAX }));
    let done = run(&mut watches, 0, 10 * 64 * 300);
    let gaps: Vec<_> = done.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert_eq!(gaps.iter().max(), Some(&640));
    assert_eq!(done.len(), 1 + 255 + 1);
}

#[test]
fn data_before_a_resubscription_was_drained_makes_it_needless() {
    let mut watches = watching(spec(OnSilence::Resubscribe { attempts: times(3) }));
    assert_eq!(watches.poll(Timestamp::from_millis(10_000)), first_overdue(10));
    data(&mut watches, 10);
    assert_eq!(drain(&mut watches, 10), (vec![recovered(10)], Some(14)));
}

#[test]
fn a_verdict_falls_after_the_last_limit_or_the_last_attempt_and_ends_the_session() {
    for (on_silence, at, before) in [
        (OnSilence::End { after: times(1) }, 10, 1),
        (OnSilence::End { after: times(3) }, 30, 1),
        (OnSilence::ResubscribeThenEnd { attempts: times(1) }, 30, 2),
    ] {
        let mut watches = watching(spec(on_silence));
        let done = run(&mut watches, 0, 10_000);
        let (when, last) = done.last().copied().unwrap();
        assert_eq!((when, done.len()), (at, before + 1), "{done:?}");
        let WatchAction::End(silence) = last else { panic!("{done:?}") };

        let mut run = Run::new(Words::default(), Config::builder().transport_limit(secs(60)));
        run.at(1_000 * at).text("data");
        run.session.handle_silence(run.now, silence);
        let limits = u16::try_from(at / 10).unwrap().min(3);
        let limits = if before == 2 { 2 } else { limits };
        let cause = Cause::SubscriptionSilent { key: KEY, limits, silent_for: secs(at) };
        assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(cause)]);
    }
}

// ------------------------------------------------------------------- stalls

#[test]
fn after_a_stall_of_ours_each_subscription_gets_its_full_span_once() {
    let mut watches = watching(REPORT);
    assert_eq!(drain(&mut watches, 0), (vec![], Some(10)));
    // Ten seconds late: what it said may be unread.
    assert_eq!(drain(&mut watches, 20), (vec![], Some(30)));
    // Late again with nothing read from it in between, whatever others bring.
    assert_eq!(drain(&mut watches, 40), (vec![first_overdue(40)], None));

    let mut watches = watching(REPORT);
    drain(&mut watches, 0);
    drain(&mut watches, 20);
    data(&mut watches, 21);
    drain(&mut watches, 21);
    assert_eq!(drain(&mut watches, 60), (vec![], Some(64)), "its data earned a new pardon");
}

#[test]
fn frames_that_speak_before_the_poll_keep_a_late_wake_up_silent() {
    let mut watches = watching(spec(OnSilence::End { after: times(1) }));
    drain(&mut watches, 0);
    data(&mut watches, 11);
    assert_eq!(drain(&mut watches, 11), (vec![], Some(15)));
}

#[test]
fn a_wake_up_within_the_tolerance_is_punctual_and_its_lateness_does_not_add_up() {
    let mut watches = watching(spec(OnSilence::End { after: times(2) }));
    drain(&mut watches, 0);
    assert_eq!(drain(&mut watches, 11), (vec![first_overdue(11)], Some(20)));
    let (done, _) = drain(&mut watches, 21);
    assert!(matches!(done[..], [WatchAction::End(_)]), "{done:?}");
}

#[test]
fn a_clock_that_steps_back_is_clamped() {
    let mut watches = watching(REPORT);
    data(&mut watches, 5);
    drain(&mut watches, 5);
    data(&mut watches, 2);
    assert_eq!(drain(&mut watches, 0), (vec![], Some(9)));
}

// --------------------------------------------------------------------- keys

#[test]
fn keys_in_any_order_are_kept_apart_up_to_the_capacity() {
    let mut watches = Watches::<4>::new(secs(1));
    for (at, key) in [(0, 9), (1, 3), (2, u64::MAX), (3, 0)] {
        watches.watch(Timestamp::from_millis(1_000 * at), key, REPORT).unwrap();
    }
    let full = watches.watch(Timestamp::from_millis(3_000), 4, REPORT);
    assert_eq!(full, Err(WatchError::Full { capacity: 4 }));
    assert!(watches.watch(Timestamp::from_millis(3_000), 3, REPORT).is_ok(), "it begins anew");
    assert!(!watches.handle_data(Timestamp::from_millis(3_000), 4));
    assert!(watches.unwatch(u64::MAX) && !watches.unwatch(u64::MAX));
    assert_eq!(watches.status(u64::MAX), None);

    let done = run(&mut watches, 3, 100);
    let told: Vec<_> = done
        .into_iter()
        .map(|(at, action)| match action {
            WatchAction::Notify(WatchEvent::FirstDataOverdue { key, .. }) => (at, key),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(10, 9), (13, 0), (13, 3)]);
}

#[test]
fn a_watch_that_could_not_work_is_refused_with_the_rule() {
    let mut watches = Watches::<1>::new(secs(1));
    let nothing = WatchSpec { first_within: None, then_every: None, ..REPORT };
    let hasty = WatchSpec { then_every: Some(secs(1)), ..REPORT };
    let refused =
        |watches: &mut Watches<1>, spec| watches.watch(Timestamp::ZERO, KEY, spec).unwrap_err();
    assert_eq!(
        refused(&mut watches, nothing).to_string(),
        "a watch must expect something: set first_within, then_every, or both"
    );
    assert_eq!(
        refused(&mut watches, hasty).to_string(),
        "stall_tolerance (1s) must be shorter than then_every (1s)"
    );
    assert_eq!(watches.status(KEY), None);
    let mut none = Watches::<0>::new(secs(1));
    let full = none.watch(Timestamp::ZERO, KEY, REPORT).unwrap_err().to_string();
    assert_eq!(full, "subscriptions watched must be at most 0");
}
