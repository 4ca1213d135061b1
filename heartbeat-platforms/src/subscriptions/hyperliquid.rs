//! Hyperliquid: objects of fields, one a message, acknowledged by a copy of the request.
//!
//! Sources, read 2026-11-25: `hyperliquid.gitbook.io`, "Subscriptions"; the venue's Python client
//! for which data belong to which subscription.

use core::fmt;

use heartbeat_core::Frame;

use super::fields::Fields;
use super::words::{Read, reply};
use super::{Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::{Json, Text};

static FIELDS: Fields = Fields {
    heads: &["type"],
    bare: "coin",
    rest: &["coin", "interval", "user"],
    spelling: "must be a type, then the coin, interval= and user=, each if it has one: \
               `trades BTC`",
};

pub(super) struct Hyperliquid;

impl SubscriptionProtocol for Hyperliquid {
    fn limits(&self) -> SubscriptionLimits {
        // Documented, of an address.
        SubscriptionLimits { topics_per_connection: Some(1_000), ..SubscriptionLimits::ONE_BY_ONE }
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        FIELDS.check(topic)
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, r#"{{"method":"{}","subscription":"#, request.ask.verb())?;
        FIELDS.write(request.topics.first().copied().unwrap_or_default(), out)?;
        out.write_char('}')
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [channel, data] = message.pick(["channel", "data"])?;
    let (channel, data) = (channel?.text()?, data?);
    if channel.is("subscriptionResponse") {
        let [method, subscription] = data.pick(["method", "subscription"])?;
        FIELDS.read(subscription?, names)?;
        return Some(reply(true, Some(Ask::of(method?)?), None, ReplyScope::Named));
    }
    if channel.is("error") {
        return refusal(data.text()?, names);
    }
    channel.write_to(names).ok()?;
    // An array is of one coin: the first tells which.
    let first = data.items().and_then(|mut items| items.next()).unwrap_or(data);
    let [coin, symbol, interval, user] = first.pick(["coin", "s", "i", "user"])?;
    for (key, value) in [("", coin.or(symbol)), ("interval=", interval), ("user=", user)] {
        // A trade has the users of both sides, and belongs to neither.
        if let Some(value) = value.and_then(Json::text)
            && !(key == "user=" && coin.is_some())
        {
            write!(names, " {key}").ok()?;
            value.write_to(names).ok()?;
        }
    }
    Some(Said::Data)
}

/// An error quotes the request that it is about; one that has been granted before is granted.
fn refusal(error: Text<'_>, names: &mut dyn fmt::Write) -> Read {
    const LONGEST: usize = 512;
    let mut buffer = super::words::Scratch::<LONGEST>::new();
    error.write_to(&mut buffer).ok()?;
    let quoted = buffer.as_str();
    let from = quoted.find('{')?;
    let request = Json::parse(quoted.get(from..)?)?;
    let subscription = request.get("subscription").unwrap_or(request);
    FIELDS.read(subscription, names)?;
    let done = quoted.starts_with("Already subscribed");
    let ask = if quoted.starts_with("Already unsubscribed") {
        Some(Ask::Unsubscribe)
    } else {
        done.then_some(Ask::Subscribe)
    };
    Some(reply(done || ask.is_some(), ask, None, ReplyScope::Named))
}
