//! Polymarket's order book. Shapes: docs.polymarket.com, WebSocket, 2026.

use heartbeat_core::Timestamp;
use heartbeat_platforms::CloseRule;
use serde_json::{Value, json};

use super::super::Offence;
use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct PolymarketClob;

impl Dialect for PolymarketClob {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "PING" {
            return Meaning::Probe { answer: "PONG".to_owned(), wrong: "\"PONG\"".to_owned() };
        }
        let request = object(text).unwrap_or(Value::Null);
        let first = matches!(request["type"].as_str(), Some("market" | "user"));
        let change = matches!(request["operation"].as_str(), Some("subscribe" | "unsubscribe"));
        if first || change {
            // What acknowledges a subscription is its snapshot; here, data.
            Meaning::Subscribe { reply: String::new() }
        } else {
            Meaning::Unknown
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "event_type": "price_change",
            "market": "0x00",
            "price_changes": [{
                "asset_id": "7",
                "price": "0.5",
                "size": serial.to_string(),
                "side": "BUY",
            }],
            "timestamp": unix_millis(now).to_string(),
        })
        .to_string()
    }

    /// A `PING` before the first subscription was taken for one (report 4864 to
    /// `nautilus_trader`, 2026-08-26).
    fn close_for(&self, why: Offence) -> Option<CloseRule> {
        let refusal = CloseRule::Code { code: 1008, reason: "invalid subscription payload" };
        (why == Offence::EarlyPing).then_some(refusal)
    }
}
