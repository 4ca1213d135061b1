//! WOO X, the legacy API v1. Shapes: ccxt 4.5.90 and tardis-node c1d73fb, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct WooxV1;

impl Dialect for WooxV1 {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let time = unix_millis(now);
        match request["event"].as_str() {
            Some("pong") => Meaning::Response { token: String::new(), reply: String::new() },
            Some("ping") => Meaning::Probe {
                answer: json!({ "event": "pong", "ts": time }).to_string(),
                wrong: json!({ "event": "pong", "success": false, "ts": time }).to_string(),
            },
            Some(event @ ("subscribe" | "unsubscribe")) => subscription(
                event == "subscribe",
                &json!({
                    "id": request["id"],
                    "event": event,
                    "success": true,
                    "ts": time,
                    "data": request["topic"],
                }),
            ),
            Some(event @ "auth") => login(
                &request["params"]["apikey"],
                &json!({ "id": request["id"], "event": event, "success": true, "ts": time }),
                &json!({
                    "id": request["id"],
                    "event": event,
                    "success": false,
                    "ts": time,
                    "errorMsg": "Authentication failed",
                }),
            ),
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "id": request["id"],
                    "event": request["event"],
                    "success": false,
                    "ts": time,
                    "errorMsg": "Auth is needed.",
                })
                .to_string(),
            },
        }
    }

    fn challenge(&self, now: Timestamp, _serial: u64) -> Challenge {
        let text = json!({ "event": "ping", "ts": unix_millis(now) }).to_string();
        Challenge { text, token: String::new() }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "topic": "PERP_BTC_USDT@bbo",
            "ts": unix_millis(now),
            "data": {
                "symbol": "PERP_BTC_USDT",
                "ask": 91_000.6,
                "askSize": 0.0002,
                "bid": 91_000.4,
                "bidSize": 0.3,
            },
        })
        .to_string()
    }
}
