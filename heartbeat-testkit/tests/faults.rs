//! What each fault makes of a venue, and of a client opposite it: in virtual time.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Cause, Detector, Frame, Signal, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    DataFrom, Fault, HeartbeatKind, MockAction, MockExchange, MockOptions, Observation, OwnedFrame,
    World, WorldOptions,
};

const SECOND: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A mock without market data, under one fault.
fn quiet(plan: &str) -> MockOptions {
    MockOptions::default().data_every(None).fault(plan.parse().unwrap())
}

/// Market data once a second, under one fault.
fn streaming(plan: &str) -> MockOptions {
    quiet(plan).data_every(Some(SECOND)).data_from(DataFrom::Opening)
}

/// A mock exchange alone, polled at exactly the times that it names.
struct Venue {
    mock: MockExchange,
    now: Timestamp,
    did: Vec<(u64, MockAction)>,
}

impl Venue {
    fn new(exchange: Exchange, options: MockOptions) -> Self {
        Self::at(0, exchange, options)
    }

    /// Begins with a connection that is opened then.
    fn at(millis: u64, exchange: Exchange, options: MockOptions) -> Self {
        let now = at(millis);
        let mut venue =
            Self { mock: MockExchange::new(exchange, options, now), now, did: Vec::new() };
        venue.run_until(millis);
        venue
    }

    fn run_until(&mut self, millis: u64) {
        loop {
            let action = self.mock.poll(self.now);
            let MockAction::Wait(deadline) = action else {
                self.did.push((self.now.as_nanos() / 1_000_000, action));
                continue;
            };
            let Some(wake) = deadline.filter(|wake| *wake <= at(millis)) else {
                break;
            };
            assert!(wake > self.now, "the mock spins at {wake:?}");
            self.now = wake;
        }
        self.now = at(millis);
    }

    fn hears(&mut self, frame: Frame<'_>) {
        assert!(self.mock.takes_input());
        self.mock.handle_frame(self.now, frame);
        self.run_until(self.now.as_nanos() / 1_000_000);
    }

    /// What was sent from one time to another, the later one not among it.
    fn sent(&self, from: u64, to: u64) -> Vec<(u64, &OwnedFrame)> {
        let within = self.did.iter().filter(|(millis, _)| (from..to).contains(millis));
        within
            .filter_map(|(millis, did)| {
                if let MockAction::Send(frame) = did { Some((*millis, frame)) } else { None }
            })
            .collect()
    }

    fn ended(&self) -> Option<u64> {
        let ends = |did: &MockAction| matches!(did, MockAction::Close { .. } | MockAction::Cut);
        self.did.iter().find(|(_, did)| ends(did)).map(|(millis, _)| *millis)
    }

    fn heartbeats(&self, from: u64, to: u64) -> Vec<HeartbeatKind> {
        let within = self.did.iter().filter(|(millis, _)| (from..to).contains(millis));
        within
            .filter_map(|(_, did)| {
                if let MockAction::Observe(Observation::HeartbeatSent { kind }) = did {
                    Some(*kind)
                } else {
                    None
                }
            })
            .collect()
    }
}

const ARM: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":10}}"#;
const SUBSCRIBE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":2,"method":"public/subscribe","#,
    r#""params":{"channels":["ticker.BTC-PERPETUAL.100ms"]}}"#,
);
const TEST: &str = r#"{"jsonrpc":"2.0","id":3,"method":"public/test","params":{}}"#;

// ------------------------------------------------------------------------ the venue alone

#[test]
fn ack_then_silence_acknowledges_and_then_says_nothing_until_it_is_over() {
    let options = MockOptions::default().fault("ack-then-silence@1s+100s".parse().unwrap());
    let mut venue = Venue::new(Exchange::Deribit, options);
    venue.run_until(2_000);
    for request in [ARM, SUBSCRIBE] {
        venue.hears(Frame::Text(request));
        let (_, MockAction::Send(OwnedFrame::Text(ack))) = venue.did.last().unwrap() else {
            panic!("no acknowledgement: {:?}", venue.did);
        };
        assert!(ack.contains("result"), "{ack}");
    }
    venue.run_until(3_000);
    venue.hears(Frame::Ping(b"7"));
    venue.hears(Frame::Text(TEST));
    venue.run_until(100_999);
    assert_eq!(venue.sent(2_001, 101_000), []);
    venue.run_until(121_000);
    assert_eq!(venue.heartbeats(101_000, 112_000).len(), 2, "a beat and a challenge");
    assert_eq!(venue.sent(101_000, 102_001).len(), 2, "market data twice a second");
}

#[test]
fn slow_delays_everything_and_nothing_overtakes() {
    let mut venue = Venue::new(Exchange::Rfc6455, streaming("slow=2500ms@1500ms+5s"));
    venue.run_until(2_200);
    venue.hears(Frame::Ping(b"7"));
    venue.run_until(10_000);
    let times: Vec<u64> = venue.sent(0, 10_001).iter().map(|(millis, _)| *millis).collect();
    // Data at 1, 2, 3 .. 10 s; that of 2 to 6 s late; that of 7 and 8 s had to wait for it.
    let expected = [1_000, 4_500, 4_700, 5_500, 6_500, 7_500, 8_500, 8_500, 8_500, 9_000, 10_000];
    assert_eq!(times, expected);
    assert_eq!(venue.sent(4_700, 4_701)[0].1, &OwnedFrame::Pong(b"7".to_vec()));

    // A close frame waits its turn as well; a cut does not.
    let mut venue = Venue::new(Exchange::Rfc6455, quiet("slow=3s@1s").fault(close_at(2)));
    venue.run_until(60_000);
    assert_eq!(venue.ended(), Some(5_000));
    let cut = "cut@2s".parse().unwrap();
    let mut venue = Venue::new(Exchange::Rfc6455, quiet("slow=3s@1s").fault(cut));
    venue.run_until(60_000);
    assert_eq!(venue.ended(), Some(2_000));
}

fn close_at(secs: u64) -> heartbeat_testkit::FaultPlan {
    heartbeat_testkit::FaultPlan::new(Fault::Close(1012), Duration::from_secs(secs))
}

#[test]
fn a_zero_window_reads_nothing_sends_as_ever_and_blames_nobody() {
    let mut venue = Venue::new(Exchange::BinanceSpot, streaming("zero-window@5s+200s"));
    venue.run_until(5_000);
    assert!(!venue.mock.takes_input());
    venue.run_until(204_999);
    assert_eq!(venue.sent(5_001, 205_000).iter().filter(|(_, frame)| is_data(frame)).count(), 199);
    // A ping every twenty seconds that nobody could answer.
    assert_eq!(venue.heartbeats(5_000, 205_000).len(), 10);
    venue.run_until(205_000);
    assert!(venue.mock.takes_input());
    // From here on a client has its minute again.
    venue.run_until(264_999);
    assert_eq!(venue.ended(), None);
    venue.run_until(265_000);
    assert_eq!(venue.ended(), Some(265_000));
}

fn is_data(frame: &OwnedFrame) -> bool {
    matches!(frame, OwnedFrame::Text(_))
}

#[test]
fn a_stall_is_made_up_for_at_once() {
    let mut venue = Venue::new(Exchange::BinanceSpot, streaming("stall@10500ms+50s"));
    venue.run_until(60_499);
    assert!(!venue.mock.takes_input());
    assert_eq!(venue.sent(10_500, 60_500), []);
    venue.run_until(60_500);
    // The data of 11 to 60 s, and the pings of 20, 40 and 60 s.
    let owed = venue.sent(60_500, 60_501);
    assert_eq!(owed.iter().filter(|(_, frame)| is_data(frame)).count(), 50);
    assert_eq!(venue.heartbeats(60_500, 60_501), [HeartbeatKind::Challenge; 3]);
    assert!(venue.mock.takes_input());
    // It goes on at its old pace.
    venue.run_until(62_000);
    let times: Vec<u64> = venue.sent(60_501, 62_001).iter().map(|(millis, _)| *millis).collect();
    assert_eq!(times, [61_000, 62_000]);
    // A day is not made up for.
    let mut venue = Venue::new(Exchange::BinanceSpot, streaming("stall@1s+24h"));
    venue.run_until(86_401_000);
    let owed = venue.sent(86_401_000, 86_401_001).len();
    assert!((Fault::OWED_MAX..Fault::OWED_MAX + 4).contains(&owed), "{owed}");
}

#[test]
fn a_flood_has_the_heartbeats_of_the_venue() {
    use HeartbeatKind::{Beat, Challenge};
    for (exchange, kind, is_ping) in [
        (Exchange::BinanceSpot, Challenge, true),
        (Exchange::CoinbaseAdvanced, Beat, false),
        // It sends neither by itself.
        (Exchange::Okx, Challenge, true),
    ] {
        let mut venue = Venue::new(exchange, quiet("flood=50@1s+2s"));
        venue.run_until(2_999);
        let flood = venue.heartbeats(1_000, 3_000);
        assert_eq!(flood, vec![kind; 100], "{exchange}");
        let (_, frame) = venue.sent(1_000, 1_001)[0];
        assert_eq!(matches!(frame, OwnedFrame::Ping(_)), is_ping, "{exchange}");
        venue.run_until(4_900);
        assert_eq!(venue.heartbeats(3_000, 4_900), [], "{exchange}");
    }
    let mut venue = Venue::new(Exchange::Deribit, quiet("flood=50@1s+2s"));
    venue.hears(Frame::Text(ARM));
    venue.run_until(1_000);
    let (_, OwnedFrame::Text(challenge)) = venue.sent(1_000, 1_001)[0] else { panic!() };
    assert!(challenge.contains("test_request"), "{challenge}");
    // What is asked must be answered, flood or not.
    venue.run_until(60_000);
    assert_eq!(venue.ended(), Some(11_000));
}

#[test]
fn a_flood_that_nobody_answers_does_not_pile_up() {
    let mut venue = Venue::new(Exchange::Okx, quiet("flood=10000@1s+20s"));
    venue.run_until(21_000);
    assert_eq!(venue.heartbeats(0, 21_000).len(), 4_096);
}

#[test]
fn a_burst_comes_at_once_and_an_oversize_message_is_as_long_as_it_says() {
    let mut venue = Venue::new(Exchange::Okx, quiet("burst=300@1s").fault(oversize()));
    venue.run_until(5_000);
    assert_eq!(venue.sent(1_000, 1_001).len(), 300);
    assert_eq!(venue.mock.counters().data, 300);
    let long = venue.sent(1_001, 5_001);
    assert_eq!(long.len(), 1);
    assert_eq!(long[0].1.as_frame().len(), 70_000);
}

fn oversize() -> heartbeat_testkit::FaultPlan {
    "oversize=70000@2s".parse().unwrap()
}

#[test]
fn no_venue_takes_garbage_for_a_heartbeat() {
    let mut venue = Venue::new(Exchange::Okx, quiet("garbage@1s+25s"));
    venue.run_until(30_000);
    let garbage = venue.sent(1_000, 30_000);
    assert_eq!(garbage.len(), 250);
    for exchange in Exchange::all() {
        for (_, noise) in &garbage {
            assert_eq!(exchange.classify(noise.as_frame()), Signal::Data, "{exchange}: {noise}");
        }
    }
}

#[test]
fn a_protocol_error_is_one_and_who_is_in_stays_when_nobody_is_let_in() {
    let mut venue = Venue::new(Exchange::Rfc6455, streaming("protocol-error@1500ms"));
    venue.run_until(5_000);
    let invalid = venue.did.iter().filter(|(_, did)| *did == MockAction::SendInvalid);
    assert_eq!(invalid.map(|(millis, _)| *millis).collect::<Vec<_>>(), [1_500]);
    for plan in ["refuse@1500ms+2s", "http=503@1500ms+2s"] {
        let mut venue = Venue::new(Exchange::Rfc6455, streaming(plan));
        venue.run_until(5_000);
        assert_eq!(venue.sent(0, 5_001).len(), 5, "{plan}");
    }
}

#[test]
fn a_venues_fault_is_one_window_for_whoever_comes() {
    let options = MockOptions::default()
        .data_every(Some(SECOND))
        .data_from(DataFrom::Opening)
        .venue_fault("silent@4s+5s".parse().unwrap())
        .venue_since(at(0));
    let data_from = |opened: u64| {
        let mut venue = Venue::at(opened, Exchange::Rfc6455, options.clone());
        venue.run_until(opened + 12_000);
        let sent = venue.sent(0, opened + 12_000);
        sent.iter().filter(|(_, frame)| is_data(frame)).map(|(at, _)| *at).collect::<Vec<_>>()
    };
    assert_eq!(data_from(0)[..4], [1_000, 2_000, 3_000, 10_000]);
    assert_eq!(data_from(6_500)[0], 10_000, "it joins");
    assert_eq!(data_from(9_000)[0], 10_000, "it knows nothing of it");
}

// ------------------------------------------------------------- a client opposite the venue

fn world(exchange: Exchange, plan: &str) -> World<Exchange> {
    World::of(exchange, WorldOptions::seeded(31).mock(streaming(plan)))
}

#[test]
fn a_client_finds_out_within_its_bound() {
    for plan in ["ack-then-silence@60s", "stall@60s"] {
        for exchange in Exchange::all() {
            let mut world = world(*exchange, plan);
            world.run_until(at(60_000));
            assert!(world.verdict().is_none(), "{exchange} {plan}");
            let bound = world.client().config().silence_bound();
            let verdict = world.run_until_verdict(bound).expect("a verdict");
            let died = world.last_read().unwrap();
            assert!(verdict.at.saturating_since(died) <= bound, "{exchange} {plan}");
        }
    }
}

#[test]
fn a_client_whose_probes_nobody_reads_finds_out_though_data_flows() {
    for exchange in [Exchange::Okx, Exchange::KrakenV2, Exchange::Bitfinex] {
        let mut world = world(exchange, "zero-window@60s");
        let bound = world.client().config().silence_bound();
        let verdict = world.run_until_verdict(60 * SECOND + 2 * bound).expect("a verdict");
        assert!(matches!(verdict.cause, Cause::AnswerOverdue { .. }), "{exchange}: {verdict:?}");
        assert!(world.venue().counters().data > 60, "{exchange}: the venue went on");
    }
}

#[test]
fn a_full_window_is_a_transport_that_stalls() {
    let options = WorldOptions::seeded(32).mock(streaming("zero-window@60s")).window(4);
    let mut world = World::of(Exchange::Okx, options);
    world.run_until(at(61_000));
    // The application fills the window, so that no probe can leave.
    while world.send(OwnedFrame::text("{}")) {}
    let bound = world.client().config().silence_bound();
    let verdict = world.run_until_verdict(2 * bound).expect("a verdict");
    assert!(matches!(verdict.cause, Cause::TransmitStalled { .. }), "{verdict:?}");
}

#[test]
fn a_client_bears_what_a_heartbeat_can_bear() {
    for plan in [
        "slow=800ms@60s+60s",
        "stall@60s+1s",
        "flood=20@60s+10s",
        "garbage@60s+60s",
        "burst=500@60s",
        "refuse@60s+60s",
        "http=503@60s+60s",
    ] {
        for exchange in Exchange::all() {
            let mut world = world(*exchange, plan);
            world.run_until(at(180_000));
            assert!(world.verdict().is_none(), "{exchange} {plan}: {:?}", world.verdict());
            let health = world.client().health();
            assert_eq!(health.failures_in_a_row, 0, "{exchange} {plan}: {health:?}");
        }
    }
}

#[test]
fn a_transport_fails_at_what_is_no_frame_and_at_what_is_too_long() {
    for plan in ["protocol-error@60s", "oversize=70000@60s"] {
        let options = WorldOptions::seeded(33).mock(streaming(plan)).message_max(65_536);
        let mut world = World::of(Exchange::Okx, options);
        let verdict = world.run_until_verdict(61 * SECOND).expect("a verdict");
        assert_eq!(verdict.cause, Cause::TransportLost, "{plan}");
        assert!(verdict.at >= at(60_000), "{plan}");
    }
    // It takes what it has room for.
    let options = WorldOptions::seeded(33).mock(streaming("oversize=65536@60s"));
    let mut world = World::of(Exchange::Okx, options.message_max(65_536));
    world.run_until(at(120_000));
    assert!(world.verdict().is_none());
}
