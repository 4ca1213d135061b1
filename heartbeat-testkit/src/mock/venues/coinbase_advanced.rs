//! Coinbase Advanced Trade. Shapes: docs.cdp.coinbase.com, Advanced Trade WebSocket channels,
//! 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct CoinbaseAdvanced;

impl Dialect for CoinbaseAdvanced {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let channel = request["channel"].as_str();
        match (request["type"].as_str(), channel) {
            (Some("subscribe"), Some("heartbeats")) => Meaning::Arm {
                reply: subscriptions(now, &json!({ "heartbeats": ["heartbeats"] })),
                every: None,
            },
            (Some("unsubscribe"), Some("heartbeats")) => {
                Meaning::Disarm { reply: subscriptions(now, &json!({})) }
            }
            (Some("subscribe"), Some(channel)) => Meaning::Subscribe {
                reply: subscriptions(now, &json!({ channel: request["product_ids"] })),
            },
            _ => Meaning::Refused {
                reply: json!({ "type": "error", "message": "failure to subscribe" }).to_string(),
            },
        }
    }

    fn beat(&self, now: Timestamp, serial: u64) -> String {
        // The counter comes as a string from some servers and as a number from others
        // (documents against captures, 2026): the mock changes with every other beat.
        let counter =
            if serial.is_multiple_of(2) { json!(serial) } else { json!(serial.to_string()) };
        envelope(
            now,
            "heartbeats",
            &json!({ "current_time": iso_micros(now), "heartbeat_counter": counter }),
        )
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        let ticker = json!({ "type": "ticker", "product_id": "BTC-USD", "price": "91000.5" });
        envelope(now, "ticker", &json!({ "type": "update", "tickers": [ticker] }))
    }
}

fn subscriptions(now: Timestamp, channels: &Value) -> String {
    envelope(now, "subscriptions", &json!({ "subscriptions": channels }))
}

fn envelope(now: Timestamp, channel: &str, event: &Value) -> String {
    json!({
        "channel": channel,
        "client_id": "",
        "timestamp": iso_micros(now),
        "sequence_num": 0,
        "events": [event],
    })
    .to_string()
}
