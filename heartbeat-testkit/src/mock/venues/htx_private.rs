//! HTX spot, the private endpoint v2. Shapes: huobiapi/docs, branch `v1_en`, 2021.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct HtxPrivate;

impl Dialect for HtxPrivate {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let channel = &request["ch"];
        let reply = |action: &str, code: u16| {
            json!({ "action": action, "code": code, "ch": channel, "data": {} }).to_string()
        };
        match request["action"].as_str() {
            Some("pong") => {
                Meaning::Response { token: request["data"]["ts"].to_string(), reply: String::new() }
            }
            // Any signature will do.
            Some(action @ ("req" | "sub" | "unsub")) => {
                Meaning::Subscribe { reply: reply(action, 200) }
            }
            Some(action) => Meaning::Refused { reply: reply(action, 2_001) },
            None => Meaning::Unknown,
        }
    }

    fn challenge(&self, now: Timestamp, _serial: u64) -> Challenge {
        let time = unix_millis(now);
        let text = format!(r#"{{"action":"ping","data":{{"ts":{time}}}}}"#);
        Challenge { text, token: time.to_string() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "action": "push",
            "ch": "orders#btcusdt",
            "data": {
                "orderId": serial,
                "orderPrice": "91000.5",
                "orderSize": "0.001",
                "orderStatus": "submitted",
                "orderCreateTime": unix_millis(now),
                "symbol": "btcusdt",
                "type": "sell-limit",
                "eventType": "creation",
            },
        })
        .to_string()
    }
}
