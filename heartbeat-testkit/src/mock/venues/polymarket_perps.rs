//! Polymarket perpetuals. Shapes: docs.polymarket.com, Perps WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct PolymarketPerps;

impl Dialect for PolymarketPerps {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        let time = unix_millis(now);
        let reply = |id: &Value, status: &str| {
            let mut reply =
                json!({ "ts": time, "data": { "status": status, "ts": time, "sq": 0 } });
            if !id.is_null() {
                reply["id"] = id.clone();
            }
            reply.to_string()
        };
        match (request["req"].as_str(), request["op"]["type"].as_str()) {
            (Some("post"), Some("ping")) => Meaning::Probe {
                answer: reply(id, "ok"),
                wrong: reply(&json!(id.as_u64().unwrap_or_default().wrapping_add(1)), "ok"),
            },
            (Some("sub" | "unsub"), _) => Meaning::Subscribe {
                reply: json!({ "id": id, "data": request["chs"] }).to_string(),
            },
            _ => Meaning::Refused { reply: reply(id, "err") },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "ch": "book::1",
            "ts": unix_millis(now),
            "sq": serial,
            "data": { "b": [["91000.40", "10.00"]], "a": [["91000.60", "10.00"]] },
        })
        .to_string()
    }
}
