//! Solana's nodes and Helius'. Shapes: docs.solana.com, RPC over WebSocket; helius.dev.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, Meaning};
use super::object;

/// What the mock's chain has come to.
const SLOT: u64 = 351_200_000;

/// Whether a ping with an id is answered.
#[derive(Debug)]
pub(in super::super) struct Solana {
    pub(in super::super) answers: bool,
}

impl Dialect for Solana {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let (id, method) = (&request["id"], request["method"].as_str().unwrap_or_default());
        let reply =
            |result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
        if method == "ping" && self.answers && id.is_number() {
            let other = id.as_u64().map(|id| id ^ (1 << 40));
            let wrong = json!({ "jsonrpc": "2.0", "id": other, "result": SLOT }).to_string();
            return Meaning::Probe { answer: reply(json!(SLOT)), wrong };
        }
        if method == "ping" {
            // A notification: it counts, and nobody answers it.
            return Meaning::Query { reply: String::new() };
        }
        if method.ends_with("Unsubscribe") {
            return Meaning::Unsubscribe { reply: reply(json!(true)) };
        }
        if method.ends_with("Subscribe") {
            return Meaning::Subscribe { reply: reply(json!(7)) };
        }
        let error = json!({ "code": -32_601, "message": "Method not found" });
        Meaning::Refused {
            reply: json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string(),
        }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        let slot = SLOT + serial;
        let result = json!({ "parent": slot - 1, "root": slot - 32, "slot": slot });
        let params = json!({ "result": result, "subscription": 7 });
        json!({ "jsonrpc": "2.0", "method": "slotNotification", "params": params }).to_string()
    }
}
