//! CoinJar, by Phoenix channels. Shapes: phoenixframework/phoenix, lib/phoenix/socket.ex.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Phoenix;

impl Dialect for Phoenix {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let push = object(text).unwrap_or(Value::Null);
        let reply = |number: &Value, status: &str| {
            json!({
                "topic": push["topic"], "event": "phx_reply", "ref": number,
                "payload": { "status": status, "response": {} },
            })
            .to_string()
        };
        let number = &push["ref"];
        match (push["topic"].as_str(), push["event"].as_str()) {
            (Some("phoenix"), Some("heartbeat")) => {
                let other = number.as_u64().map(|number| json!(number ^ (1 << 40)));
                let wrong = reply(&other.unwrap_or(json!("other")), "ok");
                Meaning::Probe { answer: reply(number, "ok"), wrong }
            }
            (Some(_), Some("phx_join")) => Meaning::Subscribe { reply: reply(number, "ok") },
            (Some(_), Some("phx_leave")) => Meaning::Unsubscribe { reply: reply(number, "ok") },
            _ => Meaning::Refused { reply: reply(number, "error") },
        }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        let payload = json!({ "ticker": { "ask": "91000.5", "transition_time": serial } });
        json!({ "topic": "ticker:BTCAUD", "event": "new", "payload": payload, "ref": null })
            .to_string()
    }
}
