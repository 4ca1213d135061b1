//! KuCoin, the classic endpoints: several symbols in one topic.
//!
//! Sources, read 2026-11-25: `Kucoin/kucoin-api-docs`, 2023, "Subscribe"; the limits of the
//! connection from the same page.

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, id_of, list, name, reply};
use super::{ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::Json;

pub(super) struct Kucoin;

impl SubscriptionProtocol for Kucoin {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // Documented: 100 a batch, 300 a connection.
            topics_per_message: 100,
            topics_per_connection: Some(300),
            ..SubscriptionLimits::ONE_BY_ONE
        }
    }

    fn may_share(&self, first: &str, other: &str) -> bool {
        match (first.split_once(':'), other.split_once(':')) {
            (Some((first, _)), Some((other, _))) => first == other,
            _ => false,
        }
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        if topic.starts_with('/') && !topic.contains([',', ' ']) {
            Ok(())
        } else {
            Err("must be a path and one symbol: `/market/ticker:BTC-USDT`")
        }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let verb = request.ask.verb();
        write!(out, r#"{{"id":"{}","type":"{verb}","topic":""#, request.id)?;
        let first = request.topics.first().copied().unwrap_or_default();
        match first.split_once(':') {
            Some((path, _)) => {
                write!(out, "{path}:")?;
                let symbols = request.topics.iter().filter_map(|topic| topic.split_once(':'));
                list(out, symbols, |out, (_, symbol)| out.write_str(symbol))?;
            }
            None => out.write_str(first)?,
        }
        out.write_str(r#"","response":true}"#)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [kind, topic, id] = message.pick(["type", "topic", "id"])?;
    let kind = kind?;
    if kind.is("message") {
        name(names, topic?.text()?)?;
        return Some(Said::Data);
    }
    let done = kind.is("ack");
    (done || kind.is("error")).then(|| reply(done, None, id_of(id), ReplyScope::Request))
}
