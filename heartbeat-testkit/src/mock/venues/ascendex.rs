//! AscendEX. Shapes: ascendex/ascendex-pro-api, 6776af2.
//!
//! The real one sends no challenge for 30 s after a client's ping; the mock challenges all the
//! same, which is the stricter side.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Ascendex;

impl Dialect for Ascendex {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let (id, channel) = (&request["id"], &request["ch"]);
        let pong = |code: u32| {
            json!({ "m": "pong", "code": code, "ts": unix_millis(now), "hp": 3 }).to_string()
        };
        match request["op"].as_str() {
            Some("pong") => Meaning::Response { token: String::new(), reply: String::new() },
            Some("ping") => Meaning::Probe { answer: pong(0), wrong: pong(100_005) },
            Some(op @ ("sub" | "unsub")) => Meaning::Subscribe {
                reply: json!({ "m": op, "id": id, "ch": channel, "code": 0 }).to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "m": "error",
                    "id": id,
                    "code": 100_005,
                    "reason": "INVALID_WS_REQUEST_DATA",
                    "info": "unknown op",
                })
                .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(r#"{"m":"connected","type":"unauth"}"#.to_owned())
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        Challenge { text: r#"{"m":"ping","hp":3}"#.to_owned(), token: String::new() }
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            json!({
                "m": "disconnected",
                "code": 100_005,
                "reason": "INVALID_WS_REQUEST_DATA",
                "info": "Session is disconnected due to missing pong message from the client",
            })
            .to_string()
        })
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "m": "bbo",
            "symbol": "BTC/USDT",
            "data": {
                "ts": unix_millis(now),
                "bid": ["91000.4", "0.0197172"],
                "ask": ["91000.6", "0.8851266"],
            },
        })
        .to_string()
    }
}
