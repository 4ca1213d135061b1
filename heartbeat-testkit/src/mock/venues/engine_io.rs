//! Engine.IO below Socket.IO. Shapes: socketio/engine.io-protocol and socket.io-protocol, READMEs.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};

/// In a namespace, with its comma; empty for the main one.
#[derive(Debug)]
pub(in super::super) struct EngineIo {
    pub(in super::super) namespace: &'static str,
}

impl Dialect for EngineIo {
    fn read(&mut self, _now: Timestamp, packet: &str) -> Meaning {
        if packet == "3" {
            return Meaning::Response { token: String::new(), reply: String::new() };
        }
        if packet.strip_prefix("40") == Some(self.namespace) {
            let reply = format!(r#"40{}{{"sid":"oSO0OpakMV_3jnilAAAA"}}"#, self.namespace);
            return Meaning::Arm { reply, every: None };
        }
        let event = packet.strip_prefix("42").and_then(|it| it.strip_prefix(self.namespace));
        let Some(event) = event.and_then(|event| serde_json::from_str::<Value>(event).ok()) else {
            return Meaning::Unknown;
        };
        match event[0].as_str() {
            Some(name) if name.contains("unsub") || name.contains("leave") => {
                Meaning::Unsubscribe { reply: String::new() }
            }
            // Nothing acknowledges it but the data.
            Some(_) => Meaning::Subscribe { reply: String::new() },
            None => Meaning::Unknown,
        }
    }

    fn greeting(&self) -> Option<String> {
        let open = json!({
            "sid": "lv_VI97HAXpY6yYWAAAC",
            "upgrades": [],
            "pingInterval": 25_000,
            "pingTimeout": 20_000,
            "maxPayload": 1_000_000,
        });
        Some(format!("0{open}"))
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        Challenge { text: "2".to_owned(), token: String::new() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let message = json!([
            "message",
            { "pid": serial, "timestamp": unix_millis(now), "price": "91000.5" },
        ]);
        format!("42{}{message}", self.namespace)
    }
}
