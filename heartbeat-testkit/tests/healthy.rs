//! While the peer behaves, nobody is blamed: not by us, and not by the venue.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{Cause, Outbox, Platform, Responder};
use heartbeat_platforms::{Begins, BrokenBy, Exchange};
use heartbeat_testkit::{
    DataFrom, Delay, Freeze, MockOptions, Observation, OwnedFrame, Step, World, WorldOptions,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::fixed;

const SECOND: Duration = Duration::from_secs(1);

/// How long the venue can do without us before it throws us out, with half of it to spare for
/// the way there and back, and three seconds at least.
fn may_freeze_for(exchange: Exchange) -> Duration {
    let rules = exchange.rules();
    let response = rules.challenge.map(|rule| rule.respond_within);
    // Where its own beats break the silence, ours does not matter. Those that begin with a
    // subscription never come to a client that only listens.
    let begins =
        rules.begins == Begins::Opening || (rules.begins == Begins::Arming && arms(exchange));
    let is_spoken_to = rules.beat_every.is_some() && begins;
    let silence =
        rules.silence.filter(|rule| rule.broken_by == BrokenBy::ClientMessage || !is_spoken_to);
    let limits = [response, silence.map(|rule| rule.limit)];
    let shortest = limits.into_iter().flatten().min();
    shortest.map_or(60 * SECOND, |limit| (limit / 2).min(limit.saturating_sub(3 * SECOND)))
}

/// Tells whether the platform asks for the venue's heartbeat.
fn arms(exchange: Exchange) -> bool {
    let mut out = Outbox::new();
    exchange.arm(&mut out).unwrap();
    out.frame().is_some()
}

#[track_caller]
fn assert_healthy<P: Platform>(world: &World<P>, exchange: Exchange) {
    assert!(world.verdict().is_none(), "{exchange}: {:?}", world.verdict());
    assert!(!world.venue().is_over(), "{exchange} ended the connection");
    let counters = world.venue().counters();
    let open = counters.challenges - counters.answered - counters.superseded;
    let most = exchange
        .rules()
        .challenge
        .map_or(0, |rule| 1 + rule.respond_within.as_millis() / rule.every.as_millis());
    assert!(u128::from(open) <= most, "{exchange}: {counters:?}");
    assert_eq!((counters.extra_answers, counters.wrong_echoes), (0, 0), "{exchange}: {counters:?}");
}

proptest! {
    #![proptest_config(fixed(36, 0x900d_0001))]

    /// An hour and more at any venue, with any delay that leaves an answer time to come, a clock
    /// that drifts, and a client that stalls for as long as the venue bears it.
    #[test]
    fn a_healthy_connection_is_never_ended(
        exchange in select(Exchange::all()),
        seed in any::<u64>(),
        base in 0..1_000_u64,
        jitter in 0..400_u64,
        drift in -200..200_i32,
        from_opening in any::<bool>(),
        stalls in vec((1..300_u64, 0..1_000_u32, any::<bool>()), 0..20),
    ) {
        let delay = Delay {
            base: Duration::from_millis(base),
            jitter: Duration::from_millis(jitter),
        };
        let data_from = if from_opening { DataFrom::Opening } else { DataFrom::Subscription };
        // Rare enough to leave silences between, and to be quick.
        let mock =
            MockOptions::default().data_from(data_from).data_every(Some(7 * SECOND));
        let options = WorldOptions::seeded(seed).mock(mock).delay(delay);
        let mut world = World::of(exchange, options);
        world.drift(drift);
        for (pause, share, is_machine) in &stalls {
            world.run_for(Duration::from_secs(*pause));
            let span = may_freeze_for(exchange) * *share / 1_000;
            let freeze = if *is_machine { Freeze::Machine } else { Freeze::Process };
            world.freeze(span, freeze);
            world.run_for(span);
        }
        world.run_until(heartbeat_core::Timestamp::from_millis(4_000_000));
        assert_healthy(&world, exchange);
    }
}

#[test]
fn six_hours_at_every_venue_pass_in_peace() {
    for exchange in Exchange::all() {
        // Market data is much to simulate and proves nothing more.
        let mock = MockOptions::default().data_every(None);
        let mut world = World::of(*exchange, WorldOptions::seeded(21).mock(mock));
        world.run_for(6 * 3_600 * SECOND);
        assert_healthy(&world, *exchange);
        assert!(world.trace().count() > 3_000, "{exchange}: six hours without a heartbeat");
    }
}

#[test]
fn a_minute_of_stall_is_told_and_forgiven_where_the_venue_forgives_it() {
    for exchange in [Exchange::BinanceSpot, Exchange::CoinbaseAdvanced, Exchange::KrakenV2] {
        let mut world = World::of(exchange, WorldOptions::seeded(22));
        world.run_for(95 * SECOND);
        world.freeze(45 * SECOND, Freeze::Process);
        world.run_for(600 * SECOND);
        assert_healthy(&world, exchange);
        assert_eq!(world.client().health().counters.stalls, 1, "{exchange}");
    }
}

#[test]
fn a_stall_that_costs_us_the_connection_is_not_blamed_on_the_line() {
    // Deribit waits ten seconds for a response; we slept for thirty.
    let mut world = World::of(Exchange::Deribit, WorldOptions::seeded(23));
    world.run_for(60 * SECOND);
    world.freeze(30 * SECOND, Freeze::Process);
    let verdict = world.run_until_verdict(31 * SECOND).expect("the venue has closed");
    assert_eq!(verdict.cause, Cause::PeerClosed { code: Some(4000) });
    let kicked = |step: &Step| matches!(step, Step::VenueNotes(Observation::Kicked { .. }));
    assert!(world.trace().entries().any(|entry| kicked(&entry.what)));
}

#[test]
fn market_data_neither_helps_nor_harms() {
    for exchange in Exchange::all() {
        let mock = MockOptions::default()
            .data_from(DataFrom::Opening)
            .data_every(Some(Duration::from_millis(50)))
            .fault("burst=1000@30s".parse().unwrap());
        let mut world = World::of(*exchange, WorldOptions::seeded(24).mock(mock));
        world.run_for(120 * SECOND);
        assert_healthy(&world, *exchange);
        assert!(world.venue().counters().data > 3_300, "{exchange}");
        let health = world.client().health();
        assert!(health.counters.data > 3_300, "{exchange}: {health:?}");
    }
}

#[test]
fn a_subscription_starts_market_data_where_it_is_needed() {
    for (exchange, subscription) in [
        (
            Exchange::Deribit,
            concat!(
                r#"{"jsonrpc":"2.0","id":7,"method":"public/subscribe","params":{"#,
                r#""channels":["ticker.BTC-PERPETUAL.100ms"]}}"#,
            ),
        ),
        (Exchange::Okx, r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}"#),
        (
            Exchange::KrakenV2,
            concat!(
                r#"{"method":"subscribe","params":{"channel":"ticker","#,
                r#""symbol":["BTC/USD"]},"req_id":7}"#,
            ),
        ),
        (
            Exchange::CoinbaseAdvanced,
            r#"{"type":"subscribe","channel":"ticker","product_ids":["BTC-USD"]}"#,
        ),
    ] {
        let mut world = World::of(exchange, WorldOptions::seeded(25));
        world.run_for(10 * SECOND);
        assert_eq!(world.venue().counters().data, 0, "{exchange}");
        assert!(world.send(OwnedFrame::text(subscription)));
        world.run_for(11 * SECOND);
        assert!(world.venue().counters().data >= 20, "{exchange}");
        assert_healthy(&world, exchange);
    }
}

#[test]
fn a_venue_that_runs_ten_times_faster_is_served_by_settings_that_do() {
    let ten = NonZeroU32::new(10).unwrap();
    let delay = Delay { base: Duration::from_millis(2), jitter: Duration::from_millis(1) };
    for exchange in Exchange::all() {
        let config = exchange.defaults().build().unwrap().faster(ten).unwrap();
        let mock = MockOptions::default().time_scale(ten);
        let options = WorldOptions::seeded(26).mock(mock).delay(delay);
        let mut world = World::new(*exchange, config, *exchange, options);
        world.run_for(360 * SECOND);
        assert_healthy(&world, *exchange);
    }
}
