//! The mock exchange where the client pings in JSON: how each venue answers, what it counts as a
//! sign of life, and what it does not bear.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use heartbeat_core::{Detector, Frame, Outbox, ProbeId, Responder, Signal, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{MockAction, MockExchange, MockOptions, Observation, Offence, OwnedFrame};
use serde_json::{Value, json};

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A mock without market data, which would break the silence of some venues.
fn quiet(exchange: Exchange) -> MockExchange {
    MockExchange::new(exchange, MockOptions::default().data_every(None), at(0))
}

/// Everything that the mock has to do by `now`, up to its close.
fn drain(mock: &mut MockExchange, now: Timestamp) -> Vec<MockAction> {
    let mut actions = Vec::new();
    while !matches!(actions.last(), Some(MockAction::Close { .. } | MockAction::Cut)) {
        let action = mock.poll(now);
        if matches!(action, MockAction::Wait(_)) {
            break;
        }
        actions.push(action);
    }
    actions
}

/// What the mock says to `text` at `now`.
fn replies(mock: &mut MockExchange, now: Timestamp, text: &str) -> Vec<Value> {
    drain(mock, now);
    mock.handle_frame(now, Frame::Text(text));
    let mut replies = Vec::new();
    for action in drain(mock, now) {
        if let MockAction::Send(OwnedFrame::Text(text)) = action {
            replies.push(serde_json::from_str(&text).unwrap());
        }
    }
    replies
}

#[test]
fn an_id_comes_back_in_its_own_type() {
    for (exchange, ping, path, id) in [
        (Exchange::Aevo, r#"{"id":1,"op":"ping"}"#, "/id", json!(1)),
        (Exchange::BybitPrivate, r#"{"req_id":"test","op":"ping"}"#, "/req_id", json!("test")),
        (Exchange::KrakenV1, r#"{"event":"ping","reqid":42}"#, "/reqid", json!(42)),
        (
            Exchange::Kucoin,
            r#"{"id":"1545910590801","type":"ping"}"#,
            "/id",
            json!("1545910590801"),
        ),
        (Exchange::Phemex, r#"{"id":1234,"method":"server.ping","params":[]}"#, "/id", json!(1234)),
        (
            Exchange::PolymarketPerps,
            r#"{"id":99,"req":"post","op":{"type":"ping"}}"#,
            "/id",
            json!(99),
        ),
        (Exchange::Whitebit, r#"{"id":0,"method":"ping","params":[]}"#, "/id", json!(0)),
    ] {
        let replies = replies(&mut quiet(exchange), at(1_000), ping);
        assert_eq!(replies.len(), 1, "{exchange}: {replies:?}");
        assert_eq!(replies[0].pointer(path), Some(&id), "{exchange}");
    }
}

#[test]
fn bybit_answers_in_three_shapes_and_each_is_an_answer() {
    let exchange = Exchange::BybitPublic;
    let mut mock = quiet(exchange);
    let mut out = Outbox::new();
    exchange.probe(ProbeId::from_number(7), &mut out).unwrap();
    let Some(Frame::Text(probe)) = out.frame() else { panic!("{out:?}") };
    let mut shapes = Vec::new();
    for second in 1..=3 {
        let replies = replies(&mut mock, at(second * 1_000), probe);
        let [reply] = &replies[..] else { panic!("{replies:?}") };
        let answer = exchange.classify(Frame::Text(&reply.to_string()));
        assert_eq!(answer, Signal::Answer { probe: None }, "{reply}");
        shapes.push(reply.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    }
    shapes.dedup();
    assert_eq!(shapes.len(), 3, "{shapes:?}");
}

#[test]
fn kraken_v1_beats_once_something_is_subscribed_to() {
    let mut mock = quiet(Exchange::KrakenV1);
    let beat = MockAction::Send(OwnedFrame::text(r#"{"event":"heartbeat"}"#));
    assert!(!drain(&mut mock, at(10_000)).contains(&beat));
    let request = r#"{"event":"subscribe","pair":["XBT/USD"],"subscription":{"name":"ticker"}}"#;
    let replies = replies(&mut mock, at(10_000), request);
    assert_eq!(replies[0]["status"], "subscribed");
    assert!(!drain(&mut mock, at(10_999)).contains(&beat));
    assert!(drain(&mut mock, at(11_000)).contains(&beat));
}

#[test]
fn kucoin_says_bye_to_who_sends_nothing() {
    let mut mock = quiet(Exchange::Kucoin);
    let welcome = OwnedFrame::text(r#"{"id":"hQvf8jkno","type":"welcome"}"#);
    assert!(drain(&mut mock, at(0)).contains(&MockAction::Send(welcome)));
    let bye = MockAction::Close { code: Some(1000), reason: "Bye".into() };
    assert!(!drain(&mut mock, at(27_999)).contains(&bye));
    // No ping frame helps: the venue does not know them.
    mock.handle_frame(at(27_999), Frame::Ping(b"7"));
    assert!(drain(&mut mock, at(28_000)).contains(&bye));
}

#[test]
fn phemex_is_content_with_a_ping_frame_as_well() {
    let mut mock = quiet(Exchange::Phemex);
    drain(&mut mock, at(29_999));
    mock.handle_frame(at(29_999), Frame::Ping(b"7"));
    assert!(!drain(&mut mock, at(59_998)).contains(&MockAction::Cut));
    assert!(drain(&mut mock, at(59_999)).contains(&MockAction::Cut));
}

#[test]
fn whitebit_throws_out_who_sends_what_is_no_json() {
    let mut mock = quiet(Exchange::Whitebit);
    let refused = replies(&mut mock, at(1_000), r#"{"id":3,"method":"pong","params":[]}"#);
    assert_eq!(refused[0]["error"]["code"], 4);
    mock.handle_frame(at(2_000), Frame::Text("ping"));
    let end = drain(&mut mock, at(2_000));
    let kicked = Observation::Kicked { why: Offence::MalformedText, code: None };
    assert!(end.contains(&MockAction::Observe(kicked)), "{end:?}");
    assert_eq!(end.last(), Some(&MockAction::Cut));
}
