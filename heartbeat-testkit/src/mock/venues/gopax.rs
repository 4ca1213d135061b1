//! GOPAX, by Primus. Shapes: public connectors, and a copy of the venue's documents.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::{object, subscription};

#[derive(Debug)]
pub(in super::super) struct Primus;

impl Dialect for Primus {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let echo = text.strip_prefix("\"primus::pong::").and_then(|it| it.strip_suffix('"'));
        if let Some(echo) = echo {
            return Meaning::Response { token: echo.to_owned(), reply: String::new() };
        }
        let request = object(text).unwrap_or(Value::Null);
        match request["n"].as_str() {
            Some(name @ ("SubscribeToOrderBook" | "UnsubscribeFromOrderBook")) => {
                let reply = json!({ "n": name, "o": { "tradingPairName": request["o"] } });
                subscription(name.starts_with('S'), &reply)
            }
            _ => Meaning::Refused {
                reply: json!({ "n": "Error", "o": { "message": "unknown" } }).to_string(),
            },
        }
    }

    fn challenge(&self, now: Timestamp, serial: u64) -> Challenge {
        let time = format!("{}{:03}", unix_millis(now), serial % 1_000);
        Challenge { text: format!("\"primus::ping::{time}\""), token: time }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        json!({ "i": -1, "n": "OrderBookEvent", "o": { "seq": serial, "bid": [], "ask": [] } })
            .to_string()
    }
}
