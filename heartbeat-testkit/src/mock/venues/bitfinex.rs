//! Bitfinex v2. Shapes: docs.bitfinex.com, WebSocket general, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// The one channel that the mock has.
const CHANNEL: u64 = 17_470;

/// The value of an authentication's `dms` that cancels every order when the connection closes.
const CANCEL_ON_CLOSE: u64 = 4;

#[derive(Debug)]
pub(in super::super) struct Bitfinex;

impl Dialect for Bitfinex {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let cid = &request["cid"];
        let pong = |cid: &Value| {
            let mut pong = json!({ "event": "pong", "ts": unix_millis(now) });
            if !cid.is_null() {
                pong["cid"] = cid.clone();
            }
            pong.to_string()
        };
        match request["event"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: pong(cid),
                wrong: pong(&json!(cid.as_u64().unwrap_or_default().wrapping_add(1))),
            },
            Some("subscribe") => Meaning::Subscribe {
                reply: json!({
                    "event": "subscribed",
                    "channel": request["channel"],
                    "chanId": CHANNEL,
                    "symbol": request["symbol"],
                })
                .to_string(),
            },
            Some("auth") => {
                let dms = &request["dms"];
                let reply = json!({ "event": "auth", "status": "OK", "chanId": 0, "dms": dms });
                let on = *dms == json!(CANCEL_ON_CLOSE);
                Meaning::CancelOnDisconnect { on, reply: reply.to_string() }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({ "event": "error", "msg": "unknown event", "code": 10_000 })
                    .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        let info = json!({
            "event": "info",
            "version": 2,
            "serverId": "e293377e-7bb7-427e-b28c-5db045b2c1d1",
            "platform": { "status": 1 },
        });
        Some(info.to_string())
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        json!([CHANNEL, "hb"]).to_string()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        let (code, text) = match kind {
            NoticeKind::Shutdown => (20_051, "Stopping. Please try to reconnect"),
            NoticeKind::MaintenanceStarted => (
                20_060,
                "Entering in Maintenance mode. Please pause any activity and resume after \
                 receiving the info message 20061",
            ),
            NoticeKind::MaintenanceEnded => (
                20_061,
                "Maintenance ended. You can resume normal activity. It is advised to \
                 unsubscribe/subscribe again all channels.",
            ),
            NoticeKind::SessionExpired | _ => return None,
        };
        Some(json!({ "event": "info", "code": code, "msg": text }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!([CHANNEL, "te", [serial, unix_millis(now), 0.005, 91_000.5]]).to_string()
    }
}
