//! What the tests must know of Kraken spot v1.

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
        probe: Some(Frame::Text(r#"{"event":"ping","reqid":79448305041415}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["event", "reqid", "status", "errorMessage"])?;
    let expired = Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None };
    let error = tree.get("errorMessage");
    let event = tree.get("event")?;
    let kind = NoticeKind::MaintenanceStarted;
    match tree.get("status") {
        _ if event.is("heartbeat") => Some(Signal::Beat { counter: None }),
        _ if event.is("pong") => Some(reference::pong(tree.get("reqid").and_then(Tree::numbered))),
        _ if error.is_some_and(|error| error.is("ESession:Invalid session")) => Some(expired),
        Some(status) if event.is("systemStatus") && status.is("maintenance") => {
            Some(Signal::Notice { kind, deadline: None })
        }
        _ => None,
    }
}
