//! What comes out of a feed, in which order, and what it says of the rest.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

use core::task::Waker;
use core::time::Duration;

use heartbeat_core::{
    AttemptPhase, Breaker, BreakerConfig, Gate, Outcome, Recovery, RecoveryAction, RecoveryConfig,
};

use super::*;
use crate::client::received::Source;
use crate::client::trading_permit::permit;
use crate::client::update::{Gap, GapCause};
use crate::client::{Labels, TradingPermit};
use std::sync::Arc;

/// Returns the first generations of a recovery, which alone makes them.
pub(super) fn generations(count: u64) -> Vec<Generation> {
    let mut gate = Gate::new(Breaker::new(BreakerConfig::DEFAULT), ());
    let within = Duration::from_nanos(1);
    let builder = RecoveryConfig::builder().phase_within(AttemptPhase::Dial, within);
    let mut recovery = Recovery::new(builder.build().unwrap(), 1, Timestamp::ZERO);
    let mut now = 1;
    let mut generations = Vec::new();
    while u64::try_from(generations.len()).unwrap() < count {
        let at = Timestamp::from_nanos(now);
        if let RecoveryAction::Dial { generation, .. } = recovery.poll(at, &mut gate) {
            recovery.handle(at, generation, Outcome::Ended(heartbeat_core::Cause::TransmitFailed));
            generations.push(generation);
        }
        now += 1_000_000_000;
    }
    generations
}

fn feed(bytes_max: usize, overflow: Overflow) -> (Feed, TradingPermit) {
    let overlap = Some(Duration::from_secs(1));
    let fresh_within = Duration::from_secs(3_600);
    let settings = FeedSettings { bytes_max, overflow, fresh_within, has_labels: true, overlap };
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    let (setter, permit) = permit(clock, fresh_within);
    (Feed::new(settings, clock, setter), permit)
}

/// Makes a message whose key is the number that it ends in.
fn received(generation: Generation, at: u64, text: &str) -> Received {
    let key = text.rsplit(' ').next().and_then(|number| number.parse().ok());
    let labels = key.map_or(Labels::default(), |key| Labels::default().key(key));
    let source = Arc::new(Source { generation, endpoint: "venue.example:443".into() });
    Received::new(Message::text(text), Timestamp::from_millis(at), labels, source)
}

fn deliver(feed: &Feed, generation: Generation, at: u64, text: &str) -> Pushed {
    feed.deliver(generation, received(generation, at, text))
}

/// Pops all there is, each as a short text.
fn pop_all(feed: &Feed) -> Vec<String> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut popped = Vec::new();
    while let Poll::Ready(Some(update)) = feed.poll_pop(&mut cx) {
        popped.push(match &update {
            Update::Message(message) => message.to_string(),
            Update::Gap(Gap { from, to, cause: GapCause::Lagged(lagged) }) => {
                let [from, to] = [from, to].map(|at| at.as_nanos() / 1_000_000);
                format!("{} lost from {from} to {to}", lagged.frames)
            }
            Update::Gap(gap) => format!("gap {}", gap.cause.as_str()),
            Update::Live { generation } => format!("live {generation}"),
            _ => panic!("{update:?}"),
        });
    }
    popped
}

const ROOMY: usize = 1 << 20;

#[test]
fn a_lane_is_shown_when_it_is_opened_and_what_the_handler_took_is_not() {
    let (feed, _permit) = feed(ROOMY, Overflow::DropOldest);
    let generation = generations(1)[0];
    assert_eq!(deliver(&feed, generation, 0, "no buffer"), Pushed::Lossless);
    feed.add_connection(generation);
    for text in ["ack", "early", "snapshot"] {
        let _ = deliver(&feed, generation, 1, text);
    }
    assert_eq!(pop_all(&feed), [""; 0]);
    let mut cx = Context::from_waker(Waker::noop());
    let taken = feed.poll_held(generation, &mut cx);
    assert!(matches!(taken, Poll::Ready(Ok(message)) if message == Message::text("ack")));
    let early = feed.poll_held(generation, &mut cx);
    assert!(matches!(early, Poll::Ready(Ok(message)) if message == Message::text("early")));
    feed.forward(generation, received(generation, 2, "early"));
    feed.open(generation, Timestamp::from_millis(3), vec![Update::Live { generation }]);
    let _ = deliver(&feed, generation, 4, "late");
    let taken = feed.poll_held(generation, &mut cx);
    assert!(matches!(taken, Poll::Ready(Err(NotReady::Failed(_)))), "it is the application's");
    assert_eq!(pop_all(&feed), ["live 1", "early", "snapshot", "late"]);
    feed.drop_connection(generation);
    let _ = deliver(&feed, generation, 5, "too late");
    assert_eq!(pop_all(&feed), [""; 0]);
    let ended = feed.poll_held(generation, &mut cx);
    assert!(matches!(ended, Poll::Ready(Err(NotReady::Ended))));
}

#[test]
fn what_a_held_lane_cannot_keep_is_told_when_it_is_opened() {
    let (feed, permit) = feed(3 * 200, Overflow::DropOldest);
    let generation = generations(1)[0];
    feed.add_connection(generation);
    feed.set_green(true);
    for at in 0..100 {
        let _ = deliver(&feed, generation, at, &format!("trade {at}"));
    }
    assert!(permit.is_open(), "nothing is missing of what is shown");
    feed.open(generation, Timestamp::ZERO, Vec::new());
    assert!(!permit.is_open());
    let popped = pop_all(&feed);
    let lost = 100 - (popped.len() - 1);
    assert_eq!(popped[0], format!("{lost} lost from 0 to {}", lost - 1));
    assert_eq!(popped.last().unwrap(), "trade 99");
    assert!(permit.is_open());
}

#[test]
fn news_finds_room_whatever_is_to_be_dropped() {
    for overflow in [Overflow::DropOldest, Overflow::DropNewest, Overflow::Disconnect] {
        let (feed, _permit) = feed(600, overflow);
        let generation = generations(1)[0];
        feed.add_connection(generation);
        feed.open(generation, Timestamp::ZERO, Vec::new());
        for at in 0..100 {
            let _ = deliver(&feed, generation, at, &format!("trade {at}"));
        }
        for at in 100..200 {
            feed.tell(Timestamp::from_millis(at), Update::Live { generation });
        }
        let popped = pop_all(&feed);
        // Of those that lay where room was made the last is told.
        assert_eq!(popped[0], "live 1", "{overflow:?}: {popped:?}");
        assert!(popped[1].starts_with("100 lost from 0 to"), "{overflow:?}: {popped:?}");
        assert_eq!(popped.last().unwrap(), "live 1");
        assert!(popped.len() < 12, "{overflow:?}: {popped:?}");
        assert_eq!(popped.iter().filter(|popped| popped.contains("lost")).count(), 1);
    }
}

#[test]
fn an_unread_gap_that_is_dropped_lives_on_in_the_next() {
    let (feed, _permit) = feed(600, Overflow::DropOldest);
    let generation = generations(1)[0];
    feed.add_connection(generation);
    let [from, to] = [5, 9].map(Timestamp::from_millis);
    let cause = GapCause::CounterJump { expected: 1, got: 3 };
    feed.tell(to, Update::Gap(Gap { from, to, cause }));
    feed.open(generation, Timestamp::ZERO, Vec::new());
    for at in 10..100 {
        let _ = deliver(&feed, generation, at, &format!("trade {at}"));
    }
    let popped = pop_all(&feed);
    assert!(popped[0].contains("lost from 5 to"), "{popped:?}");
    assert!(popped[1..].iter().all(|popped| popped.starts_with("trade")), "{popped:?}");
}

/// Two connections that say the same at their own pace, in every way in which one can lag
/// behind the other: each number comes once.
#[test]
fn what_two_open_lanes_say_is_shown_once() {
    for lag in 0..20_u64 {
        for from_old in 0..30_u64 {
            let (feed, _permit) = feed(ROOMY, Overflow::DropOldest);
            let [old, new] = generations(2)[..] else { unreachable!("there are two") };
            feed.add_connection(old);
            feed.open(old, Timestamp::ZERO, Vec::new());
            feed.begin_overlap();
            feed.add_connection(new);
            let (mut shown, mut opened) = (Vec::new(), false);
            for at in 0..40_u64 {
                if at < 30 {
                    let _ = deliver(&feed, old, at, &format!("trade {at}"));
                }
                if let Some(number) = at.checked_sub(lag).filter(|number| *number >= 5) {
                    let _ = deliver(&feed, new, at, &format!("trade {number}"));
                }
                if at == from_old {
                    feed.open(new, Timestamp::from_millis(at), Vec::new());
                    opened = true;
                }
                shown.extend(pop_all(&feed));
            }
            assert!(opened);
            let last = 40 - lag.min(10);
            let wanted = (0..last.max(30)).map(|number| format!("trade {number}"));
            shown.sort_by_key(|text| text[6..].parse::<u64>().unwrap());
            assert_eq!(shown, wanted.collect::<Vec<_>>(), "lag {lag}, opened at {from_old}");
        }
    }
}
