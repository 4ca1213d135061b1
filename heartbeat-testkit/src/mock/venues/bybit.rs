//! Bybit v5, the public and the private endpoints. Shapes: bybit-exchange/docs, v5, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{WRONG_KEY, changes, object, texts};

/// Chosen once, as one connection has one.
const CONN_ID: &str = "cfcb4ocsvfriu23r3er0-1b";

/// The public endpoints answer a ping in three ways. The mock is all of them in turn.
#[derive(Debug, Default)]
pub(in super::super) struct BybitPublic {
    pings: u64,
}

impl Dialect for BybitPublic {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        if request["op"] != "ping" {
            return other_request(&request, is_public);
        }
        self.pings += 1;
        let spot = json!({ "success": true, "ret_msg": "pong", "conn_id": CONN_ID, "op": "ping" });
        let mut linear = spot.clone();
        linear["req_id"] = json!("");
        let option = json!({ "args": [unix_millis(now).to_string()], "op": "pong" });
        let mut wrong = spot.clone();
        wrong["req_id"] = json!(other_than(&request["req_id"]));
        let answer = match self.pings % 3 {
            1 => spot,
            2 => linear,
            _ => option,
        };
        Meaning::Probe { answer: answer.to_string(), wrong: wrong.to_string() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, "orderbook.1.BTCUSDT")
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let symbol = symbol_of(stream);
        let Some(quote) = quote(symbol, serial) else { return String::new() };
        let (last, bid, ask, time) = (quote.last(), quote.bid(), quote.ask(), unix_millis(now));
        let (kind, data) = match stream.split('.').next().unwrap_or_default() {
            "publicTrade" => (
                "snapshot",
                json!([{
                    "T": time, "s": symbol, "S": "Buy", "v": "0.001", "p": last,
                    "L": "ZeroPlusTick", "i": serial.to_string(), "BT": false, "seq": serial,
                }]),
            ),
            "tickers" => (
                "snapshot",
                json!({
                    "symbol": symbol, "lastPrice": last, "highPrice24h": ask, "lowPrice24h": bid,
                    "prevPrice24h": bid, "volume24h": "100", "turnover24h": "9100050",
                    "price24hPcnt": "0.001", "bid1Price": bid, "bid1Size": "0.5", "ask1Price": ask,
                    "ask1Size": "0.25", "markPrice": last, "indexPrice": last,
                    "fundingRate": "0.0001",
                    "nextFundingTime": time.to_string(), "openInterest": "1000",
                }),
            ),
            "kline" => (
                "snapshot",
                json!([{
                    "start": time / 60_000 * 60_000, "end": time / 60_000 * 60_000 + 59_999,
                    "interval": stream.split('.').nth(1), "open": bid, "close": last, "high": ask,
                    "low": bid, "volume": "1.5", "turnover": "1.5", "confirm": false,
                    "timestamp": time,
                }]),
            ),
            "orderbook" => (
                "snapshot",
                json!({
                    "s": symbol, "b": [[bid, "0.700"]], "a": [[ask, "1.250"]], "u": serial,
                    "seq": serial,
                }),
            ),
            _ => (
                "snapshot",
                json!([{ "T": time, "s": symbol, "S": "Sell", "v": "0.1", "p": last }]),
            ),
        };
        let message =
            json!({ "topic": stream, "type": kind, "ts": time, "data": data, "cts": time });
        message.to_string()
    }
}

#[derive(Debug)]
pub(in super::super) struct BybitPrivate;

impl Dialect for BybitPrivate {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        if request["op"] != "ping" {
            return other_request(&request, is_private);
        }
        let pong = |id: &Value| {
            let args = [unix_millis(now).to_string()];
            let mut pong = json!({ "op": "pong", "args": args, "conn_id": CONN_ID });
            if id.is_string() {
                pong["req_id"] = id.clone();
            }
            pong.to_string()
        };
        let id = &request["req_id"];
        Meaning::Probe { answer: pong(id), wrong: pong(&json!(other_than(id))) }
    }

    /// There is no message for it: the trade endpoint's answers say that it restarts.
    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            json!({ "retCode": 10_019, "retMsg": "", "op": "order.create", "connId": CONN_ID })
                .to_string()
        })
    }

    /// Of what was asked for something is said when something happens, but for this.
    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        if stream.starts_with("execution") { self.data(now, serial) } else { String::new() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "id": format!("592324803b2785-26fa-4214-9963-{serial:012}"),
            "topic": "execution.fast",
            "creationTime": unix_millis(now),
            "data": [{
                "category": "linear",
                "symbol": "BTCUSDT",
                "execPrice": "91000.50",
                "execQty": "0.001",
                "side": "Buy",
                "execTime": unix_millis(now).to_string(),
                "seq": serial,
            }],
        })
        .to_string()
    }
}

fn other_than(id: &Value) -> String {
    format!("{}0", id.as_str().unwrap_or_default())
}

/// A topic's symbol is its last part.
fn symbol_of(topic: &str) -> &str {
    topic.rsplit('.').next().unwrap_or_default()
}

fn is_public(topic: &str) -> bool {
    const KINDS: [&str; 9] = [
        "orderbook",
        "publicTrade",
        "tickers",
        "kline",
        "liquidation",
        "allLiquidation",
        "price_limit",
        "tickers_lt",
        "kline_lt",
    ];
    KINDS.contains(&topic.split('.').next().unwrap_or_default()) && is_listed(symbol_of(topic))
}

fn is_private(topic: &str) -> bool {
    const KINDS: [&str; 6] = ["order", "execution", "position", "wallet", "greeks", "dcp"];
    KINDS.contains(&topic.split('.').next().unwrap_or_default())
}

fn other_request(request: &Value, is_known: fn(&str) -> bool) -> Meaning {
    let reply = |success: bool, text: &str| {
        json!({
            "success": success,
            "ret_msg": text,
            "conn_id": CONN_ID,
            "req_id": request["req_id"].as_str().unwrap_or_default(),
            "op": request["op"].as_str().unwrap_or_default(),
        })
        .to_string()
    };
    let topics = texts(&request["args"]);
    match request["op"].as_str() {
        Some("auth") => match request["args"][0].as_str() {
            Some(WRONG_KEY) | None => Meaning::Refused { reply: reply(false, "Invalid api_key") },
            Some(_) => Meaning::LoggedIn { reply: reply(true, "") },
        },
        // All or nothing.
        Some("subscribe") => match topics.iter().find(|topic| !is_known(topic)) {
            Some(unknown) => {
                let why = format!("error:handler not found,topic:{unknown}");
                Meaning::Refused { reply: reply(false, &why) }
            }
            None if topics.is_empty() => {
                Meaning::Refused { reply: reply(false, "error:args must name a topic") }
            }
            None => changes(true, topics.into_iter().map(str::to_owned), &reply(true, "")),
        },
        Some("unsubscribe") => {
            changes(false, topics.into_iter().map(str::to_owned), &reply(true, ""))
        }
        Some(_) | None => Meaning::Refused { reply: reply(false, "error:unknown op") },
    }
}
