//! tastytrade's account streamer. Shapes: QuantConnect/Lean.Brokerages.Tastytrade 84c03e8.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct TastytradeAccount;

impl Dialect for TastytradeAccount {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["request-id"];
        let action = request["action"].as_str().unwrap_or_default();
        let reply = |status: &str, id: &Value| {
            json!({
                "status": status, "action": action, "web-socket-session-id": "5b6b7d1e",
                "request-id": id,
            })
            .to_string()
        };
        // Whoever does not say who he is with each message is nobody.
        if request["auth-token"].as_str().is_none_or(str::is_empty) {
            return Meaning::Refused { reply: reply("error", id) };
        }
        match action {
            "heartbeat" => {
                let other = id.as_u64().map_or(json!(1), |id| json!(id ^ (1 << 40)));
                Meaning::Probe { answer: reply("ok", id), wrong: reply("ok", &other) }
            }
            "connect" => Meaning::Subscribe { reply: reply("ok", id) },
            _ => Meaning::Refused { reply: reply("error", id) },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let time = super::super::calendar::unix_millis(now);
        let order = json!({ "id": serial, "account-number": "5WT00000", "status": "Live" });
        json!({ "type": "Order", "data": order, "timestamp": time }).to_string()
    }
}
