//! Kraken spot, WebSocket API v1. Shapes: docs.kraken.com, spot-websocket-v1, 2026.

use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::{iso_seconds, unix_millis};
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct KrakenV1;

impl Dialect for KrakenV1 {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["reqid"];
        let with_id = |mut reply: Value, id: &Value| {
            if !id.is_null() {
                reply["reqid"] = id.clone();
            }
            reply.to_string()
        };
        let pong = json!({ "event": "pong" });
        match request["event"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: with_id(pong.clone(), id),
                wrong: with_id(pong, &json!(id.as_u64().unwrap_or_default().wrapping_add(1))),
            },
            Some(event @ ("subscribe" | "unsubscribe")) => {
                let reply = json!({
                    "channelID": 340,
                    "channelName": "ticker",
                    "event": "subscriptionStatus",
                    "pair": request["pair"][0],
                    "status": format!("{event}d"),
                    "subscription": request["subscription"],
                });
                Meaning::Subscribe { reply: with_id(reply, id) }
            }
            Some("cancelAllOrdersAfter") if request["timeout"].is_u64() => {
                let timeout = Duration::from_secs(request["timeout"].as_u64().unwrap_or_default());
                let fires = now.checked_add(timeout).filter(|_| !timeout.is_zero());
                let reply = json!({
                    "event": "cancelAllOrdersAfterStatus",
                    "status": "ok",
                    "currentTime": iso_seconds(now),
                    "triggerTime": fires.map_or_else(|| "0".to_owned(), iso_seconds),
                });
                Meaning::DeadMan { timeout, reply: with_id(reply, id) }
            }
            Some(_) | None => {
                let reply = json!({ "errorMessage": "Unsupported event", "event": "error" });
                Meaning::Refused { reply: with_id(reply, id) }
            }
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(status_of("online"))
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        r#"{"event":"heartbeat"}"#.to_owned()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        let status = match kind {
            NoticeKind::MaintenanceStarted => "maintenance",
            NoticeKind::MaintenanceEnded => "online",
            NoticeKind::SessionExpired => {
                let error = "ESession:Invalid session";
                let (event, status) = ("subscriptionStatus", "error");
                return Some(
                    json!({ "errorMessage": error, "event": event, "status": status }).to_string(),
                );
            }
            NoticeKind::Shutdown | _ => return None,
        };
        Some(status_of(status))
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        let since_epoch = Duration::from_millis(unix_millis(now));
        let time = format!("{}.{:06}", since_epoch.as_secs(), since_epoch.subsec_micros());
        json!([340, [["91000.50000", "0.00100000", time, "b", "l", ""]], "trade", "XBT/USD"])
            .to_string()
    }
}

fn status_of(status: &str) -> String {
    json!({
        "connectionID": 12_393_906_104_898_154_338_u64,
        "event": "systemStatus",
        "status": status,
        "version": "1.9.6",
    })
    .to_string()
}
