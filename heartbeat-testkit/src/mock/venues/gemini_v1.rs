//! Gemini's legacy feeds: v1 market data. Shapes: its former documentation as clients read it.

use core::sync::atomic::{AtomicU64, Ordering};

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};

#[derive(Debug, Default)]
pub(in super::super) struct GeminiV1 {
    /// Counts beats and data together.
    socket_sequence: AtomicU64,
}

impl GeminiV1 {
    fn next(&self) -> u64 {
        self.socket_sequence.fetch_add(1, Ordering::Relaxed)
    }
}

impl Dialect for GeminiV1 {
    fn read(&mut self, _now: Timestamp, _text: &str) -> Meaning {
        Meaning::Unknown
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        json!({ "type": "heartbeat", "socket_sequence": self.next() }).to_string()
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        json!({
            "type": "update",
            "eventId": serial,
            "timestamp": millis / 1_000,
            "timestampms": millis,
            "socket_sequence": self.next(),
            "events": [{
                "type": "trade",
                "tid": serial,
                "price": "91000.50",
                "amount": "0.001",
                "makerSide": "ask",
            }],
        })
        .to_string()
    }

    /// The URL names the symbol.
    fn streams_from_opening(&self) -> bool {
        true
    }
}
