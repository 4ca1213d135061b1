//! Coinbase Advanced Trade. Shapes: docs.cdp.coinbase.com, Advanced Trade WebSocket channels,
//! 2026.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::iso_micros;
use super::super::dialect::StreamChange;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{change, object, texts};

#[derive(Debug, Default)]
pub(in super::super) struct CoinbaseAdvanced {
    /// The products of each channel that was asked for.
    channels: BTreeMap<String, Vec<String>>,
    /// The number of the next message, whatever it is.
    sequence: AtomicU64,
}

/// The channels, but for that of the beats.
const CHANNELS: [&str; 8] = [
    "ticker",
    "ticker_batch",
    "market_trades",
    "level2",
    "candles",
    "status",
    "user",
    "futures_balance_summary",
];

impl CoinbaseAdvanced {
    /// Every acknowledgement lists all that is subscribed to.
    fn subscriptions(&self, now: Timestamp) -> String {
        self.envelope(now, "subscriptions", &json!({ "subscriptions": self.channels }))
    }

    fn envelope(&self, now: Timestamp, channel: &str, event: &Value) -> String {
        json!({
            "channel": channel,
            "client_id": "",
            "timestamp": iso_micros(now),
            "sequence_num": self.sequence.fetch_add(1, Ordering::Relaxed),
            "events": [event],
        })
        .to_string()
    }

    fn subscribe(
        &mut self,
        now: Timestamp,
        starts: bool,
        channel: &str,
        products: &[&str],
    ) -> Meaning {
        // What is of no product has none.
        let names = if products.is_empty() { vec![String::new()] } else { owned(products) };
        let chosen = self.channels.entry(channel.to_owned()).or_default();
        chosen.retain(|product| !products.contains(&product.as_str()));
        if starts {
            chosen.extend(owned(products));
        } else if chosen.is_empty() || products.is_empty() {
            self.channels.remove(channel);
        }
        let stream = |product: &String| format!("{channel}:{product}");
        let changes = names.iter().map(|name| change(starts, stream(name), String::new()));
        let reply = StreamChange::Reply { reply: self.subscriptions(now) };
        Meaning::Streams(changes.chain([reply]).collect())
    }
}

impl Dialect for CoinbaseAdvanced {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let products = texts(&request["product_ids"]);
        match (request["type"].as_str(), request["channel"].as_str()) {
            (Some("subscribe"), Some(channel @ "heartbeats")) => {
                self.channels.insert(channel.to_owned(), vec![channel.to_owned()]);
                Meaning::Arm { reply: self.subscriptions(now), every: None }
            }
            (Some("unsubscribe"), Some(channel @ "heartbeats")) => {
                self.channels.remove(channel);
                Meaning::Disarm { reply: self.subscriptions(now) }
            }
            (Some(kind @ ("subscribe" | "unsubscribe")), Some(channel))
                if CHANNELS.contains(&channel) && products.iter().all(|it| is_listed(it)) =>
            {
                self.subscribe(now, kind == "subscribe", channel, &products)
            }
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
        let event = json!({ "current_time": iso_micros(now), "heartbeat_counter": counter });
        self.envelope(now, "heartbeats", &event)
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, "ticker:BTC-USD")
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let (channel, product) = stream.split_once(':').unwrap_or((stream, ""));
        let Some(quote) = quote(product, serial) else { return String::new() };
        let (last, bid, ask, time) = (quote.last(), quote.bid(), quote.ask(), iso_micros(now));
        let (name, event) = match channel {
            "ticker" | "ticker_batch" => (
                channel,
                json!({
                    "type": "update",
                    "tickers": [{
                        "type": "ticker", "product_id": product, "price": last,
                        "volume_24_h": "100",
                        "low_24_h": bid, "high_24_h": ask, "low_52_w": bid, "high_52_w": ask,
                        "price_percent_chg_24_h": "0.1", "best_bid": bid,
                        "best_bid_quantity": "0.5",
                        "best_ask": ask, "best_ask_quantity": "0.25",
                    }],
                }),
            ),
            "market_trades" => (
                channel,
                json!({
                    "type": "update",
                    "trades": [{
                        "trade_id": serial.to_string(), "product_id": product, "price": last,
                        "size": "0.001", "side": "BUY", "time": time,
                    }],
                }),
            ),
            // The one channel whose data is under another name.
            "level2" => (
                "l2_data",
                json!({
                    "type": "snapshot", "product_id": product,
                    "updates": [
                        { "side": "bid", "event_time": time, "price_level": bid,
                        "new_quantity": "0.5" },
                        { "side": "offer", "event_time": time, "price_level": ask,
                            "new_quantity": "0.25" },
                    ],
                }),
            ),
            "candles" => (
                channel,
                json!({
                    "type": "update",
                    "candles": [{
                        "start": "0", "high": ask, "low": bid, "open": bid, "close": last,
                        "volume": "1.5", "product_id": product,
                    }],
                }),
            ),
            _ => return String::new(),
        };
        self.envelope(now, name, &event)
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
