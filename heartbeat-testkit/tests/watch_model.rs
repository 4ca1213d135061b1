//! The watches against their model: the same at every millisecond, for each subscription.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod support;

use core::num::NonZeroU8;
use core::time::Duration;

use heartbeat_core::{OnSilence, Timestamp, WatchAction, WatchEvent, WatchSpec, Watches};
use heartbeat_testkit::{WatchDoes, WatchModel};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use support::fixed;

const TOLERANCE: Duration = Duration::from_millis(5);

/// How many subscriptions are watched beside each other.
const KEYS: u8 = 3;

/// How long a run goes on after the last data.
const TAIL: u64 = 1_500;

fn specs() -> impl Strategy<Value = WatchSpec> {
    let limits = || option::weighted(0.8, (6..100_u64).prop_map(Duration::from_millis));
    let on_silence = (0..4_u8, (1..4_u8).prop_map(|times| NonZeroU8::new(times).unwrap()));
    (limits(), limits(), on_silence).prop_filter_map(
        "a watch must expect something",
        |(first_within, then_every, (kind, times))| {
            let on_silence = match kind {
                0 => OnSilence::Report,
                1 => OnSilence::Resubscribe { attempts: times },
                2 => OnSilence::ResubscribeThenEnd { attempts: times },
                _ => OnSilence::End { after: times },
            };
            let expects = first_within.is_some() || then_every.is_some();
            expects.then_some(WatchSpec { first_within, then_every, on_silence })
        },
    )
}

fn drain(
    watches: &mut Watches<4>,
    now: Timestamp,
    wake: &mut Option<Timestamp>,
) -> Vec<(u64, WatchDoes)> {
    let mut does = Vec::new();
    for _ in 0..16 {
        does.push(match watches.poll(now) {
            WatchAction::Notify(WatchEvent::FirstDataOverdue { key, .. }) => {
                (key, WatchDoes::FirstOverdue)
            }
            WatchAction::Notify(WatchEvent::DataOverdue { key, .. }) => (key, WatchDoes::Overdue),
            WatchAction::Notify(WatchEvent::Recovered { key, .. }) => (key, WatchDoes::Recovered),
            WatchAction::Notify(_) => (u64::from(KEYS), WatchDoes::InVain),
            WatchAction::Resubscribe { key, .. } => (key, WatchDoes::Resubscribe),
            WatchAction::End(_) => (u64::from(KEYS), WatchDoes::End),
            WatchAction::Wait(deadline) => {
                *wake = deadline;
                return does;
            }
        });
    }
    panic!("a drain must end: {does:?}");
}

proptest! {
    #![proptest_config(fixed(150, 0x40de_1002))]

    #[test]
    fn the_watches_do_what_their_models_do(
        specs in vec(specs(), usize::from(KEYS)),
        data in vec((0..200_u64, 0..KEYS), 0..40),
    ) {
        let mut watches = Watches::<4>::new(TOLERANCE);
        let mut models = Vec::new();
        for (key, spec) in (0..KEYS).zip(&specs) {
            watches.watch(Timestamp::ZERO, u64::from(key), *spec).unwrap();
            models.push(WatchModel::new(*spec, Timestamp::ZERO));
        }
        let mut wake = Some(Timestamp::ZERO);
        let mut data = data.into_iter().peekable();
        let (mut next, mut end) = (data.peek().map(|(after, _)| *after), TAIL);
        for millis in 0.. {
            let now = Timestamp::from_millis(millis);
            let mut came = [false; KEYS as usize];
            while next == Some(millis) {
                let (_, key) = data.next().unwrap();
                came[usize::from(key)] = true;
                watches.handle_data(now, u64::from(key));
                next = data.peek().map(|(after, _)| millis + after);
                end = millis + TAIL;
            }
            // The real ones are polled only when they asked for it or were told something.
            let must_drain = came.contains(&true) || wake.is_some_and(|wake| wake <= now);
            let mut real = Vec::new();
            if must_drain {
                real = drain(&mut watches, now, &mut wake);
            }
            let mut expected = Vec::new();
            for (key, model) in (0..KEYS).zip(&mut models) {
                let does = model.tick(now, came[usize::from(key)]);
                expected.extend(does.into_iter().map(|does| match does {
                    WatchDoes::InVain | WatchDoes::End => (u64::from(KEYS), does),
                    _ => (u64::from(key), does),
                }));
            }
            // Which subscription comes first is nobody's business.
            real.sort_by_key(|(key, does)| (*key, *does as u8));
            expected.sort_by_key(|(key, does)| (*key, *does as u8));
            prop_assert_eq!(real, expected, "at {} ms", millis);
            if millis >= end {
                break;
            }
        }
    }
}
