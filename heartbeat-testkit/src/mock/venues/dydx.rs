//! dYdX v4, the indexer. Shapes: v4-chain, indexer/services/socks, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// Chosen once, as one connection has one.
const CONNECTION_ID: &str = "004a1efa-21bb-4b19-a2e9-a8ffadd6dc53";

#[derive(Debug)]
pub(in super::super) struct Dydx;

impl Dialect for Dydx {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["type"].as_str() {
            Some(kind @ ("subscribe" | "unsubscribe")) => Meaning::Subscribe {
                reply: json!({
                    "type": format!("{kind}d"),
                    "connection_id": CONNECTION_ID,
                    "message_id": 1,
                    "channel": request["channel"],
                    "id": request["id"],
                    "contents": {},
                })
                .to_string(),
            },
            // Among them `ping`, which the server takes and does not answer.
            Some(_) => Meaning::Unknown,
            None => Meaning::Refused {
                reply: json!({
                    "type": "error",
                    "message": "Invalid message: could not parse",
                    "connection_id": CONNECTION_ID,
                    "message_id": 1,
                })
                .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        let greeting =
            json!({ "type": "connected", "connection_id": CONNECTION_ID, "message_id": 0 });
        Some(greeting.to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let trade = json!({
            "id": format!("{serial:032x}"),
            "size": "0.001",
            "price": "91000",
            "side": "BUY",
            "createdAt": iso_micros(now),
        });
        json!({
            "type": "channel_data",
            "connection_id": CONNECTION_ID,
            "message_id": serial.saturating_add(1),
            "id": "BTC-USD",
            "channel": "v4_trades",
            "version": "2.1.0",
            "contents": { "trades": [trade] },
        })
        .to_string()
    }
}
