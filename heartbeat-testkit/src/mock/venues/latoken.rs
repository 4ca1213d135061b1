//! LATOKEN, by STOMP. Shapes: STOMP 1.2, and measured by a third party, 2026-09.

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct Stomp;

impl Dialect for Stomp {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        if matches!(text, "\n" | "\r\n") {
            // A beat: it counts, and nobody answers it.
            return Meaning::Query { reply: String::new() };
        }
        let Some(frame) = text.strip_suffix('\0') else { return Meaning::Unknown };
        match frame.split('\n').next() {
            Some("CONNECT" | "STOMP") => Meaning::Arm {
                reply: "CONNECTED\nversion:1.2\nheart-beat:10000,10000\n\n\0".to_owned(),
                every: None,
            },
            // Nothing acknowledges these.
            Some("SUBSCRIBE") => Meaning::Subscribe { reply: String::new() },
            Some("UNSUBSCRIBE") => Meaning::Unsubscribe { reply: String::new() },
            _ => Meaning::Refused { reply: "ERROR\nmessage:unknown command\n\n\0".to_owned() },
        }
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        "\n".to_owned()
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let body = json!({ "nonce": serial, "timestamp": unix_millis(now), "payload": [] });
        format!("MESSAGE\ndestination:/v1/book\nmessage-id:{serial}\nsubscription:0\n\n{body}\0")
    }

    /// Before the end of the frame, which is a byte of its own.
    fn lengthen(&self, data: &mut String, size: usize) {
        let missing = size.saturating_sub(data.len());
        if data.pop().is_some() {
            data.extend(core::iter::repeat_n(' ', missing));
            data.push('\0');
        }
    }

    fn number(&self, data: &mut String, number: u64) {
        let body = data.rfind('}');
        if let Some(at) = body {
            data.insert_str(at, &format!(",{}{number}", super::super::channel::FIELD));
        }
    }

    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::Binary(text.into_bytes())
    }
}
