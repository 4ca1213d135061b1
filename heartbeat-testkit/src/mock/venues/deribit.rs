//! Deribit, JSON-RPC 2.0. Shapes: docs.deribit.com, session management, and a wire capture of
//! 2026.

use core::time::Duration;

use heartbeat_core::Timestamp;
use heartbeat_platforms::CloseRule;
use serde_json::{Value, json};

use super::super::Offence;
use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;

/// The shortest interval that `public/set_heartbeat` takes, in seconds (docs.deribit.com).
const INTERVAL_MIN: u64 = 10;

/// JSON-RPC 2.0, section 5.1.
const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;

#[derive(Debug)]
pub(in super::super) struct Deribit;

impl Dialect for Deribit {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let Some(request) = object(text) else {
            return Meaning::Unknown;
        };
        let id = &request["id"];
        // The documents reject a request without an id; a capture saw one answered. The mock
        // takes the stricter side.
        if !id.is_number() && !id.is_string() {
            let reply = error(&Value::Null, INVALID_REQUEST, "request must have an id");
            return Meaning::Refused { reply };
        }
        match request["method"].as_str() {
            Some("public/test") => {
                let reply = reply(now, id, &json!({ "version": "1.2.26" }));
                Meaning::Response { token: String::new(), reply }
            }
            Some("public/set_heartbeat") => match request["params"]["interval"].as_u64() {
                Some(seconds @ INTERVAL_MIN..) => Meaning::Arm {
                    reply: reply(now, id, &json!("ok")),
                    every: Some(Duration::from_secs(seconds)),
                },
                Some(_) | None => Meaning::Refused {
                    reply: error(id, INVALID_PARAMS, "interval must be at least 10"),
                },
            },
            Some("public/disable_heartbeat") => {
                Meaning::Disarm { reply: reply(now, id, &json!("ok")) }
            }
            Some(
                method @ ("private/enable_cancel_on_disconnect"
                | "private/disable_cancel_on_disconnect"),
            ) => Meaning::CancelOnDisconnect {
                on: method == "private/enable_cancel_on_disconnect",
                reply: reply(now, id, &json!("ok")),
            },
            Some("public/subscribe" | "private/subscribe") => {
                Meaning::Subscribe { reply: reply(now, id, &request["params"]["channels"]) }
            }
            Some(_) | None => {
                Meaning::Refused { reply: error(id, METHOD_NOT_FOUND, "method not found") }
            }
        }
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        let text = r#"{"params":{"type":"test_request"},"method":"heartbeat","jsonrpc":"2.0"}"#;
        Challenge { text: text.to_owned(), token: String::new() }
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        r#"{"params":{"type":"heartbeat"},"method":"heartbeat","jsonrpc":"2.0"}"#.to_owned()
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "jsonrpc": "2.0",
            "method": "subscription",
            "params": {
                "channel": "ticker.BTC-PERPETUAL.100ms",
                "data": {
                    "type": "change",
                    "timestamp": unix_millis(now),
                    "instrument_name": "BTC-PERPETUAL",
                    "change_id": serial,
                    "best_bid_price": 91_000.5,
                    "best_ask_price": 91_001.0,
                },
            },
        })
        .to_string()
    }

    /// An idle connection without a heartbeat was dropped without a close frame (wire capture,
    /// 2026, three runs).
    fn close_for(&self, why: Offence) -> Option<CloseRule> {
        (why == Offence::Silence).then_some(CloseRule::Cut)
    }
}

fn reply(now: Timestamp, id: &Value, result: &Value) -> String {
    let micros = unix_millis(now).saturating_mul(1_000);
    json!({
        "jsonrpc": "2.0",
        "id": id,
        "result": result,
        "usIn": micros,
        "usOut": micros,
        "usDiff": 0,
        "testnet": true,
    })
    .to_string()
}

fn error(id: &Value, code: i64, message: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string()
}
