//! What the tests must know of OKX's JSON endpoints.

use core::time::Duration;

use heartbeat_core::{Frame, NoticeKind, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "notice shutdown in 30s", "data"],
    replies: Replies { probe: Some(Frame::Text("ping")), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    if frame == Frame::Text("pong") {
        return Some(Signal::Answer { probe: None });
    }
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["event", "code"])?;
    let deadline = Some(Duration::from_secs(30));
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline };
    (tree.get("event")?.is("notice") && tree.get("code")?.is("64008")).then_some(notice)
}
