//! The fuzzers' cases, from seeds, for whoever has no fuzzer at hand.
//!
//! `CASES=1000000 cargo test --release -p heartbeat-testkit --test cases` runs more of them.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![expect(clippy::print_stderr, reason = "a seed that fails has to be known")]

use core::cell::RefCell;
use core::panic::AssertUnwindSafe;
use std::collections::BTreeSet;
use std::{env, panic};

use heartbeat_platforms::{Exchange, gzip};
use heartbeat_testkit::{OwnedFrame, cases};

fn count(usually: u64) -> u64 {
    env::var("CASES").map_or(usually, |count| count.parse().expect("CASES: a number"))
}

/// Runs a case for each seed, and names the seed that panics.
fn run(usually: u64, case: impl Fn(&[u8])) {
    for seed in 0..count(usually) {
        let bytes = cases::from_seed(seed);
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| case(&bytes))) {
            eprintln!("the seed is {seed}");
            panic::resume_unwind(panic);
        }
    }
}

#[test]
fn a_session_keeps_its_contract_in_every_case() {
    run(2_000, cases::session);
}

#[test]
fn a_session_at_a_venue_keeps_its_contract_in_every_case() {
    let had_their_turn = RefCell::new(BTreeSet::new());
    run(2_000, |bytes| {
        had_their_turn.borrow_mut().insert(cases::venue(bytes).name());
    });
    assert_eq!(had_their_turn.borrow().len(), Exchange::all().len(), "every venue has its turn");
}

#[test]
fn what_is_inflated_is_what_another_decoder_inflates() {
    run(2_000, cases::inflate);
    // Noise is never gzip: damage what is.
    for text in ["Ping", r#"{"ping":1637000000000}"#, "", "\u{fffd}"] {
        let OwnedFrame::Binary(member) = OwnedFrame::gzip(text) else { unreachable!() };
        let mut out = [0; gzip::INFLATED_MAX];
        assert_eq!(gzip::inflate(&member, &mut out), Some(text.as_bytes()));
        cases::inflate(&member);
        for place in 0..member.len() {
            for change in [1, 2, 0x80, 0xff] {
                let mut member = member.clone();
                member[place] ^= change;
                cases::inflate(&member);
            }
            cases::inflate(&member[..place]);
        }
    }
}
