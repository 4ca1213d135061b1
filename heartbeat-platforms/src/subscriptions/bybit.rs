//! Bybit v5: public and private topics.
//!
//! Sources, read 2026-11-25: Bybit V5 documents, "Connect", "Understanding the Subscription
//! Response".

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, id_of, name, reply, strings};
use super::{Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::Json;

pub(super) struct Bybit;

impl SubscriptionProtocol for Bybit {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // Documented for spot; derivatives have no limit, options take 2,000.
            topics_per_message: 10,
            // Documented: the arguments of all topics of a connection, in characters.
            bytes_per_message: 21_000,
            topics_per_connection: None,
        }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let verb = request.ask.verb();
        write!(out, r#"{{"req_id":"{}","op":"{verb}","args":["#, request.id)?;
        strings(out, request.topics.iter().copied())?;
        out.write_str("]}")
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [topic, data, op, done, id] = message.pick(["topic", "data", "op", "success", "req_id"])?;
    if let (Some(topic), Some(_)) = (topic, data) {
        name(names, topic.text()?)?;
        return Some(Said::Data);
    }
    let ask = Ask::of(op?)?;
    Some(reply(done?.as_bool()?, Some(ask), id_of(id), ReplyScope::Request))
}
