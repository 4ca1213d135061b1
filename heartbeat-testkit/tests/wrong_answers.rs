//! An answer that is not ours, or is none, counts for nothing.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Cause, Platform};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{MockOptions, Verdict, World, WorldOptions};

/// The verdict on a venue that answers as `fault` says from its twentieth second on, and rightly
/// before.
fn verdict_under(fault: &str, exchange: Exchange) -> Option<Verdict> {
    let mock = MockOptions::default().fault(fault.parse().unwrap());
    let mut world = World::of(exchange, WorldOptions::seeded(61).mock(mock));
    world.run_for(Duration::from_secs(20));
    assert!(world.verdict().is_none(), "{exchange}: {:?}", world.verdict());
    // With fresh data it takes the whole bound of detection.
    world.run_until_verdict(Duration::from_secs(120))
}

#[test]
fn a_wrong_answer_is_none_wherever_we_probe() {
    for exchange in Exchange::all() {
        if exchange.defaults().build().unwrap().probing().is_none() {
            continue;
        }
        let verdict = verdict_under("wrong-echo@20s", *exchange).expect("a verdict");
        let is_overdue = matches!(verdict.cause, Cause::AnswerOverdue { .. });
        assert!(is_overdue, "{exchange}: {}", verdict.cause);
    }
}

#[test]
fn a_late_answer_is_known_by_its_number_and_keeps_the_line() {
    let verdict = verdict_under("late-answer=4s@20s", Exchange::Bitfinex);
    assert!(verdict.is_none(), "{verdict:?}");
}
