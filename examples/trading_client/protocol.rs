//! What is said about orders. It is the mock exchange's own protocol; another venue's would
//! stand here.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// A reply, or an order's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    LoggedIn,
    Subscribed,
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

/// Reads a reply and the id of its request; `None` if it is market data.
pub(crate) fn reply(message: &Message) -> Option<(u64, Reply)> {
    let text = message.to_text().ok()?;
    // Nearly everything is market data, and that is not to be parsed here.
    if !text.starts_with(r#"{"mock""#) {
        return None;
    }
    let reply: Value = serde_json::from_str(text).ok()?;
    let order = || reply["order"].as_str().map(str::to_owned);
    let said = match reply["mock"].as_str()? {
        "logged_in" => Reply::LoggedIn,
        "subscribed" => Reply::Subscribed,
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
    };
    Some((reply["id"].as_u64()?, said))
}
