//! WhiteBIT. Shapes: docs.whitebit.com, and a wire capture of 2026.

use core::time::Duration;

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

const METHOD_NOT_FOUND: i64 = 4;

#[derive(Debug)]
pub(in super::super) struct Whitebit;

impl Dialect for Whitebit {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let Some(request) = object(text) else {
            return Meaning::Unknown;
        };
        let id = &request["id"];
        let reply = |id: &Value, result: Value| {
            json!({ "error": null, "result": result, "id": id }).to_string()
        };
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: reply(id, json!("pong")),
                wrong: reply(
                    &json!(id.as_u64().unwrap_or_default().wrapping_add(1)),
                    json!("pong"),
                ),
            },
            Some(method) if method.ends_with("_subscribe") || method.ends_with("_unsubscribe") => {
                Meaning::Subscribe { reply: reply(id, json!({ "status": "success" })) }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "error": { "code": METHOD_NOT_FOUND, "message": "method not found" },
                    "result": null,
                    "id": id,
                })
                .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let book = json!({
            "timestamp": Duration::from_millis(unix_millis(now)).as_secs_f64(),
            "update_id": serial,
            "past_update_id": serial.saturating_sub(1),
            "bids": [["91000.4", "0.5"]],
        });
        json!({ "method": "depth_update", "params": [false, book, "BTC_USDT"], "id": null })
            .to_string()
    }
}
