//! Coinbase Advanced Trade: one channel a message; replies list all that is subscribed to.
//!
//! Sources, read 2026-11-25: `docs.cdp.coinbase.com`, "WebSocket Channels" of Advanced Trade.
//! Channels that need a token are not known here: market data needs none.

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, name_by, next_name, reply, strings, two_words};
use super::{ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::{Json, Text};

pub(super) struct CoinbaseAdvanced;

impl SubscriptionProtocol for CoinbaseAdvanced {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // Not documented; 50 products are known to work.
            topics_per_message: 50,
            ..SubscriptionLimits::ONE_BY_ONE
        }
    }

    fn may_share(&self, first: &str, other: &str) -> bool {
        first.split(' ').next() == other.split(' ').next()
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        match two_words(topic) {
            Some(_) if topic.split(' ').count() == 2 => Ok(()),
            _ => Err("must be a channel and a product: `ticker BTC-USD`"),
        }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, r#"{{"type":"{}","product_ids":["#, request.ask.verb())?;
        let topics = request.topics.iter().filter_map(|topic| two_words(topic));
        strings(out, topics.clone().map(|(_, product)| product))?;
        let channel = topics.map(|(channel, _)| channel).next().unwrap_or_default();
        write!(out, r#"],"channel":"{channel}"}}"#)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [kind, channel, events] = message.pick(["type", "channel", "events"])?;
    let Some(channel) = channel else {
        return kind?.is("error").then_some(reply(false, None, None, ReplyScope::Request));
    };
    let mut events = events?.items()?;
    if !channel.is("subscriptions") {
        let product = product_of(events.next()?)?;
        name_by(names, [name_of(channel.text()?), product])?;
        return Some(Said::Data);
    }
    for event in events {
        for (channel, products) in event.get("subscriptions")?.members()? {
            for product in products.items()? {
                name_by(names, [channel, product.text()?])?;
                next_name(names)?;
            }
        }
    }
    Some(reply(true, None, None, ReplyScope::Everything))
}

/// Returns the name by which a channel is asked for: that of the order book has another in its
/// data.
fn name_of(channel: Text<'_>) -> Text<'_> {
    if channel.is("l2_data") { Text::plain("level2") } else { channel }
}

/// Finds the product of an event: it stands in it, or in the first of its list.
fn product_of(event: Json<'_>) -> Option<Text<'_>> {
    if let Some(product) = event.get("product_id") {
        return product.text();
    }
    let lists = ["tickers", "trades", "candles", "products"];
    let list = lists.iter().find_map(|list| event.get(list))?;
    list.items()?.next()?.get("product_id")?.text()
}
