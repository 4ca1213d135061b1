//! The dialect of the two words. Shapes: those that most of its venues have in common.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct TextPing;

impl Dialect for TextPing {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "ping" {
            return Meaning::Probe { answer: "pong".to_owned(), wrong: "\"pong\"".to_owned() };
        }
        let request = object(text).unwrap_or(Value::Null);
        let error = json!({ "event": "error", "msg": "Invalid parameter" });
        match request["op"].as_str().or(request["method"].as_str()) {
            Some(event @ ("subscribe" | "unsubscribe")) => subscription(
                event == "subscribe",
                &json!({ "event": event, "args": request["args"], "params": request["params"] }),
            ),
            Some("login") => login(
                &request["args"][0]["apiKey"],
                &json!({ "event": "login", "code": "0" }),
                &error,
            ),
            _ => Meaning::Refused { reply: error.to_string() },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "topic": "trade",
            "data": { "s": "btc_usdt", "i": serial, "p": "91000.5", "t": unix_millis(now) },
        })
        .to_string()
    }
}
