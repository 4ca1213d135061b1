//! Bitget v2 and v3. Shapes: Bitget API guide, WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Bitget;

impl Dialect for Bitget {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "ping" {
            return Meaning::Probe { answer: "pong".to_owned(), wrong: "\"pong\"".to_owned() };
        }
        let request = object(text).unwrap_or(Value::Null);
        match request["op"].as_str() {
            Some(op @ ("subscribe" | "unsubscribe")) => Meaning::Subscribe {
                reply: json!({ "event": op, "arg": request["args"][0] }).to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({ "event": "error", "code": 30003, "msg": "op not exists" })
                    .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "action": "snapshot",
            "arg": { "instType": "SPOT", "channel": "ticker", "instId": "BTCUSDT" },
            "data": [{
                "instId": "BTCUSDT",
                "lastPr": "91000.5",
                "bidPr": "91000.4",
                "askPr": "91000.6",
                "ts": unix_millis(now).to_string(),
            }],
            "ts": unix_millis(now),
        })
        .to_string()
    }
}
