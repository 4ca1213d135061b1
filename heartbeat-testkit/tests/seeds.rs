//! Every seed that ever failed, with its story.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_platforms::Exchange;
use heartbeat_testkit::{SimOptions, simulate};

/// The kinds that there were when these seeds failed: a seed tells its story with those alone.
const FIFTEEN: &str = "delay,jitter,stall,half-open,cut,silent,zombie,late-answer,wrong-echo,\
                       duplicate-answer,close,burst,freeze,suspend,drift";

#[track_caller]
fn passes(seed: u64, exchange: Exchange, hours: u32) {
    let kinds = FIFTEEN.parse().unwrap();
    let options = SimOptions::of(exchange).span(Duration::from_secs(3_600) * hours).faults(kinds);
    let report = simulate(seed, &options);
    assert!(report.broken.is_none(), "{report}");
}

/// A client slept for most of a minute while a beat came every second. It then read all of
/// them before it drained its session, whose room for reports is bounded, and 76 events were
/// lost. The simulated client now drains after every few frames.
#[test]
fn a_minute_of_beats_read_at_once_loses_no_event() {
    passes(10, Exchange::CoinbaseAdvanced, 1);
}

/// The same behind a line that had been dead: healed, it delivered at one moment what it had
/// held back, and 93 events were lost.
#[test]
fn a_healed_line_that_delivers_all_at_once_loses_no_event() {
    passes(9, Exchange::KrakenV2, 2);
}

/// A venue fell silent for eight seconds, two probes went unanswered, and with the third out the
/// machine was suspended until long after. It woke, waited what was left of the third, and gave
/// the venue up: rightly, for in its own time the venue had answered nothing. An oracle that
/// counted the suspended time as well called it a false verdict.
#[test]
fn what_a_suspended_machine_cannot_have_noticed_is_not_held_against_it() {
    passes(533, Exchange::Backpack, 24);
}
