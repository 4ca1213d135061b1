//! Coinbase Exchange: one channel a message; replies list all that is subscribed to.
//!
//! Sources, read 2026-11-25: `docs.cdp.coinbase.com/exchange/websocket-feed`, "Overview" and
//! "Channels". Channels that want a signature in the request are not asked for here.

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, name, name_by, next_name, reply, strings, two_words};
use super::{ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::{Json, Text};

pub(super) struct CoinbaseExchange;

impl SubscriptionProtocol for CoinbaseExchange {
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
        let is_right = match topic.split_once(' ') {
            // The one channel that has no products.
            None => topic == "status",
            Some((channel, product)) => {
                // The beats are the platform's to ask for.
                !matches!(channel, "" | "status" | "heartbeat")
                    && !product.is_empty()
                    && !product.contains(' ')
            }
        };
        if is_right {
            Ok(())
        } else {
            Err("must be a channel and a product, or `status`: `ticker BTC-USD`")
        }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let first = request.topics.first().copied().unwrap_or_default();
        let channel = first.split(' ').next().unwrap_or_default();
        let verb = request.ask.verb();
        write!(out, r#"{{"type":"{verb}","channels":[{{"name":"{channel}""#)?;
        if two_words(first).is_some() {
            out.write_str(r#","product_ids":["#)?;
            let topics = request.topics.iter().filter_map(|topic| two_words(topic));
            strings(out, topics.map(|(_, product)| product))?;
            out.write_char(']')?;
        }
        out.write_str("}]}")
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [kind, product, channels] = message.pick(["type", "product_id", "channels"])?;
    let kind = kind?;
    if kind.is("error") {
        return Some(reply(false, None, None, ReplyScope::Request));
    }
    if kind.is("subscriptions") {
        for channel in channels?.items()? {
            list(channel, names)?;
        }
        return Some(reply(true, None, None, ReplyScope::Everything));
    }
    if kind.is("status") {
        name(names, Text::plain("status"))?;
        return Some(Said::Data);
    }
    let product = product?.text()?;
    for channel in channels_of(kind)? {
        name_by(names, [Text::plain(channel), product])?;
        next_name(names)?;
    }
    Some(Said::Data)
}

/// Names what a channel of a list is subscribed to.
fn list(channel: Json<'_>, names: &mut dyn fmt::Write) -> Option<()> {
    let [title, products] = channel.pick(["name", "product_ids"])?;
    let title = title?.text()?;
    if title.is("status") {
        name(names, title)?;
        return next_name(names);
    }
    for product in products.and_then(Json::items).into_iter().flatten() {
        let product = product.text()?;
        name_by(names, [title, product])?;
        next_name(names)?;
        if title.is("level2_50") {
            // Under this name it lists `level2_batch`, as tests of its clients have recorded.
            name_by(names, [Text::plain("level2_batch"), product])?;
            next_name(names)?;
        }
    }
    Some(())
}

/// Returns the channels in which a kind of message comes: it does not say in which it came.
fn channels_of(kind: Json<'_>) -> Option<&'static [&'static str]> {
    let is = |kinds: &[&str]| kinds.iter().any(|one| kind.is(one));
    Some(if is(&["ticker"]) {
        &["ticker", "ticker_batch"]
    } else if is(&["snapshot", "l2update"]) {
        &["level2_batch", "level2", "level2_50"]
    } else if is(&["match", "last_match"]) {
        &["matches", "full"]
    } else if is(&["received", "open", "done", "change", "activate"]) {
        &["full"]
    } else if is(&["rfq_match"]) {
        &["rfq_matches"]
    } else {
        return None;
    })
}
