//! AlphaPoint's gateways. Shapes: measured on Bitazza's by a third party, 2026-09.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct AlphaPoint;

impl Dialect for AlphaPoint {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let call = object(text).unwrap_or(Value::Null);
        let reply = |kind: u64, number: &Value, object: Value| {
            json!({ "m": kind, "i": number, "n": call["n"], "o": object.to_string() }).to_string()
        };
        let number = &call["i"];
        match call["n"].as_str() {
            Some("Ping") => {
                let other = number.as_u64().map(|number| json!(number ^ 0x1000_0000));
                let pong = || json!({ "msg": "PONG" });
                Meaning::Probe {
                    answer: reply(1, number, pong()),
                    wrong: reply(1, &other.unwrap_or_default(), pong()),
                }
            }
            Some(name) if name.starts_with("Subscribe") => {
                Meaning::Subscribe { reply: reply(1, number, json!([])) }
            }
            Some(name) if name.starts_with("Unsubscribe") => {
                Meaning::Unsubscribe { reply: reply(1, number, json!({ "result": true })) }
            }
            _ => {
                let error = json!({ "result": false, "errormsg": "Invalid Request" });
                Meaning::Refused { reply: reply(5, number, error) }
            }
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let level = json!([serial, 1, unix_millis(now), 0, 91_000.5, 1, 91_000.5, 1, 0.25, 0]);
        let object = json!([level]).to_string();
        json!({ "m": 3, "i": serial * 2, "n": "Level2UpdateEvent", "o": object }).to_string()
    }
}
