//! Deribit: JSON-RPC; a reply lists the channels that were accepted.
//!
//! Sources, read 2026-11-25: `docs.deribit.com`, `public/subscribe` and `private/subscribe`.

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, id_of, name, next_name, reply, strings};
use super::{ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::Json;

pub(super) struct Deribit;

impl SubscriptionProtocol for Deribit {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // Documented: 500 channels a subscription, 32 kB a message.
            topics_per_message: 200,
            bytes_per_message: 32_000,
            topics_per_connection: None,
        }
    }

    fn may_share(&self, first: &str, other: &str) -> bool {
        is_private(first) == is_private(other)
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let is_private = request.topics.first().is_some_and(|topic| is_private(topic));
        let (scope, verb) = (if is_private { "private" } else { "public" }, request.ask.verb());
        let id = request.id;
        write!(out, r#"{{"jsonrpc":"2.0","id":{id},"method":"{scope}/{verb}","#)?;
        out.write_str(r#""params":{"channels":["#)?;
        strings(out, request.topics.iter().copied())?;
        out.write_str("]}}")
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn is_private(channel: &str) -> bool {
    channel.starts_with("user.")
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let keys = ["method", "params", "id", "result", "error"];
    let [method, params, id, result, error] = message.pick(keys)?;
    if let Some(method) = method {
        let channel = method.is("subscription").then_some(params?.get("channel")?)?;
        name(names, channel.text()?)?;
        return Some(Said::Data);
    }
    let id = id_of(id);
    if error.is_some() {
        return Some(reply(false, None, id, ReplyScope::Request));
    }
    for channel in result?.items()? {
        name(names, channel.text()?)?;
        next_name(names)?;
    }
    Some(reply(true, None, id, ReplyScope::NamedAlone))
}
