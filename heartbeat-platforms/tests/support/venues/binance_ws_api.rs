//! What the tests must know of Binance's spot WebSocket API.

use heartbeat_core::{Frame, NoticeKind, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["notice shutdown", "notice session_expired", "data"],
    replies: Replies::PINGS,
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let kind = tree.only("event")?.only("e")?;
    let notice = |kind| Some(Signal::Notice { kind, deadline: None });
    match kind {
        kind if kind.is("serverShutdown") => notice(NoticeKind::Shutdown),
        kind if kind.is("eventStreamTerminated") => notice(NoticeKind::SessionExpired),
        _ => None,
    }
}
