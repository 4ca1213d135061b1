//! What the tests must know of Kraken spot v2.

use heartbeat_core::{Frame, NoticeKind, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::{self, Ids as _, json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &[
        "answer 7",
        "beat",
        "unsolicited",
        "notice maintenance_started",
        "notice session_expired",
        "data",
    ],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"method":"ping","req_id":79448305041415}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["method", "channel", "error"])?;
    let is_expired = tree.get("error").is_some_and(|error| error.is("ESession:Invalid session"));
    match (tree.get("method"), tree.get("channel")) {
        (Some(method), None) if method.is("pong") => pong(tree),
        (Some(_), None) if is_expired => {
            Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None })
        }
        (None, Some(channel)) if channel.is("heartbeat") => Some(Signal::Beat { counter: None }),
        (None, Some(channel)) if channel.is("status") => {
            let system = tree.only("data")?.items()?.first()?.only("system")?;
            let kind = NoticeKind::MaintenanceStarted;
            system.is("maintenance").then_some(Signal::Notice { kind, deadline: None })
        }
        _ => None,
    }
}

fn pong(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["req_id", "success"])?;
    if !matches!(tree.get("success"), None | Some(Tree::Bool(true))) {
        return None;
    }
    Some(reference::pong(tree.get("req_id").and_then(Tree::numbered)))
}
