//! Bitget v2 and v3. Shapes: Bitget API guide, WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::StreamChange;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{WRONG_KEY, change, object};

#[derive(Debug)]
pub(in super::super) struct Bitget;

impl Dialect for Bitget {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "ping" {
            return Meaning::Probe { answer: "pong".to_owned(), wrong: "\"pong\"".to_owned() };
        }
        let request = object(text).unwrap_or(Value::Null);
        match (request["op"].as_str(), request["args"].as_array()) {
            (Some(op @ ("subscribe" | "unsubscribe")), Some(args)) if !args.is_empty() => {
                Meaning::Streams(args.iter().map(|arg| subscribe(op == "subscribe", arg)).collect())
            }
            (Some("login"), Some(_)) => match request["args"][0]["apiKey"].as_str() {
                Some(WRONG_KEY) | None => {
                    let msg = "Invalid ACCESS_KEY";
                    let reply = json!({ "event": "error", "code": 30_011, "msg": msg }).to_string();
                    Meaning::Refused { reply }
                }
                Some(_) => {
                    Meaning::LoggedIn { reply: json!({ "event": "login", "code": 0 }).to_string() }
                }
            },
            _ => Meaning::Refused {
                reply: json!({ "event": "error", "code": 30003, "msg": "op not exists" })
                    .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let stream = r#"{"channel":"ticker","instId":"BTCUSDT","instType":"SPOT"}"#;
        self.data_of(now, serial, stream)
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let arg = object(stream).unwrap_or(Value::Null);
        let (channel, symbol) = channel_and_symbol(&arg);
        let Some(quote) = quote(symbol.unwrap_or("BTC"), serial) else { return String::new() };
        let (last, bid, ask) = (quote.last(), quote.bid(), quote.ask());
        let (millis, ts) = (unix_millis(now), unix_millis(now).to_string());
        let data = match channel {
            channel if PRIVATE.contains(&channel) => return String::new(),
            "trade" | "publicTrade" => json!([{
                "ts": ts, "price": last, "size": "0.001", "side": "buy",
                "tradeId": serial.to_string(),
            }]),
            channel if channel.starts_with("books") => json!([{
                "asks": [[ask, "0.25"]], "bids": [[bid, "0.5"]], "ts": ts, "seq": serial,
            }]),
            channel if channel.starts_with("candle") => {
                json!([[ts, bid, ask, bid, last, "1.5", "1.5", "1.5"]])
            }
            _ => json!([{
                "instId": symbol, "symbol": symbol, "lastPr": last, "lastPrice": last,
                "bidPr": bid, "bidPrice": bid, "askPr": ask, "askPrice": ask, "bidSz": "0.5",
                "askSz": "0.25", "open24h": bid, "high24h": ask, "low24h": bid,
                "baseVolume": "100", "quoteVolume": "9100050", "ts": ts,
            }]),
        };
        json!({ "action": "snapshot", "arg": arg, "data": data, "ts": millis }).to_string()
    }
}

/// The public channels of v2 and v3 that are played, but for the candles.
const PUBLIC: [&str; 8] =
    ["ticker", "trade", "publicTrade", "books", "books1", "books5", "books15", "books50"];

/// The channels in which something is said when something happens.
const PRIVATE: [&str; 9] = [
    "account",
    "positions",
    "position",
    "orders",
    "order",
    "orders-algo",
    "fill",
    "strategy-order",
    "positions-history",
];

/// Version 2 says `channel` and `instId`, version 3 `topic` and `symbol`.
fn channel_and_symbol(arg: &Value) -> (&str, Option<&str>) {
    let channel = arg["channel"].as_str().or_else(|| arg["topic"].as_str()).unwrap_or_default();
    (channel, arg["instId"].as_str().or_else(|| arg["symbol"].as_str()))
}

/// Each argument has its own acknowledgement, or error.
fn subscribe(starts: bool, arg: &Value) -> StreamChange {
    let (channel, symbol) = channel_and_symbol(arg);
    let is_candle = channel.starts_with("candle") || channel.starts_with("kline");
    let is_private = PRIVATE.contains(&channel);
    let is_known = is_candle || is_private || PUBLIC.contains(&channel);
    // A private channel is of all symbols by the name `default`.
    let is_listed = symbol.is_some_and(is_listed) || (is_private && symbol != Some(""));
    if is_known && is_listed {
        let event = if starts { "subscribe" } else { "unsubscribe" };
        let reply = json!({ "event": event, "arg": arg }).to_string();
        return change(starts, arg.to_string(), reply);
    }
    let kind = arg["instType"].as_str().unwrap_or_default();
    let symbol = symbol.unwrap_or_default();
    let msg = format!("instType:{kind},channel:{channel},instId:{symbol} doesn't exist");
    let reply =
        json!({ "event": "error", "arg": arg, "code": 30_001, "msg": msg, "op": "subscribe" });
    StreamChange::Refuse { reply: reply.to_string() }
}
