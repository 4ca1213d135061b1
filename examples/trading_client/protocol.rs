//! What is said about orders and feeds. It is the mock exchange's own protocol; another venue's
//! would stand here.

use core::fmt;

use heartbeat_core::Frame;
use heartbeat_platforms::subscriptions::{
    Ask, ReplyScope, Said, SubscriptionProtocol, SubscriptionRequest,
};
use heartbeat_tokio::client::RequestKey;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// The feed that is traded on.
pub(crate) const CHANNEL: &str = "book";

/// What the mock's own replies begin with; all else is market data, or a heartbeat.
const HEAD: &str = r#"{"mock""#;

/// A reply, or an order's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    LoggedIn,
    Placed { order: String },
    Cancelled { order: String },
    CancelledAll { count: u64 },
    Orders { open: Vec<String> },
    CancelOnDisconnect,
    Refused { why: String },
}

/// Writes a request; `id` comes back with its reply.
pub(crate) fn request(kind: &str, id: u64, fields: &Value) -> Message {
    let mut request = json!({ "mock": kind, "id": id });
    if let (Some(request), Some(fields)) = (request.as_object_mut(), fields.as_object()) {
        request.extend(fields.clone());
    }
    Message::text(request.to_string())
}

/// Reads which request a message replies to.
pub(crate) fn reply_key(message: &Message) -> Option<RequestKey> {
    let text = message.to_text().ok()?;
    // Nearly everything is market data, and that is not to be parsed here.
    if !text.starts_with(HEAD) {
        return None;
    }
    let reply: Value = serde_json::from_str(text).ok()?;
    Some(reply["id"].as_u64()?.into())
}

/// Reads a reply; `None` if it is market data.
pub(crate) fn reply(message: &Message) -> Option<Reply> {
    let text = message.to_text().ok().filter(|text| text.starts_with(HEAD))?;
    let reply: Value = serde_json::from_str(text).ok()?;
    let order = || reply["order"].as_str().map(str::to_owned);
    Some(match reply["mock"].as_str()? {
        "logged_in" => Reply::LoggedIn,
        "placed" => Reply::Placed { order: order()? },
        "cancelled" => Reply::Cancelled { order: order()? },
        "cancelled_all" => Reply::CancelledAll { count: reply["count"].as_u64()? },
        "orders" => {
            let open = reply["open"].as_array()?.iter();
            Reply::Orders { open: open.filter_map(|it| it.as_str().map(str::to_owned)).collect() }
        }
        "cancel_on_disconnect" => Reply::CancelOnDisconnect,
        "error" => Reply::Refused { why: reply["why"].as_str()?.to_owned() },
        _ => return None,
    })
}

/// How the mock exchange is asked for feeds, whatever venue it plays.
pub(crate) struct Feeds;

impl SubscriptionProtocol for Feeds {
    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let verb = if request.ask == Ask::Subscribe { "subscribe" } else { "unsubscribe" };
        let channel = request.topics.first().copied().unwrap_or_default();
        write!(out, r#"{{"mock":"{verb}","id":{},"channel":"{channel}"}}"#, request.id)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let reply = match frame {
            Frame::Text(text) if text.starts_with(HEAD) => serde_json::from_str(text).ok(),
            Frame::Text(_) | Frame::Binary(_) => {
                // There is one feed, and this is of it.
                return names.write_str(CHANNEL).map_or(Said::Other, |()| Said::Data);
            }
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => None,
        };
        let Some(reply): Option<Value> = reply else { return Said::Other };
        let (ask, id, covers) = (None, reply["id"].as_u64(), ReplyScope::Request);
        match reply["mock"].as_str() {
            Some("subscribed") => Said::Accepted { ask, id, covers },
            // The mock ends no feed: it says so, and that is as good as an end.
            Some("error") => Said::Refused { ask, id, covers },
            Some(_) | None => Said::Other,
        }
    }
}
