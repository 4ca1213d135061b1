//! BingX spot. Shapes: bingx-api.github.io/docs, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::{iso_micros, unix_millis};
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct BingxSpot;

impl Dialect for BingxSpot {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let reply = |code: u32, message: &str| {
            json!({
                "code": code,
                "id": request["id"],
                "msg": message,
                "timestamp": unix_millis(now),
            })
            .to_string()
        };
        match (request.get("pong"), request["reqType"].as_str()) {
            (Some(id), _) => {
                let token = format!(r#"{id},"time":{}"#, request["time"]);
                Meaning::Response { token, reply: String::new() }
            }
            (None, Some("sub" | "unsub")) => Meaning::Subscribe { reply: reply(0, "SUCCESS") },
            (None, Some(_)) => Meaning::Refused { reply: reply(80_015, "dataType not support") },
            // A capture of the swaps saw no reply to what is no request.
            (None, None) => Meaning::Unknown,
        }
    }

    fn challenge(&self, now: Timestamp, serial: u64) -> Challenge {
        let (id, time) = (format!("{serial:032x}"), iso_micros(now));
        Challenge {
            text: json!({ "ping": id, "time": time }).to_string(),
            token: format!(r#""{id}","time":"{time}""#),
        }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        let (event, key) = ("listenKeyExpired", "53c1067059c5401e216ec0562f4e9741");
        (kind == NoticeKind::SessionExpired)
            .then(|| json!({ "e": event, "E": unix_millis(now), "listenKey": key }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "code": 0,
            "data": {
                "E": unix_millis(now),
                "e": "trade",
                "m": true,
                "p": "91000.5",
                "q": "0.0010",
                "s": "BTC-USDT",
                "t": serial.to_string(),
            },
            "dataType": "BTC-USDT@trade",
            "success": true,
        })
        .to_string()
    }

    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::gzip(&text)
    }
}
