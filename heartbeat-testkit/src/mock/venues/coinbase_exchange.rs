//! Coinbase Exchange. Shapes: docs.cdp.coinbase.com, Exchange WebSocket feed, and captures, 2026.

use std::collections::BTreeMap;

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{change, changes, object, texts};

/// Beats for the first product that was asked for.
#[derive(Debug, Default)]
pub(in super::super) struct CoinbaseExchange {
    product: String,
    /// The products of each channel that was asked for.
    channels: BTreeMap<String, Vec<String>>,
}

impl CoinbaseExchange {
    /// Takes a request in, and returns the reply: it lists all that is subscribed to since.
    fn acknowledge(&mut self, starts: bool, channels: &[Value]) -> String {
        for channel in channels {
            let name = channel["name"].as_str().unwrap_or_default();
            let products = texts(&channel["product_ids"]);
            let chosen = self.channels.entry(name.to_owned()).or_default();
            chosen.retain(|product| !products.contains(&product.as_str()));
            if starts {
                chosen.extend(products.into_iter().map(ToOwned::to_owned));
            } else if chosen.is_empty() || products.is_empty() {
                self.channels.remove(name);
            }
        }
        let listed = self.channels.iter().map(|(name, products)| {
            // As it lists this channel, to the surprise of its clients.
            let name = if name == "level2_batch" { "level2_50" } else { name };
            json!({ "name": name, "product_ids": products, "account_ids": null })
        });
        let listed: Vec<_> = listed.collect();
        json!({ "type": "subscriptions", "channels": listed }).to_string()
    }
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
        let streams = match streams_of(&channels) {
            Ok(streams) => streams,
            Err(reason) => return Meaning::Refused { reply: error(&reason) },
        };
        let starts = match request["type"].as_str() {
            Some("subscribe") => true,
            Some("unsubscribe") => false,
            _ => {
                let reply = error("Type has to be either subscribe or unsubscribe");
                return Meaning::Refused { reply };
            }
        };
        let reply = self.acknowledge(starts, &channels);
        let Some(beats) = beats else { return changes(starts, streams, &reply) };
        let beats = if starts {
            beats["product_ids"][0].as_str().unwrap_or_default().clone_into(&mut self.product);
            Meaning::Arm { reply, every: None }
        } else {
            Meaning::Disarm { reply }
        };
        let streams = streams.into_iter().map(|stream| change(starts, stream, String::new()));
        Meaning::Several(vec![beats, Meaning::Streams(streams.collect())])
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
        self.data_of(now, serial, "ticker:BTC-USD")
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let (channel, product) = stream.split_once(':').unwrap_or((stream, ""));
        let Some(quote) = quote(product, serial) else { return String::new() };
        let (last, bid, ask, time) = (quote.last(), quote.bid(), quote.ask(), iso_micros(now));
        let data = match channel {
            "ticker" | "ticker_batch" => json!({
                "type": "ticker", "sequence": serial, "product_id": product, "price": last,
                "open_24h": bid, "volume_24h": "100", "low_24h": bid, "high_24h": ask,
                "volume_30d": "3000", "best_bid": bid, "best_bid_size": "0.5", "best_ask": ask,
                "best_ask_size": "0.25", "side": "buy", "time": time, "trade_id": serial,
                "last_size": "0.001",
            }),
            "matches" => json!({
                "type": "match", "trade_id": serial, "sequence": serial, "maker_order_id": "1",
                "taker_order_id": "2", "time": time, "product_id": product, "size": "0.001",
                "price": last, "side": "buy",
            }),
            "level2" | "level2_batch" | "level2_50" => json!({
                "type": "l2update", "product_id": product, "time": time,
                "changes": [["buy", bid, "0.5"], ["sell", ask, "0.25"]],
            }),
            "full" => json!({
                "type": "received", "time": time, "product_id": product, "sequence": serial,
                "order_id": serial.to_string(), "size": "0.001", "price": last, "side": "buy",
                "order_type": "limit",
            }),
            _ => return String::new(),
        };
        data.to_string()
    }
}

/// The channels, but for that of the beats.
const CHANNELS: [&str; 11] = [
    "ticker",
    "ticker_batch",
    "matches",
    "level2",
    "level2_batch",
    "level2_50",
    "full",
    "user",
    "status",
    "rfq_matches",
    "balance",
];

/// Returns the streams of channels, one for each product.
fn streams_of(channels: &[Value]) -> Result<Vec<String>, String> {
    let mut streams = Vec::new();
    for channel in channels {
        let name = channel["name"].as_str().unwrap_or_default();
        let products = texts(&channel["product_ids"]);
        if let Some(unknown) = products.iter().find(|product| !is_listed(product)) {
            return Err(format!("{unknown} is not a valid product"));
        }
        if name == "heartbeat" {
            continue;
        }
        if !CHANNELS.contains(&name) {
            return Err(format!("{name} is not a valid channel"));
        }
        if products.is_empty() {
            streams.push(name.to_owned());
        }
        streams.extend(products.into_iter().map(|product| format!("{name}:{product}")));
    }
    Ok(streams)
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
            let arms =
                matches!(&meaning, Meaning::Several(all) if matches!(all[0], Meaning::Arm { .. }));
            assert!(arms, "{meaning:?}");
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
