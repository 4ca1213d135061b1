//! Paradex, JSON-RPC 2.0. Shapes: docs.paradex.trade, WebSocket API, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Paradex;

impl Dialect for Paradex {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        match request["method"].as_str() {
            Some("subscribe" | "unsubscribe") => {
                let result = json!({ "channel": request["params"]["channel"] });
                Meaning::Subscribe { reply: reply(now, id, &result) }
            }
            Some("auth") => Meaning::Subscribe { reply: reply(now, id, &json!({})) },
            Some("order.cancel_on_disconnect") if request["params"]["enabled"].is_boolean() => {
                let on = request["params"]["enabled"].as_bool().unwrap_or_default();
                let reply = reply(now, id, &json!({ "enabled": on }));
                Meaning::CancelOnDisconnect { on, reply }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "jsonrpc": "2.0",
                    "id": id,
                    "error": { "code": -32_601, "message": "method not found" },
                })
                .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "jsonrpc": "2.0",
            "method": "subscription",
            "params": {
                "channel": "trades.BTC-USD-PERP",
                "data": {
                    "id": serial.to_string(),
                    "market": "BTC-USD-PERP",
                    "side": "BUY",
                    "size": "0.001",
                    "price": "91000.5",
                    "created_at": unix_millis(now),
                },
            },
        })
        .to_string()
    }
}

fn reply(now: Timestamp, id: &Value, result: &Value) -> String {
    let nanos = unix_millis(now).saturating_mul(1_000_000);
    json!({ "jsonrpc": "2.0", "result": result, "usIn": nanos, "usDiff": 0, "id": id }).to_string()
}
