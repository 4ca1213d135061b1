//! HTX market data: one topic a message, everything compressed.
//!
//! Sources, read 2026-11-25: `huobiapi/docs`, "WebSocket Market Data".

use core::fmt;

use heartbeat_core::Frame;

use super::words::{Read, id_of, name, reply};
use super::{Ask, ReplyScope, Said, SubscriptionProtocol, SubscriptionRequest};
use crate::gzip;
use crate::json::{Json, first_member};

/// How much of a message is inflated, in bytes: replies are shorter, and data name their topic
/// first.
const HEAD: usize = 512;

pub(super) struct HtxMarket;

impl SubscriptionProtocol for HtxMarket {
    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let verb = match request.ask {
            Ask::Subscribe => "sub",
            Ask::Unsubscribe => "unsub",
        };
        let topic = request.topics.first().copied().unwrap_or_default();
        write!(out, r#"{{"{verb}":"{topic}","id":"{}"}}"#, request.id)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let mut buffer = [0; HEAD];
        let (text, is_whole) = match frame {
            Frame::Text(text) => (text.as_bytes(), true),
            Frame::Binary(member) => match gzip::inflate_head(member, &mut buffer) {
                Some((head, is_whole)) => (head, is_whole),
                None => return Said::Other,
            },
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => return Said::Other,
        };
        if let Some(topic) = first_member(text, "ch") {
            return name(names, topic).map_or(Said::Other, |()| Said::Data);
        }
        let text = core::str::from_utf8(text).ok().filter(|_| is_whole);
        text.and_then(Json::parse).and_then(read).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>) -> Read {
    let [status, id, begun, ended] = message.pick(["status", "id", "subbed", "unsubbed"])?;
    let ask = match (begun, ended) {
        (Some(_), None) => Some(Ask::Subscribe),
        (None, Some(_)) => Some(Ask::Unsubscribe),
        _ => None,
    };
    let status = status?;
    let done = status.is("ok") && ask.is_some();
    (done || status.is("error")).then(|| reply(done, ask, id_of(id), ReplyScope::Request))
}
