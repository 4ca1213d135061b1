//! What the tests must know of Tradovate.

use heartbeat_core::{Frame, NoticeKind, Signal};
use heartbeat_testkit::conformance::Tree;

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "notice shutdown", "data"],
    replies: Replies { probe: None, keepalive: Some(Frame::Text("[]")), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Text(text) = frame else { return None };
    if text == "h" {
        return Some(Signal::Beat { counter: None });
    }
    let rest = text.strip_prefix('c').filter(|_| text.len() <= 512)?;
    let Tree::List(items) = Tree::parse(rest)? else { return None };
    let [code, Tree::Text(_)] = &items[..] else { return None };
    code.number()?;
    Some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
}
