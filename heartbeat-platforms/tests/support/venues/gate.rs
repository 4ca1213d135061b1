//! What the tests must know of Gate's two markets.

use heartbeat_core::{Frame, NoticeKind, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const SPOT: Line = Line {
    kinds: &["answer", "notice shutdown", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"time":1767225600,"channel":"spot.ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference: |frame| reference(frame, "spot.pong", "spot.system"),
};

pub(crate) const FUTURES: Line = Line {
    replies: Replies {
        probe: Some(Frame::Text(r#"{"time":1767225600,"channel":"futures.ping"}"#)),
        ..Replies::PINGS
    },
    reference: |frame| reference(frame, "futures.pong", "futures.system"),
    ..SPOT
};

fn reference(frame: Frame<'_>, pong: &str, system: &str) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["channel", "event", "error", "result"])?;
    if matches!(tree.get("error"), Some(Tree::Object(_))) {
        return None;
    }
    let channel = tree.get("channel")?;
    let event = tree.get("event");
    if channel.is(pong) {
        let is_plain = event.is_none() || event?.is("");
        return is_plain.then_some(Signal::Answer { probe: None });
    }
    let is_upgrade = channel.is(system)
        && event?.is("update")
        && tree.get("result")?.only("type")?.is("upgrade");
    is_upgrade.then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
}
