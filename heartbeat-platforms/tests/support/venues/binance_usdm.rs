//! What the tests must know of Binance's futures margined in dollars.

use heartbeat_core::{Frame, NoticeKind, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["notice session_expired", "data"],
    replies: Replies::PINGS,
    longest: 512,
    reference,
};

/// Of both margins alike.
pub(super) fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["e", "stream", "data"])?;
    let kind = match (tree.get("e"), tree.get("stream"), tree.get("data")) {
        (Some(kind), None, None) => kind,
        (None, Some(_), Some(data)) => data.only("e")?,
        _ => return None,
    };
    let notice = Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None };
    kind.is("listenKeyExpired").then_some(notice)
}
