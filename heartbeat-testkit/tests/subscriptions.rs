//! What an application's own requests begin, at venues where they begin something.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::Cause;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{MockOptions, Observation, Offence, OwnedFrame, Step, World, WorldOptions};

const SECOND: Duration = Duration::from_secs(1);

/// A world of ten seconds' age, in which the application then sends `text`.
fn world_after(exchange: Exchange, mock: MockOptions, text: &str) -> World<Exchange> {
    let mut world = World::of(exchange, WorldOptions::seeded(51).mock(mock));
    world.run_for(10 * SECOND);
    assert!(world.send(OwnedFrame::text(text)));
    world
}

#[test]
fn a_subscription_starts_market_data() {
    for (exchange, subscription) in [
        (Exchange::Bitfinex, r#"{"event":"subscribe","channel":"trades","symbol":"tBTCUSD"}"#),
        (
            Exchange::Bitstamp,
            r#"{"event":"bts:subscribe","data":{"channel":"live_trades_btcusd"}}"#,
        ),
        (
            Exchange::CoinbaseExchange,
            r#"{"type":"subscribe","channels":["ticker"],"product_ids":["BTC-USD"]}"#,
        ),
        (Exchange::Delta, r#"{"type":"subscribe","payload":{"channels":[{"name":"all_trades"}]}}"#),
        (
            Exchange::GateSpot,
            r#"{"time":1,"channel":"spot.tickers","event":"subscribe","payload":["BTC_USDT"]}"#,
        ),
        (
            Exchange::GateFutures,
            r#"{"time":1,"channel":"futures.tickers","event":"subscribe","payload":["BTC_USDT"]}"#,
        ),
    ] {
        let mut world = world_after(exchange, MockOptions::default(), subscription);
        assert_eq!(world.venue().counters().data, 0, "{exchange}");
        world.run_for(11 * SECOND);
        assert!(world.venue().counters().data >= 20, "{exchange}");
        let health = world.client().health();
        assert!(health.counters.data >= 20, "{exchange}: {health:?}");
        assert!(world.verdict().is_none(), "{exchange}: {:?}", world.verdict());
    }
}

#[test]
fn beats_that_the_application_begins_are_known_as_beats() {
    for (exchange, request, every) in [
        (Exchange::Bitfinex, r#"{"event":"subscribe","channel":"trades"}"#, 15),
        (Exchange::Delta, r#"{"type":"enable_heartbeat"}"#, 5),
    ] {
        // Market data is much to simulate and proves nothing more.
        let mock = MockOptions::default().data_every(None);
        let mut world = world_after(exchange, mock, request);
        assert_eq!(world.client().health().counters.beats, 0, "{exchange}");
        world.run_for(SECOND * (4 * every + 1));
        assert_eq!(world.client().health().counters.beats, 4, "{exchange}");
    }
}

#[test]
fn a_frame_that_bitstamp_cannot_take_ends_the_connection() {
    let exchange = Exchange::Bitstamp;
    for (len, bears) in [(511, true), (512, false)] {
        let mut world = world_after(exchange, MockOptions::default(), &"x".repeat(len));
        world.run_for(SECOND);
        assert_eq!(world.verdict().is_none(), bears, "{len} bytes");
        if let Some(verdict) = world.verdict() {
            assert_eq!(verdict.cause, Cause::PeerClosed { code: Some(1009) });
            let why = Offence::FrameTooLong;
            let kicked = Step::VenueNotes(Observation::Kicked { why, code: Some(1009) });
            assert!(world.trace().entries().any(|entry| entry.what == kicked));
        }
    }
}
