//! Hyperliquid. Shapes: hyperliquid.gitbook.io, WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Hyperliquid;

impl Dialect for Hyperliquid {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: r#"{"channel":"pong"}"#.to_owned(),
                wrong: r#"{"channel":"post","data":{"id":1,"response":"pong"}}"#.to_owned(),
            },
            Some("subscribe" | "unsubscribe") => Meaning::Subscribe {
                reply: json!({ "channel": "subscriptionResponse", "data": request }).to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "channel": "error",
                    "data": format!("Error parsing JSON into valid websocket request: {text}"),
                })
                .to_string(),
            },
        }
    }

    /// Not JSON (the venue's own Python client waits for it).
    fn greeting(&self) -> Option<String> {
        Some("Websocket connection established.".to_owned())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "channel": "trades",
            "data": [{
                "coin": "BTC",
                "side": "B",
                "px": "91000.5",
                "sz": "0.001",
                "time": unix_millis(now),
                "tid": serial,
            }],
        })
        .to_string()
    }
}
