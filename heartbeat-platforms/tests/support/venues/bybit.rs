//! What the tests must know of Bybit's endpoints.

use heartbeat_core::{Frame, NoticeKind, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::{self, Ids as _, json};
use super::{Line, Replies};

pub(crate) const PUBLIC: Line = Line {
    kinds: &["answer", "answer 7", "unsolicited", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"req_id":"hb-7","op":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference: public,
};

pub(crate) const PRIVATE: Line = Line {
    kinds: &["answer", "answer 7", "unsolicited", "notice shutdown", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"req_id":"hb-7","op":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference: private,
};

fn public(frame: Frame<'_>) -> Option<Signal> {
    pong(&json(frame, 512)?)
}

fn private(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let restarts = || tree.only("retCode")?.number().filter(|code| *code == 10_019);
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
    pong(&tree).or_else(|| restarts().map(|_| notice))
}

fn pong(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["op", "ret_msg", "success", "req_id"])?;
    let op = tree.get("op")?;
    let says_pong = tree.get("ret_msg").is_some_and(|text| text.is("pong"));
    let failed = !matches!(tree.get("success"), None | Some(Tree::Bool(true)));
    if failed || !(op.is("pong") || (op.is("ping") && says_pong)) {
        return None;
    }
    match tree.get("req_id") {
        None => Some(Signal::Answer { probe: None }),
        Some(Tree::Text(id)) if id.is_empty() => Some(Signal::Answer { probe: None }),
        Some(id @ Tree::Text(_)) => Some(reference::pong(id.named())),
        Some(_) => None,
    }
}
