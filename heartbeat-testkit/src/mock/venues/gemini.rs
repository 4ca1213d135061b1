//! Gemini, the new WebSocket API. Shapes: a wire capture of 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Gemini;

impl Dialect for Gemini {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        let granted = |id: &Value| json!({ "id": id, "status": 200 }).to_string();
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: granted(id),
                wrong: granted(&json!(id.as_u64().unwrap_or_default().wrapping_add(1))),
            },
            // The very shape of a pong.
            Some("subscribe" | "unsubscribe") => Meaning::Subscribe { reply: granted(id) },
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "id": id,
                    "status": 400,
                    "error": { "code": -1_013, "msg": "Invalid request" },
                })
                .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "u": serial,
            "E": unix_millis(now).saturating_mul(1_000_000),
            "s": "btcusd",
            "b": "91000.40",
            "B": "0.5",
            "a": "91000.60",
            "A": "0.7",
        })
        .to_string()
    }
}
