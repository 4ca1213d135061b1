//! Kalshi. Shapes: docs.kalshi.com, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Kalshi;

impl Dialect for Kalshi {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        match request["cmd"].as_str() {
            Some("subscribe") => Meaning::Subscribe {
                reply: json!({
                    "id": id,
                    "type": "subscribed",
                    "msg": { "channel": request["params"]["channels"][0], "sid": 1 },
                })
                .to_string(),
            },
            Some("unsubscribe") => Meaning::Subscribe {
                reply: json!({ "id": id, "type": "unsubscribed", "sid": 1 }).to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "id": id,
                    "type": "error",
                    "msg": { "code": 5, "msg": "Unknown command" },
                })
                .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "type": "trade",
            "sid": 1,
            "seq": serial,
            "msg": {
                "market_ticker": "KXBTCD-26DEC31-T100000",
                "yes_price": 36,
                "no_price": 64,
                "count": 136,
                "taker_side": "no",
                "ts": unix_millis(now) / 1_000,
            },
        })
        .to_string()
    }

    fn ping_payload(&self, _now: Timestamp, _serial: u64) -> Vec<u8> {
        b"heartbeat".to_vec()
    }
}
