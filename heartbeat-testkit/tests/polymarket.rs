//! Polymarket closes a connection on which a `PING` comes before a subscription: the default sends
//! one only once the application has spoken, and the choice of ping frames never does.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Cause, ConfigBuilder, Platform, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_platforms::venues::polymarket_clob::PolymarketClob;
use heartbeat_testkit::{
    MockAction, MockExchange, MockOptions, Observation, Offence, OwnedFrame, World, WorldOptions,
};

const SECOND: Duration = Duration::from_secs(1);
const SUBSCRIPTION: &str = r#"{"assets_ids":["7"],"type":"market"}"#;

fn world(platform: PolymarketClob) -> World<PolymarketClob> {
    world_with(platform, platform.defaults())
}

fn world_with(platform: PolymarketClob, config: ConfigBuilder) -> World<PolymarketClob> {
    World::new(
        platform,
        config.build().unwrap(),
        Exchange::PolymarketClob,
        WorldOptions::seeded(71),
    )
}

fn drain(mock: &mut MockExchange, now: Timestamp) -> Vec<MockAction> {
    let mut actions = Vec::new();
    loop {
        let action = mock.poll(now);
        if matches!(action, MockAction::Wait(_)) {
            return actions;
        }
        actions.push(action);
    }
}

#[test]
fn a_text_ping_before_a_subscription_is_fatal_and_after_it_is_answered() {
    let now = Timestamp::from_millis(0);
    let mut mock = MockExchange::new(Exchange::PolymarketClob, MockOptions::default(), now);
    let frame = OwnedFrame::text("PING");
    mock.handle_frame(now, frame.as_frame());
    let actions = drain(&mut mock, now);
    let why = Offence::EarlyPing;
    let kicked = MockAction::Observe(Observation::Kicked { why, code: Some(1008) });
    assert!(actions.contains(&kicked), "{actions:?}");

    let mut mock = MockExchange::new(Exchange::PolymarketClob, MockOptions::default(), now);
    mock.handle_frame(now, OwnedFrame::text(SUBSCRIPTION).as_frame());
    mock.handle_frame(now, frame.as_frame());
    let actions = drain(&mut mock, now);
    assert!(actions.contains(&MockAction::Send(OwnedFrame::text("PONG"))), "{actions:?}");
}

#[test]
fn by_default_an_application_may_subscribe_when_it_likes() {
    let mut world = world(PolymarketClob::default());
    world.run_for(120 * SECOND);
    assert!(world.send(OwnedFrame::text(SUBSCRIPTION)));
    world.run_for(120 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    assert!(world.venue().counters().probes >= 40);
}

#[test]
fn ping_frames_keep_who_subscribes_when_he_likes() {
    let mut world = world(PolymarketClob::BY_FRAME);
    world.run_for(120 * SECOND);
    assert!(world.send(OwnedFrame::text(SUBSCRIPTION)));
    world.run_for(120 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    assert!(world.venue().counters().probes >= 40);
}

#[test]
fn text_probes_keep_who_subscribes_at_once() {
    let mut world = world(PolymarketClob::BY_TEXT);
    assert!(world.send(OwnedFrame::text(SUBSCRIPTION)));
    world.run_for(240 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    assert!(world.venue().counters().probes >= 40);
}

#[test]
fn text_probes_wait_for_who_does_not() {
    let mut world = world(PolymarketClob::BY_TEXT);
    world.run_for(50 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    assert!(world.send(OwnedFrame::text(SUBSCRIPTION)));
    world.run_for(120 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());

    // Without the setting the first of them is the last.
    let config = PolymarketClob::BY_TEXT.defaults().ping_until_first_send(false);
    let mut world = world_with(PolymarketClob::BY_TEXT, config);
    let verdict = world.run_until_verdict(10 * SECOND).expect("the venue has closed");
    assert_eq!(verdict.cause, Cause::PeerClosed { code: Some(1008) });
}
