//! What the tests must know of Bitstamp.

use heartbeat_core::{Frame, NoticeKind, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "notice shutdown", "data"],
    replies: Replies { probe: Some(Frame::Text(r#"{"event":"bts:heartbeat"}"#)), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["event", "data"])?;
    let event = tree.get("event")?;
    if event.is("bts:request_reconnect") {
        return Some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None });
    }
    let is_success = tree.get("data")?.only("status")?.is("success");
    (event.is("bts:heartbeat") && is_success).then_some(Signal::Answer { probe: None })
}
