//! MEXC futures. Shapes: www.mexc.com/api-docs, futures WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct MexcFutures;

impl Dialect for MexcFutures {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let time = unix_millis(now);
        let reply = |channel: &str, data: Value| {
            json!({ "channel": channel, "data": data, "ts": time }).to_string()
        };
        match request["method"].as_str() {
            Some("ping") => Meaning::Probe {
                answer: reply("pong", json!(time)),
                wrong: reply("rs.error", json!("pong")),
            },
            Some(method) if method.starts_with("sub.") || method.starts_with("unsub.") => {
                let channel = format!("rs.{method}");
                let reply = json!({ "channel": channel, "data": "success", "ts": time });
                subscription(method.starts_with("sub."), &reply)
            }
            Some("login") => login(
                &request["param"]["apiKey"],
                &json!({ "channel": "rs.login", "data": "success", "ts": time }),
                &json!({ "channel": "rs.error", "data": "Api key not exist", "ts": time }),
            ),
            Some(_) | None => {
                Meaning::Refused { reply: reply("rs.error", json!("Method not found")) }
            }
        }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "channel": "push.ticker",
            "data": {
                "symbol": "BTC_USDT",
                "lastPrice": 91_000.5,
                "bid1": 91_000.4,
                "ask1": 91_000.6,
                "timestamp": unix_millis(now),
            },
            "symbol": "BTC_USDT",
            "ts": unix_millis(now),
        })
        .to_string()
    }
}
