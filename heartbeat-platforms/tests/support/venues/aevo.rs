//! What the tests must know of Aevo.

use heartbeat_core::{Frame, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::{Ids as _, json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "answer 0", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"id":79448305041415,"op":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["id", "data", "error"])?;
    let probe = tree.get("id")?.numbered()?;
    let success = tree.get("data")?.only("success")?;
    let is_answer = matches!(success, Tree::Bool(true)) && tree.get("error").is_none();
    is_answer.then_some(Signal::Answer { probe: Some(probe) })
}
