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
    let tree = tree.clear_in(&["channel", "event", "error", "result", "type", "msg"])?;
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
    let Some(channel) = tree.get("channel") else {
        let is_bare = tree.get("event").is_none() && tree.get("result").is_none();
        let is_told = matches!(tree.get("msg"), Some(Tree::Text(_)));
        return (is_bare && is_told && tree.get("type")?.is("upgrade")).then_some(notice);
    };
    if matches!(tree.get("error"), Some(Tree::Object(_))) {
        return None;
    }
    let event = tree.get("event");
    if channel.is(pong) {
        let is_plain = event.is_none() || event?.is("");
        return is_plain.then_some(Signal::Answer { probe: None });
    }
    let is_upgrade = channel.is(system)
        && event?.is("update")
        && tree.get("result")?.only("type")?.is("upgrade");
    is_upgrade.then_some(notice)
}
