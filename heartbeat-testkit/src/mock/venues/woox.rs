//! WOO X v3. Shapes: developer.woox.io and wire captures, 2026-09.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Woox;

impl Dialect for Woox {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let time = unix_millis(now);
        let reply = |command: &str, success: bool, data: &Value| {
            let id = request["id"].as_str().unwrap_or_default();
            json!({ "id": id, "cmd": command, "success": success, "time": time, "data": data })
                .to_string()
        };
        match request["cmd"].as_str() {
            Some("PING") => Meaning::Probe {
                answer: json!({ "cmd": "PONG", "success": true, "time": time }).to_string(),
                wrong: json!({ "cmd": "PONG", "success": false, "time": time }).to_string(),
            },
            Some(command @ ("SUBSCRIBE" | "UNSUBSCRIBE")) => {
                Meaning::Subscribe { reply: reply(command, true, &request["params"]) }
            }
            Some(_) => {
                Meaning::Refused { reply: reply("ERROR", false, &json!("Command type invalid!")) }
            }
            None => Meaning::Refused { reply: reply("ERROR", false, &json!("Invalid request.")) },
        }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        let time = unix_millis(now);
        json!({
            "topic": "bbo@PERP_BTC_USDT",
            "ts": time,
            "data": {
                "ts": time,
                "bp": "91000.4",
                "bq": "0.35032",
                "ap": "91000.6",
                "aq": "0.32790",
                "s": "PERP_BTC_USDT",
            },
        })
        .to_string()
    }
}
