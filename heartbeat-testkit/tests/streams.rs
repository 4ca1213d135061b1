//! Data of the streams that were asked for, none else and none before: what is acknowledged, what
//! is refused, and what ends it, in the forms of the largest venues.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Frame, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{MockAction, MockExchange, MockOptions, Observation, OwnedFrame};

/// What a client says to one venue.
struct Row {
    exchange: Exchange,
    /// Asks for data of Ether and of Solana.
    subscribe: &'static str,
    /// What each acknowledgement of that holds, in order.
    acks: &'static [&'static str],
    /// What data of the one and of the other holds, and nothing else does.
    ether: &'static str,
    solana: &'static str,
    /// Ends the data of Ether, and what acknowledges that holds.
    unsubscribe: &'static str,
    goodbye: &'static str,
    /// Asks for something that there is not, and what the error holds.
    unknown: &'static str,
    error: &'static str,
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The mock, asked over a socket at the root.
fn open(exchange: Exchange, target: &str) -> MockExchange {
    let options = MockOptions::default().data_every(Some(Duration::from_secs(1)));
    let mut mock = MockExchange::new(exchange, options, at(0));
    mock.handle_request(at(0), target);
    mock
}

/// It comes once a second beside the data, and is none.
const KRAKENS_BEAT: &str = r#"{"channel":"heartbeat"}"#;

/// Lets the mock go on to `until`, and returns what it sends and what it notes.
fn run(mock: &mut MockExchange, from: u64, until: u64) -> (Vec<String>, Vec<Observation>) {
    let (mut now, mut texts, mut seen) = (at(from), Vec::new(), Vec::new());
    loop {
        match mock.poll(now) {
            MockAction::Send(OwnedFrame::Text(text)) if text != KRAKENS_BEAT => texts.push(text),
            MockAction::Observe(observation) => seen.push(observation),
            MockAction::Wait(Some(next)) if next <= at(until) => now = next,
            MockAction::Wait(_) => return (texts, seen),
            MockAction::Send(_)
            | MockAction::SendInvalid
            | MockAction::Close { .. }
            | MockAction::Cut => {}
        }
    }
}

fn say(mock: &mut MockExchange, now: u64, text: &str) {
    mock.handle_frame(at(now), Frame::Text(text));
}

const ROWS: &[Row] = &[
    Row {
        exchange: Exchange::Okx,
        subscribe: concat!(
            r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"ETH-USDT"},{"#,
            r#""channel":"books5","instId":"SOL-USDT-SWAP"}]}"#,
        ),
        acks: &[
            concat!(
                r#"{"arg":{"channel":"tickers","instId":"ETH-USDT"},"connId":"a4d3ae55","#,
                r#""event":"subscribe"}"#,
            ),
            concat!(
                r#"{"arg":{"channel":"books5","instId":"SOL-USDT-SWAP"},"#,
                r#""connId":"a4d3ae55","event":"subscribe"}"#,
            ),
        ],
        ether: r#""instId":"ETH-USDT""#,
        solana: r#""instId":"SOL-USDT-SWAP""#,
        unsubscribe: r#"{"op":"unsubscribe","args":[{"channel":"tickers","instId":"ETH-USDT"}]}"#,
        goodbye: r#""event":"unsubscribe""#,
        unknown: r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"NOSUCH-USDT"}]}"#,
        error: r#""code":"60018""#,
    },
    Row {
        exchange: Exchange::Bitget,
        subscribe: concat!(
            r#"{"op":"subscribe","args":[{"instType":"SPOT","channel":"ticker","#,
            r#""instId":"ETHUSDT"},{"instType":"SPOT","channel":"trade","#,
            r#""instId":"SOLUSDT"}]}"#,
        ),
        acks: &[r#""instId":"ETHUSDT""#, r#""instId":"SOLUSDT""#],
        ether: r#""instId":"ETHUSDT""#,
        solana: r#""instId":"SOLUSDT""#,
        unsubscribe: concat!(
            r#"{"op":"unsubscribe","args":[{"instType":"SPOT","channel":"ticker","#,
            r#""instId":"ETHUSDT"}]}"#,
        ),
        goodbye: r#""event":"unsubscribe""#,
        unknown: concat!(
            r#"{"op":"subscribe","args":[{"instType":"SPOT","channel":"tickerz","#,
            r#""instId":"ETHUSDT"}]}"#,
        ),
        error: r#""code":30001"#,
    },
    Row {
        exchange: Exchange::BinanceSpot,
        subscribe: concat!(
            r#"{"method":"SUBSCRIBE","params":["ethusdt@trade","solusdt@bookTicker"],"#,
            r#""id":7}"#,
        ),
        acks: &[r#"{"id":7,"result":null}"#],
        ether: r#""s":"ETHUSDT""#,
        solana: r#""s":"SOLUSDT""#,
        unsubscribe: r#"{"method":"UNSUBSCRIBE","params":["ethusdt@trade"],"id":8}"#,
        goodbye: r#"{"id":8,"result":null}"#,
        unknown: r#"{"method":"SUBSCRIBE","params":["nosuchusdt@trade"],"id":9}"#,
        error: r#""code":2"#,
    },
    Row {
        exchange: Exchange::BinanceUsdm,
        subscribe: concat!(
            r#"{"method":"SUBSCRIBE","params":["ethusdt@aggTrade","#,
            r#""solusdt@markPrice@1s"],"id":7}"#,
        ),
        acks: &[r#"{"id":7,"result":null}"#],
        ether: r#""s":"ETHUSDT""#,
        solana: r#""s":"SOLUSDT""#,
        unsubscribe: r#"{"method":"UNSUBSCRIBE","params":["ethusdt@aggTrade"],"id":8}"#,
        goodbye: r#"{"id":8,"result":null}"#,
        unknown: r#"{"method":"SUBSCRIBE","params":["ethusdt@nothing"],"id":9}"#,
        error: r#""code":2"#,
    },
    Row {
        exchange: Exchange::BybitPublic,
        subscribe: concat!(
            r#"{"req_id":"7","op":"subscribe","args":["publicTrade.ETHUSDT","#,
            r#""orderbook.50.SOLUSDT"]}"#,
        ),
        acks: &[r#""req_id":"7","ret_msg":"","success":true"#],
        ether: r#""topic":"publicTrade.ETHUSDT""#,
        solana: r#""topic":"orderbook.50.SOLUSDT""#,
        unsubscribe: r#"{"op":"unsubscribe","args":["publicTrade.ETHUSDT"]}"#,
        goodbye: r#""op":"unsubscribe""#,
        unknown: r#"{"op":"subscribe","args":["publicTrade.NOSUCH"]}"#,
        error: r#""success":false"#,
    },
    Row {
        exchange: Exchange::CoinbaseAdvanced,
        subscribe: concat!(
            r#"{"type":"subscribe","channel":"market_trades","product_ids":["ETH-USD","#,
            r#""SOL-USD"]}"#,
        ),
        acks: &[r#""subscriptions":{"market_trades":["ETH-USD","SOL-USD"]}"#],
        ether: r#""product_id":"ETH-USD""#,
        solana: r#""product_id":"SOL-USD""#,
        unsubscribe: concat!(
            r#"{"type":"unsubscribe","channel":"market_trades","#,
            r#""product_ids":["ETH-USD"]}"#,
        ),
        goodbye: r#""subscriptions":{"market_trades":["SOL-USD"]}"#,
        unknown: r#"{"type":"subscribe","channel":"ticker","product_ids":["NOSUCH-USD"]}"#,
        error: r#""type":"error""#,
    },
    Row {
        exchange: Exchange::CoinbaseExchange,
        subscribe: concat!(
            r#"{"type":"subscribe","product_ids":["ETH-USD","SOL-USD"],"#,
            r#""channels":["ticker"]}"#,
        ),
        acks: &[r#""name":"ticker","product_ids":["ETH-USD","SOL-USD"]"#],
        ether: r#""product_id":"ETH-USD""#,
        solana: r#""product_id":"SOL-USD""#,
        unsubscribe: r#"{"type":"unsubscribe","product_ids":["ETH-USD"],"channels":["ticker"]}"#,
        goodbye: r#""name":"ticker","product_ids":["SOL-USD"]"#,
        unknown: r#"{"type":"subscribe","product_ids":["NOSUCH-USD"],"channels":["ticker"]}"#,
        error: "NOSUCH-USD is not a valid product",
    },
    Row {
        exchange: Exchange::KrakenV2,
        subscribe: concat!(
            r#"{"method":"subscribe","params":{"channel":"ticker","symbol":["ETH/USD","#,
            r#""SOL/USD"]},"req_id":7}"#,
        ),
        acks: &[r#""symbol":"ETH/USD""#, r#""symbol":"SOL/USD""#],
        ether: r#""symbol":"ETH/USD""#,
        solana: r#""symbol":"SOL/USD""#,
        unsubscribe: concat!(
            r#"{"method":"unsubscribe","params":{"channel":"ticker","#,
            r#""symbol":["ETH/USD"]},"req_id":8}"#,
        ),
        goodbye: r#""req_id":8"#,
        unknown: r#"{"method":"subscribe","params":{"channel":"ticker","symbol":["NOSUCH/USD"]}}"#,
        error: "Currency pair not supported NOSUCH/USD",
    },
    Row {
        exchange: Exchange::GateSpot,
        subscribe: concat!(
            r#"{"time":1,"id":7,"channel":"spot.tickers","event":"subscribe","#,
            r#""payload":["ETH_USDT","SOL_USDT"]}"#,
        ),
        acks: &[r#""result":{"status":"success"}"#],
        ether: r#""currency_pair":"ETH_USDT""#,
        solana: r#""currency_pair":"SOL_USDT""#,
        unsubscribe: concat!(
            r#"{"time":1,"channel":"spot.tickers","event":"unsubscribe","#,
            r#""payload":["ETH_USDT"]}"#,
        ),
        goodbye: r#""event":"unsubscribe""#,
        unknown: concat!(
            r#"{"time":1,"channel":"spot.tickers","event":"subscribe","#,
            r#""payload":["NOSUCH_USDT"]}"#,
        ),
        error: "unknown currency pair NOSUCH_USDT",
    },
    Row {
        exchange: Exchange::Kucoin,
        subscribe: concat!(
            r#"{"id":"7","type":"subscribe","topic":"/market/ticker:ETH-USDT,SOL-USDT","#,
            r#""response":true}"#,
        ),
        acks: &[r#"{"id":"7","type":"ack"}"#],
        ether: r#""topic":"/market/ticker:ETH-USDT""#,
        solana: r#""topic":"/market/ticker:SOL-USDT""#,
        unsubscribe: concat!(
            r#"{"id":"8","type":"unsubscribe","topic":"/market/ticker:ETH-USDT","#,
            r#""response":true}"#,
        ),
        goodbye: r#"{"id":"8","type":"ack"}"#,
        unknown: concat!(
            r#"{"id":"9","type":"subscribe","topic":"/market/nothing:ETH-USDT","#,
            r#""response":true}"#,
        ),
        error: r#""code":404"#,
    },
    Row {
        exchange: Exchange::Deribit,
        subscribe: concat!(
            r#"{"jsonrpc":"2.0","id":7,"method":"public/subscribe","params":{"#,
            r#""channels":["ticker.ETH-PERPETUAL.100ms","#,
            r#""book.SOL_USDC-PERPETUAL.100ms"]}}"#,
        ),
        acks: &[r#""result":["ticker.ETH-PERPETUAL.100ms","book.SOL_USDC-PERPETUAL.100ms"]"#],
        ether: r#""channel":"ticker.ETH-PERPETUAL.100ms""#,
        solana: r#""channel":"book.SOL_USDC-PERPETUAL.100ms""#,
        unsubscribe: concat!(
            r#"{"jsonrpc":"2.0","id":8,"method":"public/unsubscribe","params":{"#,
            r#""channels":["ticker.ETH-PERPETUAL.100ms"]}}"#,
        ),
        goodbye: r#""id":8"#,
        unknown: concat!(
            r#"{"jsonrpc":"2.0","id":9,"method":"public/subscribe","params":{"#,
            r#""channels":["ticker.NOSUCH.100ms"]}}"#,
        ),
        error: r#""code":-32602"#,
    },
    Row {
        exchange: Exchange::Hyperliquid,
        subscribe: r#"{"method":"subscribe","subscription":{"type":"trades","coin":"ETH"}}"#,
        acks: &[concat!(
            r#"{"channel":"subscriptionResponse","data":{"method":"subscribe","#,
            r#""subscription":{"coin":"ETH","type":"trades"}}}"#,
        )],
        ether: r#""coin":"ETH""#,
        // One a request, so there is no other.
        solana: "",
        unsubscribe: r#"{"method":"unsubscribe","subscription":{"type":"trades","coin":"ETH"}}"#,
        goodbye: r#""method":"unsubscribe""#,
        unknown: r#"{"method":"subscribe","subscription":{"type":"trades","coin":"NOSUCH"}}"#,
        error: r#""channel":"error""#,
    },
];

#[test]
fn what_was_asked_for_comes_and_nothing_else_until_it_is_asked_for_no_longer() {
    for row in ROWS {
        let name = row.exchange;
        let mut mock = open(name, "/");
        // Unasked there may be a greeting, and no data.
        let (before, _) = run(&mut mock, 0, 4_500);
        assert!(before.len() <= 1, "{name}: {before:?}");
        say(&mut mock, 4_500, row.subscribe);
        let (acks, seen) = run(&mut mock, 4_500, 4_500);
        assert_eq!(acks.len(), row.acks.len(), "{name}: {acks:?}");
        for (ack, holds) in acks.iter().zip(row.acks) {
            assert!(ack.contains(holds), "{name}: {ack}");
        }
        let streams = if row.solana.is_empty() { 1 } else { 2 };
        let is_told = |seen: &&Observation| matches!(seen, Observation::Subscribed { .. });
        assert_eq!(seen.iter().filter(is_told).count(), streams, "{name}: {seen:?}");

        let (data, _) = run(&mut mock, 4_500, 7_500);
        assert_eq!(data.len(), 3 * streams, "{name}: {data:?}");
        let of = |data: &[String], what: &str| {
            data.iter().filter(|text| !what.is_empty() && text.contains(what)).count()
        };
        assert_eq!(of(&data, row.ether), 3, "{name}: {data:?}");
        assert_eq!(of(&data, row.solana), 3 * (streams - 1), "{name}: {data:?}");

        say(&mut mock, 7_500, row.unsubscribe);
        let (goodbye, _) = run(&mut mock, 7_500, 7_500);
        assert!(goodbye.len() == 1 && goodbye[0].contains(row.goodbye), "{name}: {goodbye:?}");
        say(&mut mock, 7_500, row.unknown);
        let (error, _) = run(&mut mock, 7_500, 7_500);
        assert!(error.len() == 1 && error[0].contains(row.error), "{name}: {error:?}");
        let (data, _) = run(&mut mock, 7_500, 9_500);
        assert_eq!(data.len(), 2 * (streams - 1), "{name}: {data:?}");
        assert_eq!(of(&data, row.ether), 0, "{name}: {data:?}");
    }
}

#[test]
fn to_end_what_never_began_begins_nothing() {
    for row in ROWS {
        let mut mock = open(row.exchange, "/");
        run(&mut mock, 0, 0);
        say(&mut mock, 0, row.unsubscribe);
        let (texts, _) = run(&mut mock, 0, 4_500);
        assert!(texts.len() <= 1, "{}: {texts:?}", row.exchange);
    }
}

#[test]
fn at_binance_the_url_chooses_and_combined_streams_are_wrapped() {
    for (target, message) in
        [("/ws/ethusdt@trade", r#"{"E":"#), ("/stream?streams=ethusdt@trade", r#"{"data":{"E":"#)]
    {
        let mut mock = open(Exchange::BinanceSpot, target);
        let (texts, seen) = run(&mut mock, 0, 2_500);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].starts_with(message) && texts[0].contains("ETHUSDT"), "{texts:?}");
        let stream = "ethusdt@trade".into();
        assert!(seen.contains(&Observation::Subscribed { stream }), "{seen:?}");
    }
    let (texts, _) = run(&mut open(Exchange::BinanceSpot, "/ws"), 0, 2_500);
    assert!(texts.is_empty(), "{texts:?}");
}

/// A login with `KEY`, and what the replies hold when it is well and when it is not.
const LOGINS: &[(Exchange, &str, &str, &str)] = &[
    (
        Exchange::Okx,
        r#"{"op":"login","args":[{"apiKey":"KEY","passphrase":"p","sign":"s"}]}"#,
        r#""event":"login""#,
        r#""code":"60005""#,
    ),
    (
        Exchange::Bitget,
        r#"{"op":"login","args":[{"apiKey":"KEY","passphrase":"p","sign":"s"}]}"#,
        r#""event":"login""#,
        r#""code":30011"#,
    ),
    (
        Exchange::BybitPrivate,
        r#"{"op":"auth","args":["KEY",1,"s"]}"#,
        r#""success":true"#,
        r#""success":false"#,
    ),
    (
        Exchange::Deribit,
        r#"{"id":7,"method":"public/auth","params":{"client_id":"KEY","client_secret":"s"}}"#,
        r#""access_token""#,
        r#""code":13004"#,
    ),
    (
        Exchange::CryptoCom,
        r#"{"id":7,"method":"public/auth","api_key":"KEY","sig":"s","nonce":1}"#,
        r#""code":0"#,
        r#""code":40101"#,
    ),
    (
        Exchange::Phemex,
        r#"{"id":7,"method":"user.auth","params":["API","KEY","s",1]}"#,
        r#""status":"success""#,
        r#""code":6012"#,
    ),
    (
        Exchange::KrakenFutures,
        r#"{"event":"challenge","api_key":"KEY"}"#,
        r#""event":"challenge""#,
        r#""event":"alert""#,
    ),
    (
        Exchange::MexcFutures,
        r#"{"method":"login","param":{"apiKey":"KEY","reqTime":"1","signature":"s"}}"#,
        r#""channel":"rs.login""#,
        r#""channel":"rs.error""#,
    ),
    (
        Exchange::WooxV1,
        r#"{"id":"7","event":"auth","params":{"apikey":"KEY","sign":"s","timestamp":1}}"#,
        r#""success":true"#,
        r#""success":false"#,
    ),
    (
        Exchange::Bitvavo,
        r#"{"action":"authenticate","key":"KEY","signature":"s","timestamp":1}"#,
        r#""authenticated":true"#,
        r#""errorCode":305"#,
    ),
    (
        Exchange::Bitmex,
        r#"{"op":"authKeyExpires","args":["KEY",1,"s"]}"#,
        r#""success":true"#,
        r#""status":401"#,
    ),
    (
        Exchange::BinanceWsApi,
        r#"{"id":"7","method":"session.logon","params":{"apiKey":"KEY","signature":"s"}}"#,
        r#""authorizedSince""#,
        r#""code":-2015"#,
    ),
    (
        Exchange::Alpaca,
        r#"{"action":"auth","key":"KEY","secret":"s"}"#,
        r#""msg":"authenticated""#,
        r#""msg":"auth failed""#,
    ),
];

#[test]
fn any_key_logs_in_but_one() {
    for (exchange, login, well, wrong) in LOGINS {
        for (key, holds) in [("any", well), ("wrong", wrong)] {
            let mut mock = open(*exchange, "/");
            run(&mut mock, 0, 0);
            say(&mut mock, 0, &login.replace("KEY", key));
            let (texts, _) = run(&mut mock, 0, 0);
            assert!(texts.len() == 1 && texts[0].contains(holds), "{exchange}: {texts:?}");
            // Nobody has asked for data.
            let (texts, _) = run(&mut mock, 0, 2_500);
            assert!(texts.is_empty(), "{exchange}: {texts:?}");
        }
    }
}

#[test]
fn no_pong_comes_where_the_venue_gives_none() {
    for (exchange, is_answered) in [
        (Exchange::Okx, false),
        (Exchange::Kucoin, false),
        (Exchange::Lbank, false),
        (Exchange::BinanceSpot, true),
    ] {
        let mut mock = open(exchange, "/");
        run(&mut mock, 0, 0);
        mock.handle_frame(at(0), Frame::Ping(b"hello"));
        let mut pong = false;
        while let action = mock.poll(at(0))
            && !matches!(action, MockAction::Wait(_))
        {
            pong |= action == MockAction::Send(OwnedFrame::Pong(b"hello".to_vec()));
        }
        assert_eq!(pong, is_answered, "{exchange}");
    }
}
