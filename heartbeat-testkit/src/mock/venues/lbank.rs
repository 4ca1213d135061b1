//! LBank spot. Shapes: github.com/LBank-exchange, WebSocket V2, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Lbank;

impl Dialect for Lbank {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let pong = |id: &str| json!({ "action": "pong", "pong": id }).to_string();
        match request["action"].as_str() {
            Some("ping") => match request["ping"].as_str() {
                Some(id) => Meaning::Probe { answer: pong(id), wrong: pong(&uuid(0)) },
                None => Meaning::Unknown,
            },
            Some("pong") => match request["pong"].as_str() {
                Some(id) => Meaning::Response { token: id.to_owned(), reply: String::new() },
                None => Meaning::Unknown,
            },
            // What acknowledges a subscription is data.
            Some("subscribe" | "unsubscribe") => Meaning::Subscribe { reply: String::new() },
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "SERVER": "V2",
                    "status": "error",
                    "message": "Invalid action",
                    "TS": iso_micros(now),
                })
                .to_string(),
            },
        }
    }

    fn challenge(&self, _now: Timestamp, serial: u64) -> Challenge {
        let token = uuid(serial);
        Challenge { text: json!({ "action": "ping", "ping": token }).to_string(), token }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "tick": { "latest": 91_000.5, "high": 92_000.0, "low": 90_000.0, "dir": "buy" },
            "type": "tick",
            "pair": "btc_usdt",
            "SERVER": "V2",
            "TS": iso_micros(now),
        })
        .to_string()
    }
}

/// Returns an id in the form of the venue's; no two alike on one connection.
fn uuid(serial: u64) -> String {
    format!("0ca8f854-7ba7-4341-9d86-{serial:012x}")
}
