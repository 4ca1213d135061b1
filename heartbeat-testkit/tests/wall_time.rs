//! A venue that wants the time in its pings gets the right one, after a long sleep as well.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Frame, Platform as _, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    Freeze, MockAction, MockExchange, MockOptions, OwnedFrame, Step, World, WorldOptions,
};
use serde_json::Value;

/// The calendar of the simulated world begins with 2026.
const BEGINS: u64 = 1_767_225_600;

/// Every `time` that the client sent, with the second of the calendar in which it did.
fn times(world: &World<Exchange>) -> Vec<(u64, u64)> {
    let sent = world.trace().entries().filter_map(|entry| {
        let Step::ClientSends(OwnedFrame::Text(text)) = &entry.what else { return None };
        let time = serde_json::from_str::<Value>(text).unwrap()["time"].as_u64().unwrap();
        Some((time, BEGINS + entry.at.as_nanos() / 1_000_000_000))
    });
    sent.collect()
}

#[test]
fn a_probe_of_gates_bears_the_seconds_of_the_wall_clock() {
    for exchange in [Exchange::GateSpot, Exchange::GateFutures] {
        let config = exchange.defaults().build().unwrap();
        let mut world = World::new(exchange, config, exchange, WorldOptions::seeded(61));
        world.run_for(Duration::from_secs(120));
        let times = times(&world);
        assert!(times.len() >= 20, "{exchange}: {times:?}");
        assert!(times.iter().all(|(told, true_time)| told == true_time), "{exchange}: {times:?}");
        assert!(world.verdict().is_none());
    }
}

/// The monotonic clock stood still for ten minutes with the machine, and the wall clock did not.
#[test]
fn a_machine_that_slept_does_not_tell_the_time_of_before() {
    let exchange = Exchange::GateFutures;
    let config = exchange.defaults().build().unwrap();
    // Its market data is what the venue counts while the client sleeps.
    let mut world = World::new(exchange, config, exchange, WorldOptions::seeded(62));
    assert!(world.send(OwnedFrame::text(
        r#"{"channel":"futures.book_ticker","event":"subscribe","payload":["BTC_USDT"]}"#
    )));
    world.run_for(Duration::from_secs(30));
    let slept_at = world.now();
    world.freeze(Duration::from_secs(600), Freeze::Machine);
    world.run_for(Duration::from_secs(660));
    let told = times_after(&world, slept_at);
    assert!(told.len() >= 5, "{told:?}");
    assert!(told.iter().all(|(told, true_time)| told == true_time), "{told:?}");
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
}

fn times_after(world: &World<Exchange>, from: Timestamp) -> Vec<(u64, u64)> {
    let from = BEGINS + from.as_nanos() / 1_000_000_000;
    times(world).into_iter().filter(|(_, true_time)| *true_time > from).collect()
}

#[test]
fn gate_answers_a_time_that_is_a_minute_off_and_no_further() {
    let at = |secs: u64| Timestamp::from_millis(secs * 1_000);
    for (time, is_answered) in
        [(1_000, true), (1_080, true), (1_081, false), (960, true), (959, false)]
    {
        let options = MockOptions::default().data_every(None);
        let mut gate = MockExchange::new(Exchange::GateSpot, options, at(0));
        let mut ping = |now: Timestamp, time: u64| {
            let text = format!(r#"{{"time":{time},"channel":"spot.ping"}}"#);
            gate.handle_frame(now, Frame::Text(&text));
            let mut said = String::new();
            loop {
                let action = gate.poll(now);
                if let MockAction::Send(OwnedFrame::Text(text)) = &action {
                    said += text;
                } else if matches!(action, MockAction::Wait(_)) {
                    return said;
                }
            }
        };
        assert!(ping(at(0), 1_000).contains("spot.pong"));
        let said = ping(at(20), time);
        assert_eq!(said.contains("spot.pong"), is_answered, "{time}: {said}");
    }
}
