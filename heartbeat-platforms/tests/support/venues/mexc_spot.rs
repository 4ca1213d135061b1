//! What the tests must know of MEXC spot.

use heartbeat_core::{Frame, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "data"],
    replies: Replies { probe: Some(Frame::Text(r#"{"method":"PING"}"#)), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["code", "msg"])?;
    let succeeded = tree.get("code").and_then(Tree::number) == Some(0);
    (succeeded && tree.get("msg")?.is("PONG")).then_some(Signal::Answer { probe: None })
}
