//! Binance spot, the WebSocket API. Shapes: binance-spot-api-docs, web-socket-api.md, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object};

#[derive(Debug)]
pub(in super::super) struct BinanceWsApi;

impl Dialect for BinanceWsApi {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        match request["method"].as_str() {
            // Answered as the venue does, though no client of ours asks.
            Some("ping") => Meaning::Probe {
                answer: reply(id, &json!({})),
                wrong: reply(&json!("ffffffff-ffff-4fff-bfff-ffffffffffff"), &json!({})),
            },
            Some("userDataStream.subscribe" | "userDataStream.subscribe.signature") => {
                Meaning::Subscribe { reply: reply(id, &json!({ "subscriptionId": 0 })) }
            }
            Some("session.logon") => {
                let time = unix_millis(now);
                let session = json!({
                    "apiKey": request["params"]["apiKey"],
                    "authorizedSince": time,
                    "connectedSince": time,
                    "returnRateLimits": false,
                    "serverTime": time,
                    "userDataStream": false,
                });
                let msg = "Invalid API-key, IP, or permissions for action.";
                login(
                    &request["params"]["apiKey"],
                    &json!({ "id": id, "status": 200, "result": session }),
                    &json!({ "id": id, "status": 401, "error": { "code": -2_015, "msg": msg } }),
                )
            }
            Some("time") => {
                Meaning::Query { reply: reply(id, &json!({ "serverTime": unix_millis(now) })) }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "id": id,
                    "status": 400,
                    "error": { "code": -1_000, "msg": "Unknown method" },
                })
                .to_string(),
            },
        }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        let millis = unix_millis(now);
        let told = match kind {
            NoticeKind::Shutdown => json!({ "event": { "e": "serverShutdown", "E": millis } }),
            NoticeKind::SessionExpired => json!({
                "subscriptionId": 0,
                "event": { "e": "eventStreamTerminated", "E": millis },
            }),
            NoticeKind::MaintenanceStarted | NoticeKind::MaintenanceEnded | _ => return None,
        };
        Some(told.to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        json!({
            "subscriptionId": 0,
            "event": {
                "e": "outboundAccountPosition",
                "E": millis,
                "u": serial,
                "B": [{ "a": "BTC", "f": "1.00000000", "l": "0.00000000" }],
            },
        })
        .to_string()
    }
}

fn reply(id: &Value, result: &Value) -> String {
    json!({
        "id": id,
        "status": 200,
        "result": result,
        "rateLimits": [{
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": 6_000,
            "count": 1,
        }],
    })
    .to_string()
}
