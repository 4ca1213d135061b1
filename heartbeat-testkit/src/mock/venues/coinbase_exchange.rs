//! Coinbase Exchange. Shapes: docs.cdp.coinbase.com, Exchange WebSocket feed, and captures, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// Beats for the first product that was asked for.
#[derive(Debug, Default)]
pub(in super::super) struct CoinbaseExchange {
    product: String,
}

impl Dialect for CoinbaseExchange {
    /// A subscription that holds the channel of the beats begins them, whatever else it holds.
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let Some(channels) = channels_of(&request) else {
            return Meaning::Refused { reply: error("Malformed JSON") };
        };
        let beats = channels.iter().find(|channel| channel["name"] == "heartbeat");
        if beats.is_some_and(|beats| beats["product_ids"][0].is_null()) {
            let reason = "You need to specify at least one product ID for channel heartbeat";
            return Meaning::Refused { reply: error(reason) };
        }
        let ack = |channels: &[Value]| {
            json!({ "type": "subscriptions", "channels": channels }).to_string()
        };
        match (request["type"].as_str(), beats) {
            (Some("subscribe"), Some(beats)) => {
                beats["product_ids"][0].as_str().unwrap_or_default().clone_into(&mut self.product);
                Meaning::Arm { reply: ack(&channels), every: None }
            }
            (Some("subscribe"), None) => Meaning::Subscribe { reply: ack(&channels) },
            (Some("unsubscribe"), Some(_)) => Meaning::Disarm { reply: ack(&[]) },
            _ => {
                Meaning::Refused { reply: error("Type has to be either subscribe or unsubscribe") }
            }
        }
    }

    fn beat(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "type": "heartbeat",
            "sequence": serial,
            "last_trade_id": 0,
            "product_id": self.product,
            "time": iso_micros(now),
        })
        .to_string()
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "type": "ticker",
            "sequence": serial,
            "product_id": "BTC-USD",
            "price": "91000.50",
            "best_bid": "91000.40",
            "best_ask": "91000.60",
            "time": iso_micros(now),
        })
        .to_string()
    }
}

/// Reads the channels that a request names, by an object each or by a name each, whose products
/// then are those of the request. `None` if there are none.
fn channels_of(request: &Value) -> Option<Vec<Value>> {
    let channels = request["channels"].as_array().filter(|channels| !channels.is_empty())?;
    let with_products = |channel: &Value| {
        let (name, products) = if channel.is_string() {
            (channel, &request["product_ids"])
        } else {
            (&channel["name"], &channel["product_ids"])
        };
        json!({ "name": name, "product_ids": products, "account_ids": null })
    };
    Some(channels.iter().map(with_products).collect())
}

fn error(reason: &str) -> String {
    json!({ "type": "error", "message": "Failed to subscribe", "reason": reason }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Meaning {
        CoinbaseExchange::default().read(Timestamp::ZERO, text)
    }

    #[test]
    fn beats_are_of_a_product_or_refused() {
        for channels in [
            r#""channels":[{"name":"heartbeat","product_ids":["BTC-USD"]}]"#,
            r#""channels":["ticker","heartbeat"],"product_ids":["BTC-USD"]"#,
        ] {
            let meaning = read(&format!(r#"{{"type":"subscribe",{channels}}}"#));
            assert!(matches!(meaning, Meaning::Arm { .. }), "{meaning:?}");
        }
        for channels in [
            r#""channels":["heartbeat"]"#,
            r#""channels":[{"name":"heartbeat","product_ids":[]}]"#,
            r#""channels":[],"product_ids":["BTC-USD"]"#,
            r#""product_ids":["BTC-USD"]"#,
        ] {
            let meaning = read(&format!(r#"{{"type":"subscribe",{channels}}}"#));
            assert!(matches!(meaning, Meaning::Refused { .. }), "{meaning:?}");
        }
    }

    #[test]
    fn a_beat_is_of_the_product_that_was_asked_for() {
        let mut venue = CoinbaseExchange::default();
        let request =
            r#"{"type":"subscribe","channels":["heartbeat"],"product_ids":["ETH-EUR","BTC-USD"]}"#;
        venue.read(Timestamp::ZERO, request);
        assert!(venue.beat(Timestamp::ZERO, 1).contains(r#""product_id":"ETH-EUR""#));
    }
}
