//! A venue that knows ping and pong frames alone, and sends numbered messages.

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};

#[derive(Debug)]
pub(in super::super) struct Rfc6455;

impl Dialect for Rfc6455 {
    fn read(&mut self, _now: Timestamp, _text: &str) -> Meaning {
        Meaning::Unknown
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({ "seq": serial, "ts": unix_millis(now) }).to_string()
    }

    fn streams_from_opening(&self) -> bool {
        true
    }
}
