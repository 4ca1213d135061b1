//! What a venue sends in the end, whatever it did before.

mod bench;

use std::collections::BTreeSet;

use heartbeat_core::{OnSilence, WatchSpec};
use heartbeat_platforms::subscriptions::{Ask, ReplyScope};
use heartbeat_testkit::Rng;

use super::event::{SubscriptionEvent, SubscriptionState};
use super::reconciler::{Reply, Sent, Step, Terms};
use super::set::SubscriptionSet;
use super::*;
use bench::{Bench, STYLES, Style, is_bad};

const TERMS: Terms = Terms {
    batch_max: 5,
    reply_within: Duration::from_secs(5),
    stall_tolerance: Duration::from_secs(1),
};

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn at_rest_the_venue_sends_what_is_wanted_whatever_happened_before() {
    for seed in 0..150 {
        for style in STYLES {
            one_life(seed, style);
        }
    }
}

fn one_life(seed: u64, style: Style) {
    let mut rng = Rng::from_seed(seed);
    let mut bench = Bench::new(style);
    let mut last = 0;
    let topic = |number: u64| {
        let bad = if number.is_multiple_of(7) { "x" } else { "" };
        format!("topic {number}{bad}")
    };
    for _ in 0..rng.below(80) {
        let generation = last - rng.below(2).min(last);
        match rng.below(12) {
            0..=2 => bench.add(&topic(rng.below(24))),
            3 | 4 => {
                bench.set.remove(at(bench.now), &topic(rng.below(24)));
            }
            // A rotation is one connection more and then one less; a loss is the other way round.
            5 if bench.venues.len() < 3 => {
                last += 1;
                bench.open(last);
            }
            6 => bench.close(generation),
            7 => bench.now += rng.below(9_000),
            8 | 9 => bench.deliver(generation),
            10 => bench.data(generation, usize::try_from(rng.below(24)).unwrap()),
            _ => {
                let (mut deaf, mut mute) =
                    (Rng::from_seed(rng.below(1 << 40)), Rng::from_seed(rng.below(1 << 40)));
                bench.talk(generation, || deaf.below(4) > 0, || mute.below(4) > 0);
            }
        }
    }
    last += 1;
    bench.open(last);
    bench.set.set_live(last);
    bench.rest();
    let wanted = bench.wanted();
    for (generation, venue) in &bench.venues {
        assert_eq!(venue.streams, wanted, "seed {seed}, {style:?}, connection {generation}");
    }
    let active: BTreeSet<_> = bench.set.active().map(str::to_owned).collect();
    assert_eq!(active, wanted, "seed {seed}, {style:?}: what it says is active");
    assert!(bench.set.is_settled(), "seed {seed}, {style:?}");
    let connection = bench.set.connection(last).unwrap();
    assert!(!connection.any_overdue(), "seed {seed}, {style:?}");
    for topic in bench.set.spellings().filter(|topic| is_bad(topic)) {
        let state = bench.set.status(topic).unwrap().state;
        assert_eq!(state, SubscriptionState::Refused, "seed {seed}, {style:?}: {topic}");
    }
}

#[test]
fn one_bad_topic_of_a_batch_costs_the_others_nothing() {
    let mut bench = Bench::new(Style::Id);
    for topic in ["a", "b", "cx", "d", "e"] {
        bench.add(topic);
    }
    bench.open(1);
    bench.rest();
    assert_eq!(bench.venues[&1].streams.len(), 4);
    let refused: Vec<_> = bench
        .events
        .iter()
        .filter(|(_, event)| matches!(event, SubscriptionEvent::Refused { .. }))
        .map(|(_, event)| event.topic())
        .collect();
    assert_eq!(refused, ["cx"], "told once, and of no other");
}

#[test]
fn nothing_is_asked_before_it_may_be_and_then_in_batches() {
    let mut set = SubscriptionSet::<u64>::new(TERMS, 40);
    for number in 0..12 {
        let topic = format!("t{number:02}");
        assert_eq!(set.add(at(0), &topic, &topic, None), Ok(true));
        assert_eq!(set.add(at(0), &topic, &topic, None), Ok(false));
    }
    set.open(at(0), 1);
    let connection = set.connection(1).unwrap();
    assert_eq!(connection.next_outgoing(at(0), |_, _| true), None);
    assert!(matches!(connection.poll(at(0)), Step::Wait(None)));
    connection.begin();
    let mut sizes = Vec::new();
    while let Some(outgoing) = connection.next_outgoing(at(1), |_, _| true) {
        connection.handle_sent(at(1), outgoing.id, Sent::Written);
        sizes.push(outgoing.topics.len());
    }
    assert_eq!(sizes, [5, 5, 2]);
    assert!(matches!(connection.poll(at(1)), Step::Wait(Some(due)) if due == at(5_001)));
}

#[test]
fn as_many_as_may_be_are_wanted_and_not_one_more() {
    let mut set = SubscriptionSet::<u64>::new(TERMS, 2);
    assert_eq!(set.add(at(0), "a", "a", None), Ok(true));
    assert_eq!(set.add(at(0), "b", "b", None), Ok(true));
    let full = SubscriptionError::Full { topic: "c".into(), topics_max: 2 };
    assert_eq!(set.add(at(0), "c", "c", None), Err(full));
    assert!(set.remove(at(0), "a") && !set.remove(at(0), "a"));
    assert_eq!(set.add(at(0), "c", "c", None), Ok(true));
}

#[test]
fn a_message_that_is_too_long_is_made_shorter_until_it_is_not() {
    let mut set = SubscriptionSet::<u64>::new(TERMS, 40);
    for topic in ["a", "b", "c", "d", "long"] {
        set.add(at(0), topic, topic, None).unwrap();
    }
    set.open(at(0), 1);
    let connection = set.connection(1).unwrap();
    connection.begin();
    let mut written = 0;
    for _ in 0..20 {
        let Some(outgoing) = connection.next_outgoing(at(0), |_, _| true) else { break };
        let fits = outgoing.topics.len() <= 2 && !outgoing.topics.iter().any(|it| &**it == "long");
        written += if fits { outgoing.topics.len() } else { 0 };
        let outcome = if fits { Sent::Written } else { Sent::TooLong };
        connection.handle_sent(at(0), outgoing.id, outcome);
    }
    assert_eq!(written, 4);
    assert_eq!(set.status("long").unwrap().state, SubscriptionState::Pending, "none is live");
    set.set_live(1);
    assert_eq!(set.status("long").unwrap().state, SubscriptionState::Refused);
}

#[test]
fn a_venue_that_says_nothing_is_asked_again_and_less_and_less_often() {
    let mut bench = Bench::new(Style::Id);
    bench.add("a");
    bench.open(1);
    bench.set.set_live(1);
    let mut asked = Vec::new();
    for _ in 0..200 {
        let now = bench.now;
        bench.talk(
            1,
            || {
                asked.push(now / 1_000);
                false
            },
            || false,
        );
        bench.talk(1, || panic!("it was asked"), || false);
        let overdue = bench.set.connection(1).unwrap().any_overdue();
        assert_eq!(overdue, bench.now >= 5_000, "at {}", bench.now);
        bench.now += 1_000;
    }
    assert_eq!(asked, [0, 6, 13, 22, 35, 56, 93, 158]);
    let unanswered = SubscriptionEvent::Unanswered { topic: "a".into(), requests: 3 };
    assert_eq!(bench.events, [(1, unanswered)], "told once");
    // Data is as good as a reply.
    bench.set.connection(1).unwrap().handle_data(at(bench.now), "a");
    assert_eq!(bench.set.status("a").unwrap().state, SubscriptionState::Active);
}

#[test]
fn what_was_ended_and_goes_on_is_ended_again() {
    let mut bench = Bench::new(Style::Id);
    bench.add("a");
    bench.open(1);
    bench.rest();
    bench.set.remove(at(bench.now), "a");
    bench.talk(1, || true, || true);
    bench.deliver(1);
    // What was on its way is no reason to ask.
    bench.set.connection(1).unwrap().handle_data(at(bench.now + 900), "a");
    bench.now += 900;
    bench.talk(1, || panic!("it has just ended"), || true);
    bench.now += 10_000;
    bench.venues.get_mut(&1).unwrap().streams.insert("a".to_owned());
    bench.data(1, 0);
    bench.rest();
    assert!(bench.venues[&1].streams.is_empty());
}

#[test]
fn a_silent_topic_is_ended_and_asked_for_again() {
    let secs = Duration::from_secs;
    let spec = WatchSpec {
        first_within: Some(secs(10)),
        then_every: Some(secs(3)),
        on_silence: OnSilence::Resubscribe { attempts: core::num::NonZeroU8::MIN },
    };
    let mut bench = Bench::new(Style::Names);
    bench.set.add(at(0), "a", "a", Some(spec)).unwrap();
    bench.open(1);
    bench.set.set_live(1);
    bench.talk(1, || true, || true);
    bench.deliver(1);
    let mut asks = Vec::new();
    for _ in 0..12 {
        bench.now += 1_000;
        let connection = bench.set.connection(1).unwrap();
        while let Step::Tell(event) = connection.poll(at(bench.now)) {
            bench.events.push((1, event));
        }
        while let Some(outgoing) = connection.next_outgoing(at(bench.now), |_, _| true) {
            connection.handle_sent(at(bench.now), outgoing.id, Sent::Written);
            asks.push((bench.now, outgoing.ask));
            let (names, covers) = ("a", ReplyScope::Named);
            let (ask, id) = (Some(outgoing.ask), None);
            let reply = Reply { done: true, ask, id, covers, names, text: "" };
            assert!(connection.handle_reply(at(bench.now), reply));
        }
    }
    assert_eq!(asks, [(10_000, Ask::Unsubscribe), (10_000, Ask::Subscribe)]);
    assert_eq!(bench.set.status("a").unwrap().state, SubscriptionState::Silent);
    assert!(bench.set.connection(1).unwrap().handle_data(at(13_000), "a"), "that is news");
    bench.talk(1, || panic!("all is well"), || true);
    let events: Vec<_> = bench.events.iter().map(|(_, event)| event.to_string()).collect();
    assert_eq!(events, ["a: active after 0ns", "a: silent for 10s", "a: recovered after 13s"],);
}

#[test]
fn a_reply_that_is_somebody_elses_is_left_alone() {
    let mut set = SubscriptionSet::<u64>::new(TERMS, 40);
    set.add(at(0), "a", "a", None).unwrap();
    set.open(at(0), 1);
    let connection = set.connection(1).unwrap();
    connection.begin();
    let outgoing = connection.next_outgoing(at(0), |_, _| true).unwrap();
    connection.handle_sent(at(0), outgoing.id, Sent::Written);
    let reply = |id, covers, names| Reply { done: true, ask: None, id, covers, names, text: "" };
    assert!(!connection.handle_reply(at(1), reply(Some(7), ReplyScope::Request, "")));
    assert!(!connection.handle_reply(at(1), reply(None, ReplyScope::Named, "other")));
    assert!(!connection.is_settled());
    assert!(connection.handle_reply(at(1), reply(Some(outgoing.id), ReplyScope::Request, "")));
    assert!(connection.is_settled());
    // Once more is still ours, and changes nothing.
    assert!(connection.handle_reply(at(2), reply(Some(outgoing.id), ReplyScope::Request, "")));
}
