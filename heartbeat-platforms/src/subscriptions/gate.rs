//! Gate v4 spot: one channel a message.
//!
//! Sources, read 2026-11-25: Gate "Spot WebSocket v4", general API.

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, head_of, id_of, name_by, reply, strings, two_words};
use super::{Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::{Json, Text};

/// The one channel whose parameters come before the pair, as one word in its data.
const CANDLES: &str = "spot.candlesticks";

pub(super) struct GateSpot;

impl SubscriptionProtocol for GateSpot {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // Not documented; lists of pairs are.
            topics_per_message: 50,
            ..SubscriptionLimits::ONE_BY_ONE
        }
    }

    /// Pairs share a message where a channel takes nothing but pairs.
    fn may_share(&self, first: &str, other: &str) -> bool {
        let channel = |topic: &str| {
            let mut words = topic.split(' ');
            (words.next().map(str::len), words.count())
        };
        let is_alike = first.split(' ').next() == other.split(' ').next();
        is_alike && channel(first).1 == 1 && channel(other).1 == 1
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        match two_words(topic) {
            Some((channel, _)) if channel.starts_with("spot.") => Ok(()),
            _ => Err("must be a channel and what it takes: `spot.tickers BTC_USDT`"),
        }
    }

    fn name_of<'t>(&self, topic: &'t str) -> &'t str {
        if topic.starts_with(CANDLES) { topic } else { head_of(topic) }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let first = request.topics.first().copied().unwrap_or_default();
        let channel = first.split(' ').next().unwrap_or_default();
        let SubscriptionRequest { id, unix_time, .. } = request;
        let verb = request.ask.verb();
        write!(out, r#"{{"time":{unix_time},"id":{id},"channel":"{channel}","#)?;
        write!(out, r#""event":"{verb}","payload":["#)?;
        strings(out, request.topics.iter().flat_map(|topic| topic.split(' ').skip(1)))?;
        out.write_str("]}")
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let keys = ["channel", "event", "id", "error", "result"];
    let [channel, event, id, error, result] = message.pick(keys)?;
    let (channel, event) = (channel?.text()?, event?);
    if let Some(ask) = Ask::of(event) {
        let refused = error.is_some_and(Json::is_object);
        return Some(reply(!refused, Some(ask), id_of(id), ReplyScope::Request));
    }
    let result = event.is("update").then_some(result?)?;
    if channel.is(CANDLES) {
        name_candles(names, channel, result.get("n")?.text()?)?;
    } else {
        let pair = ["currency_pair", "s"].iter().find_map(|key| result.get(key))?;
        name_by(names, [channel, pair.text()?])?;
    }
    Some(Said::Data)
}

/// The data say `1m_BTC_USDT`; the topic is `spot.candlesticks 1m BTC_USDT`.
fn name_candles(
    names: &mut dyn fmt::Write,
    channel: Text<'_>,
    interval_and_pair: Text<'_>,
) -> Option<()> {
    channel.write_to(names).ok()?;
    names.write_char(' ').ok()?;
    let mut letters = interval_and_pair.chars();
    // The first line between the two is where the interval ends; those of the pair stay.
    for letter in letters.by_ref().take_while(|letter| *letter != '_') {
        names.write_char(letter).ok()?;
    }
    names.write_char(' ').ok()?;
    letters.try_for_each(|letter| names.write_char(letter)).ok()?;
    Some(())
}
