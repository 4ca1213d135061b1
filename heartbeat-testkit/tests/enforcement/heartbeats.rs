//! Heartbeats, deadlines, and what a client may not send.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    Cause, Clock, Detector, Frame, Layer, Outbox, PingFrames, Platform, ProbeId, Responder, Signal,
};
use heartbeat_platforms::{Begins, BrokenBy, ChallengeRule, Exchange, Hazard, Rules};
use heartbeat_testkit::{
    MockAction, MockExchange, MockOptions, Observation, Offence, OwnedFrame, Surprise, World,
    WorldOptions,
};

use crate::opposite::{Opposite, at};

const SECOND: Duration = Duration::from_secs(1);

/// What a client gets that never says anything, to the millisecond: by hand, for the venues whose
/// rules differ in kind.
const FATES: [(Exchange, u64, Option<u16>, Offence); 6] = [
    (Exchange::Deribit, 60_000, None, Offence::Silence),
    (Exchange::BinanceSpot, 80_000, Some(1008), Offence::UnansweredChallenge),
    (Exchange::Okx, 30_000, Some(4004), Offence::Silence),
    (Exchange::KrakenV2, 60_000, None, Offence::Silence),
    (Exchange::CoinbaseAdvanced, 5_000, None, Offence::NoSubscription),
    (Exchange::Rfc6455, 40_000, Some(1011), Offence::UnansweredChallenge),
];

/// The same for any venue, read off its rules; `None` if it bears such a client for ever.
fn fate_of(rules: &Rules) -> Option<Duration> {
    let from_opening = |rule: &ChallengeRule| rule.every + rule.ends_after();
    let challenge = rules.challenge.filter(|_| rules.begins == Begins::Opening);
    let silence = rules.silence.filter(|rule| {
        // What the venue sends by itself breaks the rest.
        let speaks = rules.beat_every.is_some() || challenge.is_some_and(is_message);
        rule.broken_by == BrokenBy::ClientMessage || !speaks || rules.begins != Begins::Opening
    });
    [challenge.as_ref().map(from_opening), silence.map(|rule| rule.limit), rules.subscribe_within]
        .into_iter()
        .flatten()
        .min()
}

fn is_message(rule: ChallengeRule) -> bool {
    rule.layer == Layer::Dialect
}

#[test]
fn every_venue_has_the_patience_that_its_rules_say() {
    for exchange in Exchange::all() {
        let mut opposite = Opposite::quiet(*exchange);
        opposite.run_until(10_000_000);
        let fate = fate_of(exchange.rules()).and_then(|fate| at(0).checked_add(fate));
        assert_eq!(opposite.end.map(|(end, _)| end), fate, "{exchange}");
    }
}

#[test]
fn a_client_that_never_sends_is_thrown_out_at_the_venues_deadline() {
    for (exchange, millis, code, why) in FATES {
        let mut opposite = Opposite::quiet(exchange);
        opposite.run_until(millis - 1);
        assert_eq!(opposite.end, None, "{exchange} lost patience too early");
        opposite.run_until(1_000_000);
        assert_eq!(opposite.end, Some((at(millis), code)), "{exchange}");
        assert_eq!(opposite.kicked_for(), Some(why), "{exchange}");
        assert_eq!(opposite.mock.poll(at(2_000_000)), MockAction::Wait(None), "{exchange}");
    }
}

#[test]
fn time_scale_divides_every_deadline() {
    for (exchange, millis, code, _) in FATES {
        let scale = NonZeroU32::new(10).unwrap();
        let options = MockOptions::default().data_every(None).time_scale(scale);
        let mut opposite = Opposite::new(exchange, options);
        opposite.run_until(1_000_000);
        assert_eq!(opposite.end, Some((at(millis / 10), code)), "{exchange}");
    }
}

#[test]
fn deribit_closes_when_a_test_request_is_not_answered() {
    let mut opposite = Opposite::quiet(Exchange::Deribit);
    opposite.run_until(1_000);
    opposite.says(Frame::Text(
        r#"{"jsonrpc":"2.0","id":9098,"method":"public/set_heartbeat","params":{"interval":10}}"#,
    ));
    let (_, ack) = opposite.frames.last().unwrap();
    let OwnedFrame::Text(ack) = ack else { panic!("{ack}") };
    let ack: serde_json::Value = serde_json::from_str(ack).unwrap();
    assert_eq!((&ack["id"], &ack["result"]), (&9098.into(), &"ok".into()));

    // A beat, a challenge, the answer, a beat, a challenge, silence.
    opposite.run_until(11_000);
    assert_eq!(opposite.mock.counters().challenges, 1);
    assert_eq!(opposite.mock.counters().beats, 1);
    opposite.run_until(11_140);
    opposite.says(Frame::Text(r#"{"jsonrpc":"2.0","id":1,"method":"public/test","params":{}}"#));
    let after = Duration::from_millis(140);
    assert_eq!(opposite.seen.last(), Some(&Observation::Answered { after }));
    opposite.run_until(1_000_000);
    assert_eq!(opposite.end, Some((at(31_000), Some(4000))));
    assert_eq!(opposite.kicked_for(), Some(Offence::UnansweredChallenge));
}

#[test]
fn deribit_refuses_what_its_documents_refuse() {
    let mut opposite = Opposite::quiet(Exchange::Deribit);
    for (request, code) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":9}}"#,
            -32_602,
        ),
        (r#"{"jsonrpc":"2.0","method":"public/test","params":{}}"#, -32_600),
        (r#"{"jsonrpc":"2.0","id":2,"method":"public/tset","params":{}}"#, -32_601),
    ] {
        opposite.says(Frame::Text(request));
        let (_, OwnedFrame::Text(reply)) = opposite.frames.last().unwrap() else {
            panic!("no reply to {request}");
        };
        let reply: serde_json::Value = serde_json::from_str(reply).unwrap();
        assert_eq!(reply["error"]["code"], code, "{request}");
    }
    assert!(!opposite.seen.contains(&Observation::Armed));
    // Answering what was not asked is noticed, and got away with.
    opposite.says(Frame::Text(r#"{"jsonrpc":"2.0","id":3,"method":"public/test"}"#));
    let why = Surprise::AnswerWithoutChallenge;
    assert!(opposite.seen.contains(&Observation::Unexpected { why }));
    assert_eq!(opposite.mock.counters().extra_answers, 1);
    assert_eq!(opposite.end, None);
}

#[test]
fn a_pong_must_echo_its_ping() {
    for (exchange, code) in [(Exchange::BinanceSpot, 1008), (Exchange::Rfc6455, 1011)] {
        let mut opposite = Opposite::quiet(exchange);
        opposite.run_until(20_000);
        let ping = opposite.last_ping();
        // Unsolicited pongs are legal and no answer.
        opposite.says(Frame::Pong(b""));
        assert_eq!((opposite.end, opposite.mock.counters().answered), (None, 0), "{exchange}");
        opposite.says(Frame::Pong(&ping));
        opposite.says(Frame::Pong(&ping));
        let counters = opposite.mock.counters();
        assert_eq!((counters.answered, counters.extra_answers), (1, 2), "{exchange}");

        opposite.run_until(40_000);
        assert_ne!(opposite.last_ping(), ping, "{exchange} must not repeat a payload");
        opposite.says(Frame::Pong(&ping));
        assert_eq!(opposite.end, None, "{exchange}: an old pong again is no wrong one");
        opposite.says(Frame::Pong(b"not what was sent"));
        assert_eq!(opposite.end, Some((at(40_000), Some(code))), "{exchange}");
        assert_eq!(opposite.kicked_for(), Some(Offence::WrongEcho), "{exchange}");
    }
}

#[test]
fn the_latest_pong_answers_for_those_before_it() {
    let mut opposite = Opposite::quiet(Exchange::BinanceSpot);
    opposite.run_until(60_000);
    opposite.says(Frame::Pong(&opposite.last_ping()));
    let counters = opposite.mock.counters();
    assert_eq!((counters.challenges, counters.answered, counters.superseded), (3, 1, 2));
    opposite.run_until(139_999);
    assert_eq!(opposite.end, None, "the next ping went out at 80 s");
}

#[test]
fn an_answer_at_the_last_moment_is_in_time() {
    let mut opposite = Opposite::quiet(Exchange::BinanceSpot);
    opposite.run_until(20_000);
    let ping = opposite.last_ping();
    opposite.run_until(79_999);
    opposite.says(Frame::Pong(&ping));
    opposite.run_until(80_000);
    assert_eq!(opposite.end, None);
}

#[test]
fn kraken_greets_beats_and_echoes_the_request_id() {
    let mut opposite = Opposite::quiet(Exchange::KrakenV2);
    opposite.run_until(30_000);
    assert_eq!(opposite.frames.len(), 1, "no beat before a subscription");
    opposite.says(Frame::Text(
        r#"{"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/USD"]}}"#,
    ));
    opposite.run_until(33_000);
    let texts: Vec<String> = opposite.frames.iter().map(|(_, frame)| frame.to_string()).collect();
    assert!(texts[0].contains(r#""channel":"status""#), "{texts:?}");
    assert_eq!(texts[2..], [r#"text {"channel":"heartbeat"}"#; 3]);
    opposite.says(Frame::Text(r#"{"method":"ping","req_id":101}"#));
    let (_, OwnedFrame::Text(pong)) = opposite.frames.last().unwrap() else {
        panic!("no pong");
    };
    let pong: serde_json::Value = serde_json::from_str(pong).unwrap();
    assert_eq!((&pong["method"], &pong["req_id"]), (&"pong".into(), &101.into()));
    assert_eq!(pong["time_in"], "2026-01-01T00:00:33.000000Z");
}

#[test]
fn pings_carry_the_payload_that_the_venue_is_known_by() {
    for (exchange, millis, payload) in
        [(Exchange::Kalshi, 10_000, "heartbeat"), (Exchange::Bitvavo, 50_000, "ping")]
    {
        let mut opposite = Opposite::quiet(exchange);
        for turn in 1..4 {
            opposite.run_until(turn * millis);
            assert_eq!(opposite.last_ping(), payload.as_bytes(), "{exchange}");
            opposite.says(Frame::Pong(payload.as_bytes()));
            assert_eq!(opposite.mock.counters().answered, turn, "{exchange}");
        }
        opposite.run_until(5 * millis - 1);
        assert_eq!(opposite.end, None, "{exchange}");
        opposite.run_until(5 * millis);
        assert_eq!(opposite.kicked_for(), Some(Offence::UnansweredChallenge), "{exchange}");
    }
}

#[test]
fn upbit_closes_on_what_does_not_parse_and_packs_what_it_says() {
    let mut opposite = Opposite::quiet(Exchange::Upbit);
    opposite.says(Frame::Text("PING"));
    let (_, up) = opposite.frames.last().unwrap();
    assert_eq!(up, &OwnedFrame::Binary(br#"{"status":"UP"}"#.to_vec()));
    opposite.says(Frame::Text("ping"));
    assert_eq!(opposite.end, Some((at(0), Some(1000))));
    assert_eq!(opposite.kicked_for(), Some(Offence::MalformedText));
}

#[test]
fn coinbase_counts_its_heartbeats_in_strings_and_in_numbers() {
    let mut opposite = Opposite::quiet(Exchange::CoinbaseAdvanced);
    opposite.says(Frame::Text(r#"{"type":"subscribe","channel":"heartbeats"}"#));
    opposite.run_until(2_000);
    let counters: Vec<serde_json::Value> = opposite.frames[1..]
        .iter()
        .map(|(_, frame)| {
            let OwnedFrame::Text(text) = frame else { panic!("{frame}") };
            let beat: serde_json::Value = serde_json::from_str(text).unwrap();
            beat["events"][0]["heartbeat_counter"].clone()
        })
        .collect();
    assert_eq!(counters, [serde_json::json!("1"), serde_json::json!(2)]);
}

// ------------------------------------------------------------------------------- faults

fn world(exchange: Exchange, fault: &str) -> World<Exchange> {
    let mock = MockOptions::default().fault(fault.parse().unwrap());
    World::of(exchange, WorldOptions::seeded(31).mock(mock))
}

/// Tells whether a venue's answers name their probe, so that a wrong or late one is known as one.
fn is_numbered(exchange: Exchange) -> bool {
    let probe = ProbeId::from_number(7);
    let mut out = Outbox::new();
    exchange.probe(probe, &mut out).unwrap();
    let mut opposite = Opposite::quiet(exchange);
    out.frame().into_iter().for_each(|frame| opposite.says(frame));
    let named = Signal::Answer { probe: Some(probe) };
    let probes = exchange.defaults().build().unwrap().probing().is_some();
    probes && opposite.frames.iter().any(|(_, frame)| exchange.classify(frame.as_frame()) == named)
}

#[test]
fn answers_that_are_late_count_and_those_that_are_not_ours_do_not() {
    for exchange in Exchange::all().iter().copied().filter(|venue| is_numbered(*venue)) {
        let mut late = world(exchange, "late-answer=4s@20s");
        assert!(late.run_until_verdict(120 * SECOND).is_none(), "{exchange}: four seconds late");
        assert!(late.client().health().counters.failures > 0, "{exchange}: and not in time");
        let mut wrong = world(exchange, "wrong-echo@20s");
        let verdict = wrong.run_until_verdict(120 * SECOND).expect("a verdict");
        let is_overdue = matches!(verdict.cause, Cause::AnswerOverdue { .. });
        assert!(is_overdue, "{exchange}: {}", verdict.cause);
    }
}

#[test]
fn a_second_answer_harms_nobody() {
    for exchange in Exchange::all() {
        let mut world = world(*exchange, "duplicate-answer@0s");
        world.run_for(300 * SECOND);
        assert!(world.verdict().is_none(), "{exchange}");
        let health = world.client().health();
        if is_numbered(*exchange) {
            assert!(health.counters.answers_ignored >= 50, "{exchange}: {health:?}");
        }
    }
}

#[test]
fn a_zombie_keeps_its_heartbeat_and_is_found_by_its_missing_data() {
    let zombie = MockOptions::default().fault("zombie@60s".parse().unwrap());
    let options = WorldOptions::seeded(32).mock(zombie);
    let exchange = Exchange::BinanceSpot;
    let defaults = exchange.defaults();
    let blind = defaults.build().unwrap();
    let watching = defaults.data_limit(10 * SECOND).build().unwrap();

    let mut world = World::new(exchange, blind, exchange, options.clone());
    assert!(world.run_until_verdict(600 * SECOND).is_none(), "its heartbeat is up");
    let mut world = World::new(exchange, watching, exchange, options);
    let verdict = world.run_until_verdict(600 * SECOND).expect("a verdict");
    assert!(matches!(verdict.cause, Cause::ClockExceeded { clock: Clock::Data, .. }));
    assert!(verdict.at <= at(90_100), "three times ten seconds after its last data");
}

#[test]
fn a_close_and_a_cut_arrive_as_what_they_are() {
    for exchange in Exchange::all() {
        let verdict = world(*exchange, "close=1012@7s").run_until_verdict(8 * SECOND).unwrap();
        assert_eq!(verdict.cause, Cause::PeerClosed { code: Some(1012) }, "{exchange}");
        let verdict = world(*exchange, "cut@7s").run_until_verdict(8 * SECOND).unwrap();
        assert_eq!(verdict.cause, Cause::TransportLost, "{exchange}");
    }
}

#[test]
fn a_short_silence_is_survived_and_nothing_is_held_against_the_client() {
    for fault in ["silent@30s+4s", "half-open@30s+4s"] {
        for exchange in Exchange::all() {
            let mut world = world(*exchange, fault);
            world.run_for(600 * SECOND);
            assert!(world.verdict().is_none(), "{exchange} under {fault}: {:?}", world.verdict());
            assert!(!world.venue().is_over(), "{exchange} under {fault}");
        }
    }
}

#[test]
fn nothing_leaves_a_silent_venue_and_a_half_open_one_does_not_even_read() {
    for exchange in Exchange::all() {
        for (fault, reads) in [("silent@4s", true), ("half-open@4s", false)] {
            let options = MockOptions::default().fault(fault.parse().unwrap());
            let mut opposite = Opposite::new(*exchange, options);
            // What does not parse would end the connection of some before the fault begins.
            let is_strict = exchange.facts().hazards.contains(&Hazard::MalformedText);
            let text = if is_strict { Frame::Ping(b"8") } else { Frame::Text("hello") };
            opposite.says(text);
            opposite.run_until(4_000);
            let heard = |mock: &MockExchange| mock.counters().messages + mock.counters().probes;
            let (frames, before) = (opposite.frames.len(), heard(&opposite.mock));
            let is_harmful = exchange.facts().ping_frames() != PingFrames::Harmless;
            let ping = if is_harmful { text } else { Frame::Ping(b"7") };
            for frame in [ping, text, text] {
                opposite.says(frame);
            }
            opposite.run_until(1_000_000);
            assert_eq!(opposite.frames.len(), frames, "{exchange} under {fault}");
            let heard = heard(&opposite.mock) - before;
            assert_eq!(heard, if reads { 3 } else { 0 }, "{exchange} under {fault}");
            assert_eq!(opposite.mock.takes_input(), reads);
        }
    }
}

/// Alpaca: ten seconds to authenticate (error 404 of its documents), which a session cannot.
#[test]
fn who_does_not_authenticate_in_time_is_thrown_out_where_the_venue_demands_it() {
    let mut venues = 0;
    for exchange in Exchange::all() {
        let Some(within) = exchange.rules().authenticate_within else { continue };
        let millis = u64::try_from(within.as_millis()).unwrap();
        let demanding = || MockOptions::default().data_every(None).demand_login();
        let mut idle = Opposite::new(*exchange, demanding());
        idle.run_until(millis - 1);
        assert_eq!(idle.end, None, "{exchange}");
        idle.run_until(millis);
        assert!(idle.end.is_some(), "{exchange}");

        let mut known = Opposite::new(*exchange, demanding());
        known.says(Frame::Text(r#"{"mock":"login","id":1,"key":"K"}"#));
        // Not so long that it would have to answer something.
        known.run_until(millis + 1_000);
        assert_eq!(known.end, None, "{exchange}");
        venues += 1;
    }
    assert!(venues > 0, "no venue demands it");
}
