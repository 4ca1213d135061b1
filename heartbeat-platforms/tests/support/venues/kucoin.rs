//! What the tests must know of KuCoin's classic endpoints.

use heartbeat_core::{Frame, NoticeKind, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::{self, Ids as _, json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "unsolicited", "notice session_expired", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"id":"hb-7","type":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["type", "id", "data"])?;
    let kind = tree.get("type")?;
    if kind.is("error") && tree.get("data")?.is("token is expired") {
        return Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None });
    }
    let id = tree.get("id").filter(|id| matches!(id, Tree::Text(_)))?;
    kind.is("pong").then(|| reference::pong(id.named()))
}
