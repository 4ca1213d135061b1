//! The driver says what the clock on the wall reads, for venues that want it in their pings.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod common;

use common::{pair, soon};
use futures_util::StreamExt as _;
use heartbeat_core::{Platform as _, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::{HeartbeatStream, MonotonicClock};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test(start_paused = true)]
async fn gate_is_told_the_seconds_of_this_machine() {
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    let seconds = || clock.wall_time().unwrap().as_unix_secs();
    let (ours, mut venue) = pair().await;
    let before = seconds();
    let config = Exchange::GateSpot.defaults().build().unwrap();
    let session = Session::new(Exchange::GateSpot, config, clock.now());
    let mut ours = HeartbeatStream::new(ours, session);

    let first = tokio::select! {
        message = soon(venue.next()) => message.unwrap().unwrap(),
        message = ours.next() => panic!("nothing comes of a quiet line: {message:?}"),
    };
    let Message::Text(text) = first else { panic!("a ping in JSON: {first:?}") };
    let time = text.strip_prefix(r#"{"time":"#).unwrap();
    let time: u64 = time.split(',').next().unwrap().parse().unwrap();
    assert!((before..=seconds()).contains(&time), "{text}");
    assert!(text.ends_with(r#","channel":"spot.ping"}"#), "{text}");
}
