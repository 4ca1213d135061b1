//! Hyperliquid. Shapes: hyperliquid.gitbook.io, WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{changes, object};

#[derive(Debug)]
pub(in super::super) struct Hyperliquid;

impl Dialect for Hyperliquid {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: r#"{"channel":"pong"}"#.to_owned(),
                wrong: r#"{"channel":"post","data":{"id":1,"response":"pong"}}"#.to_owned(),
            },
            Some(method @ ("subscribe" | "unsubscribe")) => {
                let subscription = &request["subscription"];
                if !is_known(subscription) {
                    let why = format!("Invalid subscription {subscription}");
                    let reply = json!({ "channel": "error", "data": why }).to_string();
                    return Meaning::Refused { reply };
                }
                let reply = json!({ "channel": "subscriptionResponse", "data": request });
                changes(method == "subscribe", [subscription.to_string()], &reply)
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "channel": "error",
                    "data": format!("Error parsing JSON into valid websocket request: {text}"),
                })
                .to_string(),
            },
        }
    }

    /// Not JSON (the venue's own Python client waits for it).
    fn greeting(&self) -> Option<String> {
        Some("Websocket connection established.".to_owned())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, r#"{"coin":"BTC","type":"trades"}"#)
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let subscription = object(stream).unwrap_or(Value::Null);
        let kind = subscription["type"].as_str().unwrap_or_default();
        let coin = &subscription["coin"];
        let Some(quote) = quote(coin.as_str().unwrap_or("BTC"), serial) else {
            return String::new();
        };
        let (last, bid, ask, time) = (quote.last(), quote.bid(), quote.ask(), unix_millis(now));
        let level = |px: &str| json!({ "px": px, "sz": "0.5", "n": 1 });
        let data = match kind {
            "trades" => json!([{
                "coin": coin, "side": "B", "px": last, "sz": "0.001", "time": time, "tid": serial,
                "hash": format!("0x{serial:064x}"), "users": ["0x1", "0x2"],
            }]),
            "l2Book" => json!({
                "coin": coin, "time": time, "levels": [[level(&bid)], [level(&ask)]],
            }),
            "bbo" => json!({ "coin": coin, "time": time, "bbo": [level(&bid), level(&ask)] }),
            "allMids" => json!({ "mids": { "BTC": last } }),
            "candle" => json!({
                "t": time / 60_000 * 60_000, "T": time / 60_000 * 60_000 + 59_999, "s": coin,
                "i": subscription["interval"], "o": bid, "c": last, "h": ask, "l": bid, "v": "1.5",
                "n": 1,
            }),
            "activeAssetCtx" => json!({
                "coin": coin,
                "ctx": {
                    "funding": "0.0000125", "openInterest": "1000", "prevDayPx": bid,
                    "dayNtlVlm": "9100050", "premium": "0.0", "oraclePx": last, "markPx": last,
                    "midPx": last, "impactPxs": [bid, ask], "dayBaseVlm": "100",
                },
            }),
            // A user's: nothing until something happens.
            _ => return String::new(),
        };
        json!({ "channel": kind, "data": data }).to_string()
    }
}

/// Of which there is data for a coin, and of which for a user.
const OF_COINS: [&str; 5] = ["trades", "l2Book", "bbo", "candle", "activeAssetCtx"];
const OF_USERS: [&str; 10] = [
    "notification",
    "webData2",
    "webData3",
    "orderUpdates",
    "userEvents",
    "userFills",
    "userFundings",
    "userNonFundingLedgerUpdates",
    "activeAssetData",
    "userTwapSliceFills",
];

fn is_known(subscription: &Value) -> bool {
    let kind = subscription["type"].as_str().unwrap_or_default();
    let has_coin = subscription["coin"].as_str().is_some_and(is_listed);
    kind == "allMids"
        || (OF_COINS.contains(&kind) && has_coin)
        || (OF_USERS.contains(&kind) && subscription["user"].is_string())
}
