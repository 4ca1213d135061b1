//! KuCoin, the classic endpoints. Shapes: Kucoin/kucoin-api-docs, 2023, and a wire capture of
//! 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Kucoin;

impl Dialect for Kucoin {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = request["id"].as_str().unwrap_or_default();
        // The capture has a timestamp that the documents have not.
        let micros = unix_millis(now).saturating_mul(1_000);
        let pong = |id| json!({ "id": id, "type": "pong", "timestamp": micros }).to_string();
        match request["type"].as_str() {
            Some("ping") => Meaning::Probe { answer: pong(id), wrong: pong(&format!("{id}0")) },
            Some("subscribe" | "unsubscribe") => {
                Meaning::Subscribe { reply: json!({ "id": id, "type": "ack" }).to_string() }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "id": id,
                    "type": "error",
                    "code": 415,
                    "data": "type is not supported",
                })
                .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(json!({ "id": "hQvf8jkno", "type": "welcome" }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "type": "message",
            "topic": "/market/ticker:BTC-USDT",
            "subject": "trade.ticker",
            "data": {
                "sequence": serial.to_string(),
                "price": "91000.5",
                "bestBid": "91000.4",
                "bestAsk": "91000.6",
                "time": unix_millis(now),
            },
        })
        .to_string()
    }
}
