//! dxLink. Shapes: dxFeed/dxLink, asyncapi.yml.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct DxLink;

impl Dialect for DxLink {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let message = object(text).unwrap_or(Value::Null);
        match message["type"].as_str() {
            Some("SETUP") => {
                let reply = json!({
                    "type": "SETUP",
                    "channel": 0,
                    "keepaliveTimeout": 60,
                    "acceptKeepaliveTimeout": 60,
                    "version": "1.0-2.1.1-20251101-mock",
                });
                Meaning::Arm { reply: reply.to_string(), every: None }
            }
            // It counts, and nobody answers it.
            Some("KEEPALIVE") => Meaning::Query { reply: String::new() },
            Some("AUTH") => {
                let state = json!({ "type": "AUTH_STATE", "channel": 0, "state": "AUTHORIZED" });
                Meaning::LoggedIn { reply: state.to_string() }
            }
            Some("CHANNEL_REQUEST") => {
                let channel = &message["channel"];
                let opened = json!({ "type": "CHANNEL_OPENED", "channel": channel });
                Meaning::Query { reply: opened.to_string() }
            }
            Some("FEED_SUBSCRIPTION") => Meaning::Subscribe { reply: String::new() },
            _ => {
                let error = json!({
                    "type": "ERROR", "channel": 0, "error": "INVALID_MESSAGE", "message": "unknown",
                });
                Meaning::Refused { reply: error.to_string() }
            }
        }
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        json!({ "type": "KEEPALIVE", "channel": 0 }).to_string()
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        let quote = json!(["Quote", ["Quote", "AAPL", 226.41, 226.42, serial]]);
        json!({ "type": "FEED_DATA", "channel": 3, "data": quote }).to_string()
    }
}
