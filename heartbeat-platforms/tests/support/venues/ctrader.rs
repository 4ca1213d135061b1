//! What the tests must know of cTrader.

use heartbeat_core::{Frame, Signal};

use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "data"],
    replies: Replies {
        probe: None,
        keepalive: Some(Frame::Binary(&[0x08, 0x33])),
        mirrored: true,
        ..Replies::PINGS
    },
    longest: 64,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let beat = Some(Signal::Beat { counter: None });
    let Frame::Binary(bytes) = frame else {
        let tree = json(frame, 64)?;
        let tree = tree.clear_in(&["payloadType"])?;
        return beat.filter(|_| tree.get("payloadType").and_then(Tree::number) == Some(51));
    };
    if bytes.len() > 64 || !bytes.starts_with(&[8, 51]) {
        return None;
    }
    let mut at = 2;
    while at < bytes.len() {
        let (key, len) = (bytes[at], usize::from(*bytes.get(at + 1)?));
        let is_known = key == 0x1a || (key == 0x12 && len == 0);
        at += 2 + len;
        if !is_known || at > bytes.len() {
            return None;
        }
    }
    beat
}
