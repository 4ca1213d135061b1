//! Upbit, and Bithumb, which speaks as Upbit does. Shapes: docs.upbit.com, WebSocket, 2026.

use heartbeat_core::Timestamp;
use heartbeat_platforms::CloseRule;
use serde_json::{Value, json};

use super::super::Offence;
use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct Upbit;

impl Dialect for Upbit {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON. The venue repeats the answer every ten seconds; the mock, whose
        // clients do not ask, gives it once.
        if text == "PING" {
            let up = r#"{"status":"UP"}"#;
            return Meaning::Probe {
                answer: up.to_owned(),
                wrong: r#"{"status":"DOWN"}"#.to_owned(),
            };
        }
        // A list: a ticket, what is wanted, perhaps a format. It replaces the last one.
        match serde_json::from_str(text) {
            Ok(Value::Array(parts)) if parts.iter().any(|part| part["type"].is_string()) => {
                // What is granted is not acknowledged.
                Meaning::Subscribe { reply: String::new() }
            }
            Ok(_) | Err(_) => Meaning::Unknown,
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "type": "trade",
            "code": "KRW-BTC",
            "trade_price": 135_000_000.0,
            "trade_volume": 0.001,
            "ask_bid": "BID",
            "timestamp": unix_millis(now),
            "sequential_id": serial,
            "stream_type": "REALTIME",
        })
        .to_string()
    }

    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::Binary(text.into_bytes())
    }

    /// Who sends what does not parse gets an error and a close (wire capture, 2026); who is
    /// silent is cut off.
    fn close_for(&self, why: Offence) -> Option<CloseRule> {
        let close = CloseRule::Code { code: 1000, reason: "" };
        (why == Offence::MalformedText).then_some(close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_venue_takes_is_what_it_takes() {
        let mut upbit = Upbit;
        for (text, is_taken) in [
            ("PING", true),
            ("ping", false),
            (r#"[{"ticket":"t"},{"type":"ticker","codes":["KRW-BTC"]}]"#, true),
            (r#"[{"ticket":"t"}]"#, false),
            (r#"{"type":"ticker"}"#, false),
            ("hello", false),
        ] {
            let meaning = upbit.read(Timestamp::ZERO, text);
            assert_eq!(meaning != Meaning::Unknown, is_taken, "{text}: {meaning:?}");
        }
        let close = CloseRule::Code { code: 1000, reason: "" };
        assert_eq!(upbit.close_for(Offence::MalformedText), Some(close));
        assert_eq!(upbit.close_for(Offence::Silence), None);
    }
}
