//! Hibachi's account stream. Shapes: hibachi-xyz/hibachi_sdk 0b1dc27.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// How far from the venue's the time of a ping may be, in seconds.
const SKEW_MAX: u64 = 60;

#[derive(Debug)]
pub(in super::super) struct HibachiAccount;

impl Dialect for HibachiAccount {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        let reply = |id: &Value, status: u64| json!({ "id": id, "status": status }).to_string();
        let params = &request["params"];
        match request["method"].as_str() {
            Some("stream.ping") => {
                let is_known =
                    params["accountId"].is_u64() && params["listenKey"].as_str().is_some();
                let told = request["timestamp"].as_u64().unwrap_or(0);
                if !is_known || told.abs_diff(unix_millis(now) / 1_000) > SKEW_MAX {
                    return Meaning::Refused { reply: reply(id, 400) };
                }
                let other = id.as_u64().map_or(json!(1), |id| json!(id ^ (1 << 40)));
                Meaning::Probe { answer: reply(id, 200), wrong: reply(&other, 200) }
            }
            Some("stream.start") => Meaning::Subscribe {
                reply: json!({ "id": id, "status": 200, "result": { "listenKey": "mock" } })
                    .to_string(),
            },
            Some("stream.stop") => Meaning::Unsubscribe { reply: reply(id, 200) },
            _ => Meaning::Refused { reply: reply(id, 404) },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({ "topic": "balance_update", "account": 128, "timestamp": unix_millis(now),
            "data": { "balance": serial } })
        .to_string()
    }
}
