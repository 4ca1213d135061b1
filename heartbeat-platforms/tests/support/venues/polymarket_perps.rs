//! What the tests must know of Polymarket's perpetuals.

use heartbeat_core::{Frame, Signal};

use super::super::reference::{Ids as _, json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "answer 0", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"id":79448305041415,"req":"post","op":{"type":"ping"}}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["id", "data", "ch"])?;
    let probe = tree.get("id")?.numbered()?;
    let is_ok = tree.get("data")?.only("status")?.is("ok");
    (is_ok && tree.get("ch").is_none()).then_some(Signal::Answer { probe: Some(probe) })
}
