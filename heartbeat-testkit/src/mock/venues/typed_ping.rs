//! Pings of one member. Shapes: those that the venues of the family have in common.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::{object, subscription};

/// A venue of the family.
#[derive(Debug)]
pub(in super::super) struct TypedPing {
    /// What a client says, whole.
    asks: &'static str,
    /// The key that tells what a message is, and its value in an answer.
    key: &'static str,
    pong: &'static str,
}

impl TypedPing {
    pub(in super::super) const fn new(
        asks: &'static str,
        key: &'static str,
        pong: &'static str,
    ) -> Self {
        Self { asks, key, pong }
    }

    /// `{"type":"ping"}`, and `{"type":"pong"}`.
    pub(in super::super) const fn by_type() -> Self {
        Self::new(r#"{"type":"ping"}"#, "type", "pong")
    }
}

impl Dialect for TypedPing {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let told = |word: &str| json!({ self.key: word });
        if object(self.asks).is_some_and(|asks| asks == request) {
            let (answer, wrong) = (told(self.pong).to_string(), told("error").to_string());
            return Meaning::Probe { answer, wrong };
        }
        if request == told(self.pong) {
            return Meaning::Response { token: String::new(), reply: String::new() };
        }
        let verb = request["op"].as_str().or(request["type"].as_str()).unwrap_or_default();
        match verb.to_ascii_lowercase().as_str() {
            "subscribe" => subscription(true, &told("subscribed")),
            "unsubscribe" => subscription(false, &told("unsubscribed")),
            _ => Meaning::Refused { reply: told("error").to_string() },
        }
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        Challenge { text: self.asks.to_owned(), token: String::new() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({ self.key: "trade", "price": "91000.5", "i": serial, "ts": unix_millis(now) })
            .to_string()
    }
}
