//! Alpaca, market data. Shapes: docs.alpaca.markets, Real-time Stock Data, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct Alpaca;

impl Dialect for Alpaca {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["action"].as_str() {
            Some("auth") => login(
                &request["key"],
                &json!([{ "T": "success", "msg": "authenticated" }]),
                &json!([{ "T": "error", "code": 402, "msg": "auth failed" }]),
            ),
            Some(action @ ("subscribe" | "unsubscribe")) => subscription(
                action == "subscribe",
                &json!([{
                    "T": "subscription",
                    "trades": request["trades"],
                    "quotes": request["quotes"],
                    "bars": request["bars"],
                }]),
            ),
            Some(_) | None => Meaning::Refused {
                reply: json!([{ "T": "error", "code": 400, "msg": "invalid syntax" }]).to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(json!([{ "T": "success", "msg": "connected" }]).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!([{
            "T": "t",
            "i": serial,
            "S": "FAKEPACA",
            "x": "D",
            "p": 126.55,
            "s": 1,
            "t": iso_micros(now),
            "c": ["@", "I"],
            "z": "C",
        }])
        .to_string()
    }
}
