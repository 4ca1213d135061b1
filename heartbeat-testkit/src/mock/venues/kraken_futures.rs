//! Kraken Futures. Shapes: docs.kraken.com, Derivatives WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct KrakenFutures;

impl Dialect for KrakenFutures {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["event"].as_str() {
            Some(event @ ("subscribe" | "unsubscribe")) => subscription(
                event == "subscribe",
                &json!({
                    "event": format!("{event}d"),
                    "feed": request["feed"],
                    "product_ids": request["product_ids"],
                }),
            ),
            Some(event @ "challenge") => login(
                &request["api_key"],
                &json!({ "event": event, "message": "226aee50-88fc-4618-a42a-34f7709570b2" }),
                &json!({ "event": "alert", "message": "Invalid api key" }),
            ),
            // Reported by two clients, known to no document.
            Some("ping") => Meaning::Probe {
                answer: json!({ "event": "pong" }).to_string(),
                wrong: json!({ "event": "info", "version": 1 }).to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({ "event": "alert", "message": "Bad request" }).to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(json!({ "event": "info", "version": 1 }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "feed": "trade",
            "product_id": "PF_XBTUSD",
            "side": "sell",
            "type": "fill",
            "seq": serial,
            "time": unix_millis(now),
            "qty": 0.001,
            "price": 91_000.5,
        })
        .to_string()
    }
}
