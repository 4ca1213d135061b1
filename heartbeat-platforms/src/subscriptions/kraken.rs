//! Kraken spot v2: one channel a message, acknowledged symbol by symbol.
//!
//! Sources, read 2026-11-25: `docs.kraken.com`, "WebSocket API v2", the pages of its channels.

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, head_of, id_of, name_by, next_name, reply, strings, two_words};
use super::{Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::Json;

pub(super) struct KrakenV2;

impl SubscriptionProtocol for KrakenV2 {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // Not documented; lists of symbols are.
            topics_per_message: 50,
            ..SubscriptionLimits::ONE_BY_ONE
        }
    }

    /// Symbols share a message where everything else about them is alike.
    fn may_share(&self, first: &str, other: &str) -> bool {
        let but_symbol = |topic| two_words(topic).map(|(channel, _)| (channel, options(topic)));
        but_symbol(first) == but_symbol(other)
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        let mut options = options(topic).split(' ').filter(|it| !it.is_empty());
        match two_words(topic) {
            Some(_) if options.all(|option| option.contains('=')) => Ok(()),
            _ => Err("must be a channel, a symbol, and options as `key=value`: `book BTC/USD \
                      depth=10`"),
        }
    }

    fn name_of<'t>(&self, topic: &'t str) -> &'t str {
        head_of(topic)
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let first = request.topics.first().copied().unwrap_or_default();
        let (channel, _) = two_words(first).unwrap_or_default();
        let verb = request.ask.verb();
        write!(out, r#"{{"method":"{verb}","params":{{"channel":"{channel}","symbol":["#)?;
        let topics = request.topics.iter().filter_map(|topic| two_words(topic));
        strings(out, topics.map(|(_, symbol)| symbol))?;
        out.write_char(']')?;
        for option in options(first).split(' ') {
            if let Some((key, value)) = option.split_once('=') {
                let is_bare = value.parse::<u64>().is_ok() || value.parse::<bool>().is_ok();
                let quote = if is_bare { "" } else { "\"" };
                write!(out, r#","{key}":{quote}{value}{quote}"#)?;
            }
        }
        write!(out, r#"}},"req_id":{}}}"#, request.id)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

/// Returns what stands behind channel and symbol.
fn options(topic: &str) -> &str {
    topic.get(head_of(topic).len()..).unwrap_or_default().trim_start()
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [channel, data, method] = message.pick(["channel", "data", "method"])?;
    if let Some(method) = method {
        return read_reply(message, Ask::of(method)?, names);
    }
    let symbol = data?.items()?.next()?.get("symbol")?;
    name_by(names, [channel?.text()?, symbol.text()?])?;
    Some(Said::Data)
}

fn read_reply(message: Json<'_>, ask: Ask, names: &mut dyn fmt::Write) -> Read {
    let [done, result, id, symbol] = message.pick(["success", "result", "req_id", "symbol"])?;
    let (done, id) = (done?.as_bool()?, id_of(id));
    let Some(result) = result else {
        // A refusal names the symbol and not the channel: the request, of which it is one, does.
        let covers = if symbol.is_some() { ReplyScope::Ending } else { ReplyScope::Request };
        if let Some(symbol) = symbol.and_then(Json::text) {
            names.write_char(' ').ok()?;
            symbol.write_to(names).ok()?;
        }
        return Some(reply(done, Some(ask), id, covers));
    };
    let channel = result.get("channel")?.text()?;
    match result.get("symbol") {
        Some(symbol) if symbol.text().is_some() => name_by(names, [channel, symbol.text()?])?,
        Some(symbols) => {
            for symbol in symbols.items()? {
                name_by(names, [channel, symbol.text()?])?;
                next_name(names)?;
            }
        }
        None => return Some(reply(done, Some(ask), id, ReplyScope::Request)),
    }
    Some(reply(done, Some(ask), id, ReplyScope::Named))
}
