//! A client's own brake in a world: message budgets, and venues that ask more often than they let
//! anybody answer.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Cause, MessageLimit, Outlet};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{MockOptions, Oracles, OwnedFrame, Step, World, WorldOptions};

const SECOND: Duration = Duration::from_secs(1);

fn limit(count: u32, per: Duration) -> MessageLimit {
    MessageLimit::new(count, per, 1).unwrap()
}

/// Binance spot, which sends eight pings a second from the thirtieth on.
fn pinged(limit: MessageLimit) -> WorldOptions {
    let mock = MockOptions::default().fault("flood=8@30s".parse().unwrap());
    WorldOptions::seeded(7).mock(mock).message_limit(limit)
}

/// What came of a world.
#[derive(Debug)]
struct Told {
    /// The rule that was broken, if one was.
    broken: Option<&'static str>,
    verdict: Option<Cause>,
    was_held: bool,
    probes: u64,
}

/// An application that says something every `every`, for five minutes or to the first violation.
fn talk(options: WorldOptions, every: Duration) -> Told {
    let exchange = Exchange::BinanceSpot;
    let mut world = World::of(exchange, options);
    let mut oracles = Oracles::at(world.client().config(), &exchange.into());
    let mut told = Told { broken: None, verdict: None, was_held: false, probes: 0 };
    for number in 0..300_000 / every.as_millis() {
        let until = world.now().checked_add(every).unwrap();
        while told.broken.is_none() && world.step(until) {
            told.broken = oracles.look(&world).err().map(|violation| violation.oracle);
            let mut last = world.trace().entries().rev().take(8);
            told.was_held |= last.any(|entry| entry.what == Step::Outlet(Outlet::Held));
        }
        world.send(OwnedFrame::text(format!(r#"{{"method":"PING","id":{number}}}"#)));
    }
    told.verdict = world.verdict().map(|it| it.cause);
    told.probes = world.client().health().counters.probes;
    told
}

#[track_caller]
fn is_well(options: WorldOptions, every: Duration) -> Told {
    let told = talk(options, every);
    assert_eq!((told.broken, told.verdict), (None, None));
    told
}

#[test]
fn eight_pings_a_second_at_binance_spot_are_answered_within_its_budget_and_end_nothing() {
    assert!(is_well(pinged(limit(5, SECOND)), SECOND).was_held);
}

#[test]
fn pongs_that_the_transport_makes_by_itself_hold_no_probe_back() {
    let told = is_well(pinged(limit(5, SECOND)).transport_answers_pings(), SECOND);
    assert!(told.probes >= 50, "{told:?}");
}

#[test]
fn what_the_application_says_waits_for_its_share_and_breaks_no_budget() {
    let limit = limit(5, SECOND + SECOND / 10);
    is_well(WorldOptions::seeded(7).message_limit(limit), SECOND / 20);
}

/// Upbit throws out who says nothing for two minutes, and a pong is nothing.
#[test]
fn a_venue_that_asks_without_end_hears_from_us_though_pongs_use_up_the_budget() {
    let venue = Exchange::Upbit;
    let mock = MockOptions::default().fault("flood=45@30s+240s".parse().unwrap());
    let options = WorldOptions::seeded(7).mock(mock).message_limit(limit(5, SECOND));
    let mut world = World::of(venue, options);
    world.run_for(300 * SECOND);
    assert_eq!(world.verdict().map(|it| it.cause), None);
    assert!(world.venue().counters().probes >= 30, "{:?}", world.venue().counters());
}

/// What the oracle is for: a driver that tells its session of a full line where it brakes itself.
#[test]
fn a_driver_that_takes_its_own_brake_for_a_full_line_is_found() {
    let tight = pinged(limit(3, 9 * SECOND));
    let told = talk(tight.clone().untold_brake(), 10 * SECOND);
    assert_eq!(told.broken, Some("brake"));
    assert!(matches!(told.verdict, Some(Cause::TransmitStalled { .. })), "{told:?}");
    assert!(is_well(tight, 10 * SECOND).was_held);
}
