//! OKX v5, the JSON endpoints. Shapes: OKX API guide, WebSocket overview, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// Chosen once, as one connection has one.
const CONN_ID: &str = "a4d3ae55";

/// What the notice of an upgrade says.
const UPGRADE: &str = "The connection will soon be closed for a service upgrade. Please reconnect.";

#[derive(Debug)]
pub(in super::super) struct Okx;

impl Dialect for Okx {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "ping" {
            return Meaning::Probe { answer: "pong".to_owned(), wrong: "\"pong\"".to_owned() };
        }
        let request = object(text).unwrap_or(Value::Null);
        match request["op"].as_str() {
            Some(op @ ("subscribe" | "unsubscribe")) => Meaning::Subscribe {
                reply: json!({ "event": op, "arg": request["args"][0], "connId": CONN_ID })
                    .to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "event": "error",
                    "code": "60012",
                    "msg": format!("Invalid request: {text}"),
                    "connId": CONN_ID,
                })
                .to_string(),
            },
        }
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            json!({
                "event": "notice",
                "code": "64008",
                "msg": UPGRADE,
                "connId": CONN_ID,
            })
            .to_string()
        })
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "arg": { "channel": "tickers", "instId": "BTC-USDT" },
            "data": [{
                "instType": "SPOT",
                "instId": "BTC-USDT",
                "last": "91000.5",
                "bidPx": "91000.4",
                "askPx": "91000.6",
                "ts": unix_millis(now).to_string(),
            }],
        })
        .to_string()
    }
}
