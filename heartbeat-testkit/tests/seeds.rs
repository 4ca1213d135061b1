//! Every seed that ever failed, with its story.

use core::time::Duration;

use heartbeat_platforms::Exchange;
use heartbeat_testkit::{SimOptions, simulate};

#[track_caller]
fn passes(seed: u64, exchange: Exchange, hours: u32) {
    let options = SimOptions::of(exchange).span(Duration::from_secs(3_600) * hours);
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
