//! Beats of one member. Shapes: those that the venues of the family have in common.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{object, subscription};

/// A venue of the family.
#[derive(Debug)]
pub(in super::super) struct TypedBeat {
    /// The key that tells what a message is, and its value in a beat.
    key: &'static str,
    beat: &'static str,
}

impl TypedBeat {
    pub(in super::super) const fn new(key: &'static str, beat: &'static str) -> Self {
        Self { key, beat }
    }
}

impl Dialect for TypedBeat {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let told = |word: &str| json!({ self.key: word });
        let verb = [&request["type"], &request["messageType"], &request["action"]];
        match verb.into_iter().find_map(Value::as_str).unwrap_or_default() {
            "subscribe" => subscription(true, &told("subscribed")),
            "unsubscribe" => subscription(false, &told("unsubscribed")),
            _ => Meaning::Refused { reply: told("error").to_string() },
        }
    }

    fn beat(&self, now: Timestamp, _serial: u64) -> String {
        json!({ self.key: self.beat, "time": unix_millis(now) }).to_string()
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({ self.key: "trade", "price": "91000.5", "i": serial, "time": unix_millis(now) })
            .to_string()
    }
}
