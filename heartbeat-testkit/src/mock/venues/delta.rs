//! Delta Exchange. Shapes: delta-exchange/slate, and captures, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Delta;

impl Dialect for Delta {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["type"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: r#"{"type":"pong"}"#.to_owned(),
                wrong: r#"{"type":"ping"}"#.to_owned(),
            },
            // Neither is acknowledged (wire capture, 2026).
            Some("enable_heartbeat") => Meaning::Arm { reply: String::new(), every: None },
            Some("disable_heartbeat") => Meaning::Disarm { reply: String::new() },
            Some("subscribe" | "unsubscribe") => Meaning::Subscribe {
                reply: json!({
                    "type": "subscriptions",
                    "channels": request["payload"]["channels"],
                })
                .to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({ "type": "error", "message": "invalid request" }).to_string(),
            },
        }
    }

    fn beat(&self, now: Timestamp, _serial: u64) -> String {
        let micros = unix_millis(now).saturating_mul(1_000);
        json!({ "type": "heartbeat", "ts_origin": micros, "ts_publish": micros }).to_string()
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "type": "all_trades",
            "symbol": "BTCUSD",
            "product_id": 27,
            "price": "91000.5",
            "size": serial,
            "timestamp": unix_millis(now).saturating_mul(1_000),
        })
        .to_string()
    }
}
