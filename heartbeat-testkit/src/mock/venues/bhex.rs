//! The gateways of BHEX. Shapes: Toobit and HashKey, as measured, 2026-09.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::{object, subscription};

#[derive(Debug)]
pub(in super::super) struct Bhex;

impl Dialect for Bhex {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let error = json!({ "code": "-10001", "desc": "Invalid JSON!" }).to_string();
        if request.get("ping").is_some() {
            // Whatever the client's number: the venue says its own time.
            let answer = json!({ "pong": unix_millis(now) }).to_string();
            return Meaning::Probe { answer, wrong: error };
        }
        if let Some(number) = request.get("pong") {
            return Meaning::Response { token: number.to_string(), reply: String::new() };
        }
        let topic = &request["topic"];
        let told =
            |event: &str| json!({ "topic": topic, "event": event, "code": "0", "msg": "Success" });
        match request["event"].as_str() {
            Some(event @ "sub") => subscription(true, &told(event)),
            Some(event @ "cancel") => subscription(false, &told(event)),
            _ => Meaning::Refused { reply: error },
        }
    }

    fn challenge(&self, now: Timestamp, _serial: u64) -> Challenge {
        let time = unix_millis(now);
        Challenge { text: json!({ "ping": time }).to_string(), token: time.to_string() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let time = unix_millis(now);
        json!({
            "symbol": "BTCUSDT", "topic": "trade", "f": serial == 1, "sendTime": time,
            "data": [{ "v": serial.to_string(), "t": time, "p": "91000.5", "q": "0.001" }],
        })
        .to_string()
    }
}
