//! What is late and what is too much, in a world: snapshots on narrow lines, answers that come
//! late, heartbeats without end.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{Cause, Event, FloodLimit, Initiator, Level, Platform, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{DataFrom, MockOptions, Oracles, Step, World, WorldOptions};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Runs on, every oracle looking on, to the verdict or for `span`.
fn watch(world: &mut World<Exchange>, oracles: &mut Oracles, span: Duration) {
    let until = world.now().checked_add(span).unwrap();
    while world.verdict().is_none() && world.step(until) {
        oracles.look(world).unwrap_or_else(|violation| panic!("{violation}"));
    }
}

fn world(exchange: Exchange, mock: MockOptions) -> (World<Exchange>, Oracles) {
    let world = World::of(exchange, WorldOptions::seeded(7).mock(mock));
    let oracles = Oracles::of(world.client().config(), exchange.rules());
    (world, oracles)
}

/// A line so narrow that a message of this many bytes takes eighteen seconds.
const BYTES: u32 = 54_000;
const BANDWIDTH: NonZeroU32 = NonZeroU32::new(3_000).unwrap();

fn send_snapshot(world: &mut World<Exchange>) {
    world.narrow(Some(BANDWIDTH));
    world.plan(format!("oversize={BYTES}@0s").parse().unwrap());
}

#[test]
fn a_snapshot_on_a_narrow_line_is_no_silence_at_any_venue() {
    for exchange in Exchange::all().iter().copied() {
        let (mut world, mut oracles) = world(exchange, MockOptions::default());
        watch(&mut world, &mut oracles, secs(100));
        send_snapshot(&mut world);
        watch(&mut world, &mut oracles, secs(60));
        // A venue whose own challenge stands behind the snapshot may lose its patience with us.
        let gave_up = world.verdict().is_some_and(|it| it.cause.initiator() == Initiator::Machine);
        assert!(!gave_up, "{exchange}: {:?}", world.verdict().map(|it| it.cause));
        let parts = world.trace().entries().filter(|it| it.what == Step::ClientReceives).count();
        assert!(parts >= 40, "{exchange}: {parts} parts");
    }
}

/// What the oracle is for: a client that takes a message that grows for silence.
#[test]
fn whoever_gives_a_line_up_in_the_middle_of_a_message_is_found() {
    let exchange = Exchange::Okx;
    let hasty = exchange.defaults().grace(Duration::ZERO).build().unwrap();
    let mock = MockOptions::default().data_every(None);
    let mut world = World::new(exchange, hasty, exchange, WorldOptions::seeded(7).mock(mock));
    let mut oracles = Oracles::of(&exchange.defaults().build().unwrap(), exchange.rules());
    watch(&mut world, &mut oracles, secs(100));
    send_snapshot(&mut world);
    let until = world.now().checked_add(secs(60)).unwrap();
    let mut found = None;
    while found.is_none() && world.step(until) {
        found = oracles.look(&world).err();
    }
    assert_eq!(found.map(|violation| violation.oracle), Some("verdicts"));
}

#[test]
fn a_snapshot_that_stalls_half_way_is_found_within_the_bound_of_silence() {
    for exchange in
        [Exchange::Okx, Exchange::BybitPublic, Exchange::KrakenV2, Exchange::BinanceSpot]
    {
        let (mut world, mut oracles) = world(exchange, MockOptions::default().data_every(None));
        watch(&mut world, &mut oracles, secs(60));
        send_snapshot(&mut world);
        watch(&mut world, &mut oracles, secs(6));
        let stalled = world.now();
        world.half_open(true);
        watch(&mut world, &mut oracles, secs(600));
        let took = world.verdict().unwrap().at.saturating_since(stalled);
        assert!(took <= world.client().config().silence_bound(), "{exchange}: {took:?}");
    }
}

#[test]
fn a_message_that_never_ends_is_found_within_the_bound_of_detection() {
    for exchange in
        [Exchange::Okx, Exchange::BybitPublic, Exchange::KrakenV2, Exchange::BinanceSpot]
    {
        let (mut world, mut oracles) = world(exchange, MockOptions::default().data_every(None));
        watch(&mut world, &mut oracles, secs(60));
        world.narrow(NonZeroU32::new(10));
        world.plan(format!("oversize={BYTES}@0s").parse().unwrap());
        let began = world.now();
        watch(&mut world, &mut oracles, secs(600));
        let config = *world.client().config();
        let took = world.verdict().unwrap().at.saturating_since(began);
        assert!(took <= config.detection_bound() + secs(1), "{exchange}: {took:?}");
        assert!(took > config.grace(), "{exchange}: {took:?}");
    }
}

#[test]
fn answers_four_seconds_late_with_fresh_data_cost_no_connection_and_are_told_as_slow() {
    // Of these the answers name their probe; Bybit's do not always.
    for exchange in [Exchange::KrakenV2, Exchange::Kucoin, Exchange::Phemex, Exchange::BybitPublic]
    {
        let mock = MockOptions::default().data_every(Some(Duration::from_millis(50)));
        let mock = mock.data_from(DataFrom::Opening);
        let mock = mock.fault("late-answer=4s@30s".parse().unwrap());
        let (mut world, mut oracles) = world(exchange, mock);
        watch(&mut world, &mut oracles, secs(300));
        assert_eq!(world.verdict().map(|it| it.cause), None, "{exchange}");
        let level = world.client().health().level;
        assert!(
            level == Level::Critical || exchange == Exchange::BybitPublic,
            "{exchange}: {level:?}"
        );
    }
}

#[test]
fn a_flood_ends_in_its_verdict_and_is_told_within_bounds() {
    let mock = MockOptions::default().fault("flood=500@30s".parse().unwrap());
    let limit = FloodLimit { heartbeats: 3_000, within: secs(10) };
    let config = Exchange::BinanceSpot.defaults().flood_limit(limit).build().unwrap();
    let options = WorldOptions::seeded(7).mock(mock);
    let mut world = World::new(Exchange::BinanceSpot, config, Exchange::BinanceSpot, options);
    let mut told = [0_u32; 60];
    let (mut seen, mut coalesced) = (0, 0);
    while world.verdict().is_none() && world.step(Timestamp::from_millis(60_000)) {
        for entry in world.trace().after(seen).unwrap() {
            if let Step::ClientNotes(event) = &entry.what {
                let second = usize::try_from(entry.at.as_nanos() / 1_000_000_000).unwrap();
                told[second] += 1;
                coalesced += u32::from(matches!(event, Event::Coalesced { .. }));
            }
        }
        seen = world.trace().count();
    }
    let cause = world.verdict().map(|it| it.cause);
    assert!(matches!(cause, Some(Cause::Flood { heartbeats: 3_001, .. })), "{cause:?}");
    let most = told.into_iter().max().unwrap();
    assert!(most <= 300 && coalesced >= 3, "{most} in a second, {coalesced} times coalesced");
}
