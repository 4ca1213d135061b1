//! What the tests must know of Coinbase Exchange.

use heartbeat_core::{Frame, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "armed", "arm_refused", "data"],
    replies: Replies {
        arm: Some(Frame::Text(concat!(
            r#"{"type":"subscribe","#,
            r#""channels":[{"name":"heartbeat","product_ids":["BTC-USD"]}]}"#
        ))),
        ..Replies::PINGS
    },
    longest: 16 * 1024,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Text(text) = frame else { return None };
    // Where an escape is all that speaks for it, only a short message is looked into.
    let is_plain = text.contains("heartbeat") || text.contains("error");
    let tree = json(frame, if is_plain { 16 * 1024 } else { 512 })?;
    let tree = tree.clear_in(&["type", "product_id", "channels"])?;
    let kind = tree.get("type")?;
    if kind.is("error") {
        return Some(Signal::ArmRefused);
    }
    if kind.is("heartbeat") {
        let beat = Signal::Beat { counter: None };
        return tree.get("product_id")?.is("BTC-USD").then_some(beat);
    }
    let is_ours = |channel: &Tree| {
        let Some(channel) = channel.clear_in(&["name", "product_ids"]) else { return false };
        let products = channel.get("product_ids").and_then(Tree::items).unwrap_or_default();
        channel.get("name").is_some_and(|name| name.is("heartbeat"))
            && products.iter().any(|product| product.is("BTC-USD"))
    };
    let is_ack = kind.is("subscriptions") && tree.get("channels")?.items()?.iter().any(is_ours);
    is_ack.then_some(Signal::Armed)
}
