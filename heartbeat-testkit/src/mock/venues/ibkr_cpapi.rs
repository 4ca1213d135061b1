//! Interactive Brokers' Client Portal. Shapes: Voyz/ibind a3d8fe1.

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};

#[derive(Debug)]
pub(in super::super) struct ClientPortal;

impl Dialect for ClientPortal {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        if text == "tic" {
            let answer = json!({ "topic": "tic", "alive": true, "lastAccessed": unix_millis(now) });
            let wrong = json!({ "topic": "tick", "alive": true });
            return Meaning::Probe { answer: answer.to_string(), wrong: wrong.to_string() };
        }
        if text == "ech+hb" {
            return Meaning::Query { reply: text.to_owned() };
        }
        // Solicited and unsolicited topics.
        if text.starts_with("smd+") || text.starts_with("sor+") {
            return Meaning::Subscribe { reply: String::new() };
        }
        if text.starts_with("umd+") || text.starts_with("uor+") {
            return Meaning::Unsubscribe { reply: String::new() };
        }
        let error = json!({ "topic": "error", "error": "unknown topic", "code": 400 });
        Meaning::Refused { reply: error.to_string() }
    }

    fn greeting(&self) -> Option<String> {
        Some(json!({ "topic": "system", "success": "mock" }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({ "topic": "smd+265598", "31": "226.41", "server_id": serial, "_updated":
            unix_millis(now) })
        .to_string()
    }
}
