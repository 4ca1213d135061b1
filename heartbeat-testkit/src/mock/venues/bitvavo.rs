//! Bitvavo. Shapes: docs.bitvavo.com, WebSocket API, 2026.

use core::time::Duration;

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct Bitvavo;

impl Dialect for Bitvavo {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["action"].as_str() {
            Some(action @ ("subscribe" | "unsubscribe")) => {
                let channel = &request["channels"][0];
                let name = channel["name"].as_str().unwrap_or("ticker");
                let subscriptions = json!({ name: channel["markets"] });
                let reply =
                    json!({ "event": format!("{action}d"), "subscriptions": subscriptions });
                subscription(action == "subscribe", &reply)
            }
            Some(action @ "authenticate") => login(
                &request["key"],
                &json!({ "event": action, "authenticated": true }),
                &json!({ "action": action, "errorCode": 305, "error": "No active API key found." }),
            ),
            Some(action @ "privateCancelOrdersAfter")
                if request["expiryAfterSeconds"].as_u64().is_some_and(is_on_the_timer) =>
            {
                let seconds = request["expiryAfterSeconds"].as_u64().unwrap_or_default();
                let expiry = (unix_millis(now) / 1_000).saturating_add(seconds);
                Meaning::DeadMan {
                    timeout: Duration::from_secs(seconds),
                    reply: json!({
                        "action": action,
                        "requestId": request["requestId"],
                        "response": {
                            "codGroupId": request["codGroupId"],
                            "timeOfExpirySeconds": expiry,
                        },
                    })
                    .to_string(),
                }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "action": request["action"],
                    "errorCode": 110,
                    "error": "Invalid endpoint. Please check url and HTTP method.",
                })
                .to_string(),
            },
        }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        json!({
            "event": "book",
            "market": "BTC-EUR",
            "nonce": serial,
            "bids": [["78000", "0.1"]],
            "asks": [],
        })
        .to_string()
    }

    fn ping_payload(&self, _now: Timestamp, _serial: u64) -> Vec<u8> {
        b"ping".to_vec()
    }
}

/// Tells whether the timer takes so many seconds (docs.bitvavo.com, cancel on disconnect).
const fn is_on_the_timer(seconds: u64) -> bool {
    10 <= seconds && seconds <= 300
}
