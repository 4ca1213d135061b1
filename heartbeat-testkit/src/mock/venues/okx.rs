//! OKX v5, the JSON endpoints. Shapes: OKX API guide, WebSocket overview, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::StreamChange;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{WRONG_KEY, change, object};

/// Chosen once, as one connection has one.
const CONN_ID: &str = "a4d3ae55";

/// What the notice of an upgrade says.
const UPGRADE: &str = "The connection will soon be closed for a service upgrade. Please reconnect.";

#[derive(Debug)]
pub(in super::super) struct Okx;

impl Dialect for Okx {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "ping" {
            return Meaning::Probe { answer: "pong".to_owned(), wrong: "\"pong\"".to_owned() };
        }
        let request = object(text).unwrap_or(Value::Null);
        match (request["op"].as_str(), request["args"].as_array()) {
            (Some(op @ ("subscribe" | "unsubscribe")), Some(args)) if !args.is_empty() => {
                let change = |arg| subscribe(&request, op == "subscribe", arg);
                Meaning::Streams(args.iter().map(change).collect())
            }
            (Some("login"), Some(_)) => login(&request["args"][0]["apiKey"]),
            _ => Meaning::Refused {
                reply: json!({
                    "event": "error",
                    "code": "60012",
                    "msg": format!("Invalid request: {text}"),
                    "connId": CONN_ID,
                })
                .to_string(),
            },
        }
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            json!({
                "event": "notice",
                "code": "64008",
                "msg": UPGRADE,
                "connId": CONN_ID,
            })
            .to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, r#"{"channel":"tickers","instId":"BTC-USDT"}"#)
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let arg = object(stream).unwrap_or(Value::Null);
        let [channel, symbol] = [&arg["channel"], &arg["instId"]];
        let (channel, symbol) = (channel.as_str().unwrap_or_default(), symbol.as_str());
        let Some(quote) = quote(symbol.unwrap_or("BTC"), serial) else { return String::new() };
        let (last, bid, ask) = (quote.last(), quote.bid(), quote.ask());
        let ts = unix_millis(now).to_string();
        let mut message = json!({ "arg": arg });
        message["data"] = match channel {
            _ if PRIVATE.contains(&channel) => return String::new(),
            "trades" | "trades-all" => json!([{
                "instId": symbol, "tradeId": serial.to_string(), "px": last, "sz": "0.001",
                "side": "buy", "ts": ts, "count": "1",
            }]),
            "bbo-tbt" | "books5" | "books" | "books-l2-tbt" | "books50-l2-tbt" => {
                if !matches!(channel, "bbo-tbt" | "books5") {
                    message["action"] = json!("snapshot");
                }
                json!([{
                    "asks": [[ask, "0.25", "0", "2"]], "bids": [[bid, "0.5", "0", "3"]],
                    "instId": symbol, "ts": ts, "seqId": serial, "prevSeqId": -1,
                }])
            }
            channel if channel.starts_with("candle") => {
                json!([[ts, bid, ask, bid, last, "1.5", "1.5", "1.5", "0"]])
            }
            "tickers" => json!([{
                "instType": inst_type(symbol), "instId": symbol, "last": last, "lastSz": "0.001",
                "askPx": ask, "askSz": "0.25", "bidPx": bid, "bidSz": "0.5", "open24h": bid,
                "high24h": ask, "low24h": bid, "vol24h": "100", "volCcy24h": "100", "ts": ts,
            }]),
            _ => json!([{ "instType": inst_type(symbol), "instId": symbol, "ts": ts,
                "markPx": last, "idxPx": last, "oi": "1000", "fundingRate": "0.0001" }]),
        };
        message.to_string()
    }
}

/// The channels of the public and business endpoints that are played, but for the candles.
const PUBLIC: [&str; 16] = [
    "tickers",
    "trades",
    "trades-all",
    "books",
    "books5",
    "bbo-tbt",
    "books-l2-tbt",
    "books50-l2-tbt",
    "mark-price",
    "funding-rate",
    "index-tickers",
    "open-interest",
    "price-limit",
    "instruments",
    "liquidation-orders",
    "status",
];

/// The channels in which something is said when something happens.
const PRIVATE: [&str; 7] = [
    "account",
    "positions",
    "balance_and_position",
    "orders",
    "orders-algo",
    "fills",
    "liquidation-warning",
];

/// Each argument has its own acknowledgement, or error.
fn subscribe(request: &Value, starts: bool, arg: &Value) -> StreamChange {
    let channel = arg["channel"].as_str().unwrap_or_default();
    let is_candle = channel.contains("candle");
    let is_known = is_candle || PUBLIC.contains(&channel) || PRIVATE.contains(&channel);
    let mut reply = if is_known && arg["instId"].as_str().is_none_or(is_listed) {
        let event = if starts { "subscribe" } else { "unsubscribe" };
        json!({ "event": event, "arg": arg, "connId": CONN_ID })
    } else {
        let of = arg["instId"].as_str().map_or_else(String::new, |id| format!(",instId:{id}"));
        let msg = format!(
            "Wrong URL or channel:{channel}{of} doesn't exist. Please use the correct URL, channel \
             and parameters referring to API document."
        );
        json!({ "event": "error", "code": "60018", "msg": msg, "connId": CONN_ID })
    };
    if request["id"].is_string() {
        reply["id"] = request["id"].clone();
    }
    let is_refused = reply["event"] == "error";
    let reply = reply.to_string();
    if is_refused { StreamChange::Refuse { reply } } else { change(starts, arg.to_string(), reply) }
}

/// Any key is well, but one.
fn login(key: &Value) -> Meaning {
    let reply = |event: &str, code: &str, msg: &str| {
        json!({ "event": event, "code": code, "msg": msg, "connId": CONN_ID }).to_string()
    };
    match key.as_str() {
        Some(WRONG_KEY) | None => {
            Meaning::Refused { reply: reply("error", "60005", "Invalid apiKey") }
        }
        Some(_) => Meaning::LoggedIn { reply: reply("login", "0", "") },
    }
}

fn inst_type(symbol: Option<&str>) -> &'static str {
    match symbol.map(|symbol| symbol.split('-').count()) {
        Some(3) => "SWAP",
        Some(5..) => "OPTION",
        _ => "SPOT",
    }
}
