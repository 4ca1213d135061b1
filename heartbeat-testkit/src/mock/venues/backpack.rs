//! Backpack. Shapes: docs.backpack.exchange, Streams, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Backpack;

impl Dialect for Backpack {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["method"].as_str() {
            // What is granted is not acknowledged.
            Some("SUBSCRIBE" | "UNSUBSCRIBE") => Meaning::Subscribe { reply: String::new() },
            Some(_) | None => Meaning::Refused {
                reply:
                    json!({ "id": null, "error": { "code": 4002, "message": "Invalid request" } })
                        .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let micros = unix_millis(now).saturating_mul(1_000);
        json!({
            "stream": "markPrice.SOL_USDC_PERP",
            "data": {
                "e": "markPrice",
                "E": micros,
                "s": "SOL_USDC_PERP",
                "p": "130.5",
                "f": "0.0001",
                "i": "130.4",
                "n": serial,
            },
        })
        .to_string()
    }
}
