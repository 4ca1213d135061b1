//! Aevo. Shapes: api-docs.aevo.xyz, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Aevo;

impl Dialect for Aevo {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        let pong = |id: &Value| {
            let time = nanos(now).to_string();
            json!({ "id": id, "data": { "success": true, "timestamp": time } }).to_string()
        };
        match request["op"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: pong(id),
                wrong: pong(&json!(id.as_u64().unwrap_or_default().wrapping_add(1))),
            },
            Some("subscribe" | "unsubscribe") => Meaning::Subscribe {
                reply: json!({ "id": id, "data": request["data"] }).to_string(),
            },
            Some(_) | None => {
                Meaning::Refused { reply: json!({ "id": id, "error": "INVALID_OP" }).to_string() }
            }
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "channel": "trades:ETH-PERP",
            "data": {
                "trade_id": serial.to_string(),
                "instrument_name": "ETH-PERP",
                "side": "buy",
                "price": "3100.5",
                "amount": "0.1",
                "created_timestamp": nanos(now).to_string(),
            },
        })
        .to_string()
    }
}

fn nanos(now: Timestamp) -> u64 {
    unix_millis(now).saturating_mul(1_000_000)
}
