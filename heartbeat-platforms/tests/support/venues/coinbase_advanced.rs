//! What the tests must know of Coinbase Advanced Trade.

use heartbeat_core::{Frame, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat 42", "armed", "arm_refused", "data"],
    replies: Replies {
        arm: Some(Frame::Text(r#"{"type":"subscribe","channel":"heartbeats"}"#)),
        ..Replies::PINGS
    },
    longest: 16 * 1024,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Text(text) = frame else { return None };
    // Where an escape is all that speaks for it, only a short message is looked into.
    let is_plain = text.contains("heartbeats") || text.contains("error");
    let tree = json(frame, if is_plain { 16 * 1024 } else { 512 })?;
    let tree = tree.clear_in(&["type", "channel", "events"])?;
    match (tree.get("type"), tree.get("channel")) {
        (Some(kind), None) if kind.is("error") => Some(Signal::ArmRefused),
        (None, Some(channel)) if channel.is("heartbeats") => {
            let counter = tree.get("events")?.items()?.first()?.only("heartbeat_counter")?;
            let digits = |text: &&String| text.bytes().all(|byte| byte.is_ascii_digit());
            let in_text = if let Tree::Text(text) = counter { Some(text) } else { None };
            let in_text = in_text.filter(digits).and_then(|text| text.parse().ok());
            Some(Signal::Beat { counter: Some(counter.number().or(in_text)?) })
        }
        (None, Some(channel)) if channel.is("subscriptions") => {
            let listed = |event: &Tree| {
                let list = event.only("subscriptions");
                list.is_some_and(|list| list.only("heartbeats").is_some())
            };
            tree.get("events")?.items()?.iter().any(listed).then_some(Signal::Armed)
        }
        _ => None,
    }
}
