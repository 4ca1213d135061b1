//! Phemex. Shapes: phemex/phemex-api-docs, and a wire capture of 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

/// The error that everything gets that is not understood, text that is no JSON included.
const INVALID_ARGUMENT: i64 = 6001;

#[derive(Debug)]
pub(in super::super) struct Phemex;

impl Dialect for Phemex {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        let reply = |id: &Value, result: Value| {
            json!({ "error": null, "id": id, "result": result }).to_string()
        };
        match request["method"].as_str() {
            Some("server.ping") => Meaning::Probe {
                answer: reply(id, json!("pong")),
                wrong: reply(
                    &json!(id.as_u64().unwrap_or_default().wrapping_add(1)),
                    json!("pong"),
                ),
            },
            Some(method) if method.ends_with("subscribe") => {
                let reply = json!({ "error": null, "id": id, "result": { "status": "success" } });
                subscription(!method.ends_with("unsubscribe"), &reply)
            }
            Some("user.auth") => login(
                &request["params"][1],
                &json!({ "error": null, "id": id, "result": { "status": "success" } }),
                &json!({
                    "error": { "code": 6_012, "message": "invalid login token" },
                    "id": id,
                    "result": null,
                }),
            ),
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "error": { "code": INVALID_ARGUMENT, "message": "invalid argument" },
                    "id": id,
                    "result": null,
                })
                .to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let nanos = unix_millis(now).saturating_mul(1_000_000);
        json!({
            "depth": 30,
            "dts": nanos,
            "mts": nanos,
            "orderbook_p": { "asks": [["91000.6", "1.25"]], "bids": [["91000.4", "0"]] },
            "sequence": serial,
            "symbol": "BTCUSDT",
            "timestamp": nanos,
            "type": "incremental",
        })
        .to_string()
    }
}
