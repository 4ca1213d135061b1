//! BingX swaps. Shapes: bingx-api.github.io/docs and wire captures, 2026-09.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct BingxSwap;

impl Dialect for BingxSwap {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON, and not compressed.
        if text == "Pong" {
            return Meaning::Response { token: String::new(), reply: String::new() };
        }
        let request = object(text).unwrap_or(Value::Null);
        let reply = |code: u32, message: &str| {
            json!({
                "id": request["id"],
                "code": code,
                "msg": message,
                "dataType": "",
                "data": null,
            })
            .to_string()
        };
        match request["reqType"].as_str() {
            Some("sub" | "unsub") => Meaning::Subscribe { reply: reply(0, "") },
            Some(_) => Meaning::Refused { reply: reply(80_015, "dataType not support") },
            // A capture saw no reply to what is no request.
            None => Meaning::Unknown,
        }
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        Challenge { text: "Ping".to_owned(), token: String::new() }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        let (event, key) = ("listenKeyExpired", "53c1067059c5401e216ec0562f4e9741");
        (kind == NoticeKind::SessionExpired)
            .then(|| json!({ "e": event, "E": unix_millis(now), "listenKey": key }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "code": 0,
            "dataType": "BTC-USDT@incrDepth",
            "data": {
                "action": "update",
                "lastUpdateId": serial,
                "bids": [["91000.4", "2.5365"]],
                "asks": [["91000.6", "0.0000"]],
                "time": unix_millis(now),
            },
        })
        .to_string()
    }

    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::gzip(&text)
    }
}
