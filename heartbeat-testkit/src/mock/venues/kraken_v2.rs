//! Kraken spot, WebSocket API v2. Shapes: docs.kraken.com, spot-websocket-v2, 2026.

use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::{iso_micros, iso_seconds};
use super::super::dialect::StreamChange;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{change, object};

#[derive(Debug)]
pub(in super::super) struct KrakenV2;

impl Dialect for KrakenV2 {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["req_id"];
        let time = iso_micros(now);
        let pong = |id: &Value| {
            let mut pong = json!({ "method": "pong", "time_in": time, "time_out": time });
            if !id.is_null() {
                pong["req_id"] = id.clone();
            }
            pong.to_string()
        };
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: pong(id),
                wrong: pong(&json!(id.as_u64().unwrap_or_default().wrapping_add(1))),
            },
            Some(method @ ("subscribe" | "unsubscribe")) => {
                let starts = method == "subscribe";
                let symbol = &request["params"]["symbol"];
                let symbols =
                    symbol.as_array().map_or(core::slice::from_ref(symbol), Vec::as_slice);
                let change = |symbol| subscribe(&request, starts, symbol, &time);
                Meaning::Streams(symbols.iter().map(change).collect())
            }
            Some(method @ "cancel_all_orders_after") if request["params"]["timeout"].is_u64() => {
                let seconds = request["params"]["timeout"].as_u64().unwrap_or_default();
                let timeout = Duration::from_secs(seconds);
                let fires = now.checked_add(timeout).filter(|_| !timeout.is_zero());
                Meaning::DeadMan {
                    timeout,
                    reply: json!({
                        "method": method,
                        "req_id": id,
                        "result": {
                            "currentTime": iso_seconds(now),
                            "triggerTime": fires.map_or_else(|| "0".to_owned(), iso_seconds),
                        },
                        "success": true,
                        "time_in": time,
                        "time_out": time,
                    })
                    .to_string(),
                }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "error": "Unsupported method",
                    "success": false,
                    "req_id": id,
                    "time_in": time,
                    "time_out": time,
                })
                .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(status_of("online"))
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        r#"{"channel":"heartbeat"}"#.to_owned()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        let status = match kind {
            NoticeKind::MaintenanceStarted => "maintenance",
            NoticeKind::MaintenanceEnded => "online",
            NoticeKind::SessionExpired => {
                let error = "ESession:Invalid session";
                return Some(
                    json!({ "error": error, "method": "subscribe", "success": false }).to_string(),
                );
            }
            NoticeKind::Shutdown | _ => return None,
        };
        Some(status_of(status))
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, r#"{"channel":"ticker","symbol":"BTC/USD"}"#)
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let params = object(stream).unwrap_or(Value::Null);
        let symbol = &params["symbol"];
        let Some(quote) = quote(symbol.as_str().unwrap_or("BTC"), serial) else {
            return String::new();
        };
        let ([last, bid, ask], time) = (quote.numbers(), iso_micros(now));
        let (kind, data) = match params["channel"].as_str().unwrap_or_default() {
            "trade" => (
                "update",
                json!({
                    "symbol": symbol, "side": "buy", "price": last, "qty": 0.001,
                    "ord_type": "limit",
                    "trade_id": serial, "timestamp": time,
                }),
            ),
            "book" | "level3" => (
                "snapshot",
                json!({
                    "symbol": symbol, "bids": [{ "price": bid, "qty": 0.5 }],
                    "asks": [{ "price": ask, "qty": 0.25 }], "checksum": 0, "timestamp": time,
                }),
            ),
            "ohlc" => (
                "update",
                json!({
                    "symbol": symbol, "open": bid, "high": ask, "low": bid, "close": last,
                    "trades": 1,
                    "volume": 1.5, "vwap": last, "interval_begin": time, "timestamp": time,
                    "interval": params["interval"].as_u64().unwrap_or(1),
                }),
            ),
            "ticker" => (
                "update",
                json!({
                    "symbol": symbol, "bid": bid, "bid_qty": 0.5, "ask": ask, "ask_qty": 0.25,
                    "last": last, "volume": 100.0, "vwap": last, "low": bid, "high": ask,
                    "change": 0.1,
                    "change_pct": 0.01, "timestamp": time,
                }),
            ),
            _ => return String::new(),
        };
        json!({ "channel": params["channel"], "type": kind, "data": [data] }).to_string()
    }
}

/// The channels that are of symbols, and those that are not.
const OF_SYMBOLS: [&str; 5] = ["ticker", "book", "level3", "trade", "ohlc"];
const OF_NONE: [&str; 4] = ["instrument", "status", "executions", "balances"];

/// Each symbol has its own acknowledgement, or error.
fn subscribe(request: &Value, starts: bool, symbol: &Value, time: &str) -> StreamChange {
    let channel = request["params"]["channel"].as_str().unwrap_or_default();
    let wrong = match symbol.as_str() {
        _ if OF_NONE.contains(&channel) => None,
        _ if !OF_SYMBOLS.contains(&channel) => Some("Subscription name invalid".to_owned()),
        Some(symbol) if is_listed(symbol) => None,
        Some(symbol) => Some(format!("Currency pair not supported {symbol}")),
        None => Some("Symbol missing".to_owned()),
    };
    let mut reply = json!({
        "method": request["method"], "success": wrong.is_none(), "time_in": time, "time_out": time,
    });
    if !request["req_id"].is_null() {
        reply["req_id"] = request["req_id"].clone();
    }
    if let Some(wrong) = wrong {
        reply["error"] = json!(wrong);
        reply["symbol"] = symbol.clone();
        return StreamChange::Refuse { reply: reply.to_string() };
    }
    let mut result = request["params"].clone();
    if let Some(params) = result.as_object_mut() {
        params.remove("token");
    }
    if !symbol.is_null() {
        result["symbol"] = symbol.clone();
    }
    // What ends it need not say how it was begun.
    let stream = json!({ "channel": channel, "symbol": symbol }).to_string();
    reply["result"] = result;
    change(starts, stream, reply.to_string())
}

fn status_of(status: &str) -> String {
    json!({
        "channel": "status",
        "type": "update",
        "data": [{
            "version": "2.0.10",
            "system": status,
            "api_version": "v2",
            "connection_id": 12_393_906_104_898_154_338_u64,
        }],
    })
    .to_string()
}
