//! What the tests must know of OKX's SBE endpoint.

use core::time::Duration;

use heartbeat_core::{Frame, NoticeKind, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["notice shutdown in 30s", "data"],
    replies: Replies::PINGS,
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let is_notice = tree.only("event")?.is("notice") && tree.only("code")?.is("64008");
    let deadline = Some(Duration::from_secs(30));
    is_notice.then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline })
}
