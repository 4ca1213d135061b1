//! Poloniex. Shapes: api-docs.poloniex.com, spot WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Poloniex;

impl Dialect for Poloniex {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let error = |message: &str| json!({ "event": "error", "message": message }).to_string();
        // The documents know both forms.
        if text == "ping" || request["event"] == "ping" {
            let answer = r#"{"event":"pong"}"#.to_owned();
            return Meaning::Probe { answer, wrong: error("pong") };
        }
        match request["event"].as_str() {
            Some(event @ ("subscribe" | "unsubscribe")) => Meaning::Subscribe {
                reply: json!({
                    "event": event,
                    "channel": request["channel"][0],
                    "symbols": request["symbols"],
                })
                .to_string(),
            },
            Some(_) | None => Meaning::Refused { reply: error("Bad request") },
        }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        json!({
            "channel": "ticker",
            "data": [{
                "symbol": "BTC_USDT",
                "close": "91000.5",
                "markPrice": "91000.6",
                "ts": unix_millis(now),
            }],
        })
        .to_string()
    }
}
