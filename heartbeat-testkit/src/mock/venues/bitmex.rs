//! BitMEX. Shapes: BitMEX WebSocket API guide, 2026.

use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct Bitmex;

impl Dialect for Bitmex {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        // Four bytes, not JSON.
        if text == "ping" {
            return Meaning::Probe {
                answer: "pong".to_owned(),
                wrong: r#"{"op":"pong"}"#.to_owned(),
            };
        }
        let request = object(text).unwrap_or(Value::Null);
        match request["op"].as_str() {
            Some(op @ ("subscribe" | "unsubscribe")) => subscription(
                op == "subscribe",
                &json!({
                    "success": true,
                    op: request["args"][0],
                    "request": request,
                }),
            ),
            Some("authKeyExpires") => login(
                &request["args"][0],
                &json!({ "success": true, "request": request }),
                &json!({ "status": 401, "error": "Invalid API Key.", "request": request }),
            ),
            Some("cancelAllAfter") if request["args"].is_u64() => {
                let timeout = Duration::from_millis(request["args"].as_u64().unwrap_or_default());
                let fires = now.checked_add(timeout).filter(|_| !timeout.is_zero());
                Meaning::DeadMan {
                    timeout,
                    reply: json!({
                        "now": iso_micros(now),
                        "cancelTime": fires.map_or(json!(0), |fires| json!(iso_micros(fires))),
                        "request": request,
                    })
                    .to_string(),
                }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({ "status": 400, "error": "Unrecognized request." }).to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        let welcome = json!({
            "info": "Welcome to the BitMEX Realtime API.",
            "version": "2.0.0",
            "timestamp": iso_micros(Timestamp::ZERO),
            "docs": "https://www.bitmex.com/app/wsAPI",
            "heartbeatEnabled": false,
            // Empty since 2026-03-30.
            "limit": {},
            "appName": "ws-feedhandler",
        });
        Some(welcome.to_string())
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::SessionExpired).then(|| {
            let error = "Access Token expired for subscription: order:*";
            let note = "Please re-subscribe with a new token to continue receiving messages.";
            json!({ "status": 419, "error": error, "meta": { "note": note } }).to_string()
        })
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "table": "trade",
            "action": "insert",
            "data": [{
                "timestamp": iso_micros(now),
                "symbol": "XBTUSD",
                "side": "Buy",
                "size": 100,
                "price": 91_000.5,
            }],
        })
        .to_string()
    }
}
