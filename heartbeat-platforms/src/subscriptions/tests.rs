//! What is written for each venue, and what its replies and data mean.

use std::string::{String, ToString as _};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

fn protocol(name: &str) -> &'static dyn SubscriptionProtocol {
    of(name.parse().unwrap()).unwrap()
}

/// Writes a request with the id 7.
fn written(venue: &str, ask: Ask, topics: &[&str]) -> String {
    let mut out = String::new();
    let request = SubscriptionRequest { ask, id: 7, topics, unix_time: 1_700_000_000 };
    protocol(venue).write(&request, &mut out).unwrap();
    out
}

/// Reads a message: what it is, and the topics that it names.
fn read(venue: &str, text: &str) -> (Said, String) {
    let mut names = String::new();
    let said = protocol(venue).read(Frame::Text(text), &mut names);
    (said, names)
}

const ALL: [&str; 15] = [
    "binance-spot",
    "binance-usdm",
    "binance-coinm",
    "bitget",
    "bybit-public",
    "bybit-private",
    "coinbase-advanced",
    "coinbase-exchange",
    "deribit",
    "gate-spot",
    "htx-market",
    "hyperliquid",
    "kraken-v2",
    "kucoin",
    "okx",
];

/// Returns the fields of the cases of a kind.
fn cases<const N: usize>(kind: &str) -> Vec<[&'static str; N]> {
    let lines = include_str!("cases.txt").lines().filter(|line| !line.starts_with('#'));
    let of_kind = lines.filter_map(|line| line.strip_prefix(kind)?.strip_prefix(" ; "));
    let cases: Vec<_> =
        of_kind.map(|line| line.split(" ; ").collect::<Vec<_>>().try_into().unwrap()).collect();
    assert!(cases.len() >= 17, "{kind}: {}", cases.len());
    cases
}

#[test]
fn a_request_is_written_in_the_venues_own_words() {
    for [venue, topics, message] in cases("write") {
        let topics: Vec<_> = topics.split('|').collect();
        for topic in &topics {
            assert_eq!(protocol(venue).check(topic), Ok(()), "{venue}: {topic}");
            let shares = *topic == topics[0] || protocol(venue).may_share(topics[0], topic);
            assert!(shares, "{venue}: {topic}");
        }
        assert_eq!(written(venue, Ask::Subscribe, &topics), message, "{venue}");
        assert!(serde_json::from_str::<serde_json::Value>(message).is_ok(), "{venue}");
        let ended = written(venue, Ask::Unsubscribe, &topics);
        assert_ne!(ended, message, "{venue}");
        assert!(ended.to_lowercase().contains("unsub"), "{venue}: {ended}");
    }
}

const SUB: Option<Ask> = Some(Ask::Subscribe);
const UNSUB: Option<Ask> = Some(Ask::Unsubscribe);

const fn accepted(ask: Option<Ask>, id: Option<u64>, covers: ReplyScope) -> Said {
    Said::Accepted { ask, id, covers }
}

/// Returns what a case says that a reply means.
fn meant(said: &str) -> Said {
    let words: Vec<_> = said.split(' ').collect();
    let ask = match words[1] {
        "subscribe" => SUB,
        "unsubscribe" => UNSUB,
        _ => None,
    };
    let id = words[2].parse().ok();
    let all = [
        ReplyScope::Request,
        ReplyScope::Named,
        ReplyScope::NamedAlone,
        ReplyScope::Ending,
        ReplyScope::Everything,
    ];
    let covers = *all.iter().find(|covers| std::format!("{covers:?}") == words[3]).unwrap();
    match words[0] {
        "accepted" => Said::Accepted { ask, id, covers },
        _ => Said::Refused { ask, id, covers },
    }
}

#[test]
fn a_reply_says_of_which_topics_it_is() {
    for [venue, said, names, text] in cases("reply") {
        assert_eq!(read(venue, text), (meant(said), names.replace('|', "\n")), "{venue}: {text}");
    }
}

#[test]
fn data_name_the_topic_that_was_asked_for() {
    for [venue, name, text] in cases("data") {
        assert_eq!(read(venue, text), (Said::Data, name.replace('|', "\n")), "{venue}: {text}");
    }
}

#[test]
fn a_topic_is_known_by_what_the_data_can_say_of_it() {
    let name = |venue, topic| protocol(venue).name_of(topic);
    assert_eq!(name("kraken-v2", "book BTC/USD depth=10"), "book BTC/USD");
    assert_eq!(name("gate-spot", "spot.order_book BTC_USDT 5 100ms"), "spot.order_book BTC_USDT");
    let candles = "spot.candlesticks 1m BTC_USDT";
    assert_eq!(name("gate-spot", candles), candles);
    assert_eq!(name("okx", "orders instType=SPOT BTC-USDT"), "orders instType=SPOT BTC-USDT");
}

#[test]
fn a_topic_that_no_data_would_name_is_refused() {
    for (venue, topic) in [
        ("binance-spot", "BTCUSDT@trade"),
        ("binance-spot", "btcusdt"),
        ("okx", "tickers:BTC-USDT "),
        ("okx", "orders BTC-USDT instType=SPOT"),
        ("okx", "tickers colour=red"),
        ("bitget", "SPOT"),
        ("coinbase-advanced", "ticker"),
        ("coinbase-advanced", "ticker BTC-USD ETH-USD"),
        ("coinbase-exchange", "ticker"),
        ("coinbase-exchange", "status BTC-USD"),
        ("coinbase-exchange", "heartbeat BTC-USD"),
        ("gate-spot", "spot.tickers"),
        ("kraken-v2", "book BTC/USD 10"),
        ("kucoin", "/market/ticker:BTC-USDT,ETH-USDT"),
        ("hyperliquid", "candle interval=1m BTC"),
    ] {
        assert!(protocol(venue).check(topic).is_err(), "{venue}: {topic}");
    }
}

#[test]
fn what_differs_in_more_than_its_instrument_does_not_share_a_message() {
    for (venue, first, other) in [
        ("coinbase-advanced", "ticker BTC-USD", "level2 BTC-USD"),
        ("coinbase-exchange", "ticker BTC-USD", "matches BTC-USD"),
        ("deribit", "ticker.BTC-PERPETUAL.raw", "user.changes.any.any.raw"),
        ("gate-spot", "spot.tickers BTC_USDT", "spot.trades BTC_USDT"),
        ("gate-spot", "spot.order_book BTC_USDT 5 100ms", "spot.order_book ETH_USDT 5 100ms"),
        ("kraken-v2", "book BTC/USD depth=10", "book ETH/USD depth=100"),
        ("kucoin", "/market/ticker:BTC-USDT", "/market/level2:BTC-USDT"),
    ] {
        assert!(!protocol(venue).may_share(first, other), "{venue}: {first}, {other}");
    }
}

#[test]
fn compressed_data_are_read_by_their_beginning() {
    use std::io::Write as _;
    let zip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let htx = protocol("htx-market");
    let long = "[91000.5,1],".repeat(2_000);
    let data = std::format!(r#"{{"ch":"market.btcusdt.depth","tick":[{long}0]}}"#);
    let mut names = String::new();
    assert_eq!(htx.read(Frame::Binary(&zip(&data)), &mut names), Said::Data);
    assert_eq!(names, "market.btcusdt.depth");
    let reply = zip(r#"{"id":"7","status":"ok","unsubbed":"market.btcusdt.depth","ts":1}"#);
    let said = htx.read(Frame::Binary(&reply), &mut names);
    assert_eq!(said, accepted(UNSUB, Some(7), ReplyScope::Request));
    assert_eq!(htx.read(Frame::Binary(&reply[..20]), &mut names), Said::Other);
    assert_eq!(htx.read(Frame::Binary(b"\x1f\x8b"), &mut names), Said::Other);
}

#[test]
fn a_heartbeat_and_a_reply_to_somebody_else_are_no_data() {
    for (venue, text) in [
        ("okx", "pong"),
        ("coinbase-exchange", r#"{"type":"heartbeat","product_id":"BTC-USD","sequence":1}"#),
        ("okx", r#"{"event":"login","code":"0","msg":""}"#),
        ("okx", r#"{"id":"7","op":"order","code":"0","data":[]}"#),
        ("bybit-public", r#"{"success":true,"ret_msg":"pong","op":"ping"}"#),
        ("kraken-v2", r#"{"channel":"heartbeat"}"#),
        ("kraken-v2", r#"{"method":"pong","req_id":7}"#),
        ("kucoin", r#"{"id":"7","type":"pong"}"#),
        ("deribit", r#"{"method":"heartbeat","params":{"type":"heartbeat"}}"#),
        ("deribit", r#"{"jsonrpc":"2.0","id":7,"result":{"version":"1"}}"#),
        ("hyperliquid", r#"{"channel":"pong"}"#),
        ("hyperliquid", "Websocket connection established."),
        ("gate-spot", r#"{"channel":"spot.pong","event":"","result":null}"#),
    ] {
        assert_eq!(read(venue, text).0, Said::Other, "{venue}: {text}");
    }
}

proptest! {
    #[test]
    fn no_message_breaks_a_reader(text in r#"[{}\[\]",:a-z0-9 ]{0,80}"#, bytes: Vec<u8>) {
        for venue in ALL {
            let mut names = String::new();
            let _ = protocol(venue).read(Frame::Text(&text), &mut names);
            let _ = protocol(venue).read(Frame::Binary(&bytes), &mut names);
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        words in prop::collection::vec("[A-Za-z0-9./:@-]{1,12}", 1..4),
    ) {
        let topic = words.join(" ");
        for venue in ["okx", "hyperliquid", "bitget"] {
            if protocol(venue).check(&topic).is_err() {
                continue;
            }
            let message = written(venue, Ask::Subscribe, &[&topic]);
            let sent: serde_json::Value = serde_json::from_str(&message).unwrap();
            let reply = if venue == "hyperliquid" {
                serde_json::json!({ "channel": "subscriptionResponse", "data": sent })
            } else {
                serde_json::json!({ "event": "subscribe", "arg": sent["args"][0] })
            };
            let (said, name) = read(venue, &reply.to_string());
            prop_assert_eq!(said, accepted(SUB, None, ReplyScope::Named));
            prop_assert_eq!(&name, &topic);
        }
    }
}
