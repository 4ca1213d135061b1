//! What the tests must know of BitMEX.

use heartbeat_core::{Frame, NoticeKind, Safeguard, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "set dead_man", "refused dead_man", "notice session_expired", "data"],
    replies: Replies {
        probe: Some(Frame::Text("ping")),
        dead_man: Some(Frame::Text(r#"{"op":"cancelAllAfter","args":15000}"#)),
        dead_man_off: Some(Frame::Text(r#"{"op":"cancelAllAfter","args":0}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    if frame == Frame::Text("pong") {
        return Some(Signal::Answer { probe: None });
    }
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["cancelTime", "error", "request"])?;
    let expired = "Access Token expired for subscription";
    if matches!(tree.get("error"), Some(Tree::Text(error)) if error.starts_with(expired)) {
        return Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None });
    }
    if !tree.get("request")?.only("op")?.is("cancelAllAfter") {
        return None;
    }
    let safeguard = Safeguard::DeadMan;
    match (tree.get("cancelTime"), tree.get("error")) {
        (Some(Tree::Text(_)), None) => Some(Signal::SafeguardSet { safeguard }),
        (None, Some(Tree::Text(_))) => Some(Signal::SafeguardRefused { safeguard }),
        _ => None,
    }
}
