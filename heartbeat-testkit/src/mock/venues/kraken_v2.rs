//! Kraken spot, WebSocket API v2. Shapes: docs.kraken.com, spot-websocket-v2, 2026.

use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::{iso_micros, iso_seconds};
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct KrakenV2;

impl Dialect for KrakenV2 {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["req_id"];
        let time = iso_micros(now);
        let pong = |id: &Value| {
            let mut pong = json!({ "method": "pong", "time_in": time, "time_out": time });
            if !id.is_null() {
                pong["req_id"] = id.clone();
            }
            pong.to_string()
        };
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: pong(id),
                wrong: pong(&json!(id.as_u64().unwrap_or_default().wrapping_add(1))),
            },
            Some(method @ ("subscribe" | "unsubscribe")) => Meaning::Subscribe {
                reply: json!({
                    "method": method,
                    "req_id": id,
                    "result": request["params"],
                    "success": true,
                    "time_in": time,
                    "time_out": time,
                })
                .to_string(),
            },
            Some(method @ "cancel_all_orders_after") if request["params"]["timeout"].is_u64() => {
                let seconds = request["params"]["timeout"].as_u64().unwrap_or_default();
                let timeout = Duration::from_secs(seconds);
                let fires = now.checked_add(timeout).filter(|_| !timeout.is_zero());
                Meaning::DeadMan {
                    timeout,
                    reply: json!({
                        "method": method,
                        "req_id": id,
                        "result": {
                            "currentTime": iso_seconds(now),
                            "triggerTime": fires.map_or_else(|| "0".to_owned(), iso_seconds),
                        },
                        "success": true,
                        "time_in": time,
                        "time_out": time,
                    })
                    .to_string(),
                }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "error": "Unsupported method",
                    "success": false,
                    "req_id": id,
                    "time_in": time,
                    "time_out": time,
                })
                .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(status_of("online"))
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        r#"{"channel":"heartbeat"}"#.to_owned()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        let status = match kind {
            NoticeKind::MaintenanceStarted => "maintenance",
            NoticeKind::MaintenanceEnded => "online",
            NoticeKind::Shutdown | _ => return None,
        };
        Some(status_of(status))
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "channel": "ticker",
            "type": "update",
            "data": [{
                "symbol": "BTC/USD",
                "bid": 91_000.4,
                "ask": 91_000.6,
                "last": 91_000.5,
                "timestamp": iso_micros(now),
            }],
        })
        .to_string()
    }
}

fn status_of(status: &str) -> String {
    json!({
        "channel": "status",
        "type": "update",
        "data": [{
            "version": "2.0.10",
            "system": status,
            "api_version": "v2",
            "connection_id": 12_393_906_104_898_154_338_u64,
        }],
    })
    .to_string()
}
