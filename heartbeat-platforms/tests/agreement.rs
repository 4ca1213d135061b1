//! The fast classifier and the slow reference agree on frames that nobody thought of.
//!
//! Two generators, for each venue in its own words: documents grown from the words of its dialect,
//! and fixtures that went through a few mutations. Arbitrary text would hardly ever come near a
//! heartbeat. `PROPTEST_CASES=N` makes N frames per venue and generator; without it there are
//! enough for every day.

use heartbeat_core::{Detector, Frame, Signal};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::OwnedFrame;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::support::fixtures;
use super::support::venues;
use super::support::words::Words;

fn words_of(exchange: Exchange) -> Words {
    Words::of(&fixtures::load(exchange.name()))
}

fn assert_agreement(exchange: Exchange, frame: Frame<'_>) {
    let slow = venues::line(exchange).classify(frame);
    assert_eq!(exchange.classify(frame), slow, "{exchange}: {frame:?}");
}

/// The same frames every time, unless more are asked for.
fn settings() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(0xa9_7ee5),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Holds every venue to its reference on frames in its own words.
fn on_own_words<S: Strategy<Value = OwnedFrame>>(generate: impl Fn(&Words) -> S) {
    for exchange in Exchange::all() {
        let frames = generate(&words_of(*exchange));
        let agreed = TestRunner::new(settings()).run(&frames, |packed| {
            assert_agreement(*exchange, packed.as_frame());
            Ok(())
        });
        agreed.unwrap_or_else(|error| panic!("{exchange}: {error}"));
    }
}

#[test]
fn on_documents_made_of_the_dialects_words() {
    on_own_words(Words::documents);
}

#[test]
fn on_fixtures_that_were_tampered_with() {
    on_own_words(Words::mutants);
}

/// A sample of what all venues make of each other's words.
#[test]
fn on_what_belongs_to_another_venue() {
    let mutants = Exchange::all().iter().map(|exchange| words_of(*exchange).mutants().boxed());
    let frames = proptest::strategy::Union::new(mutants);
    let sample = (frames, any::<Index>());
    let agreed = TestRunner::new(settings()).run(&sample, |(packed, reader)| {
        assert_agreement(*reader.get(Exchange::all()), packed.as_frame());
        Ok(())
    });
    agreed.unwrap_or_else(|error| panic!("{error}"));
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn on_any_text_and_any_bytes(text in ".{0,600}", bytes in any::<[u8; 64]>()) {
        for exchange in Exchange::all() {
            assert_agreement(*exchange, Frame::Text(&text));
            assert_agreement(*exchange, Frame::Binary(&bytes));
        }
    }
}

/// Tampering leaves enough heartbeats alive for the agreement to mean something.
#[test]
fn the_mutants_come_near_every_venue() {
    for exchange in Exchange::all() {
        let fixtures = fixtures::load(exchange.name());
        if fixtures.iter().all(|fixture| fixture.signal() == "data") {
            continue; // No message of the venue's means anything.
        }
        let mutants = Words::of(&fixtures).mutants();
        let mut runner = TestRunner::deterministic();
        let is_heartbeat = |_: &u32| {
            let packed = mutants.new_tree(&mut runner).expect("a mutant").current();
            exchange.classify(packed.as_frame()) != Signal::Data
        };
        let found = (0..512).filter(is_heartbeat).count();
        assert!(found >= 32, "{exchange}: {found} of 512");
    }
}
