//! What the tests must know of Noren.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "data"],
    replies: Replies { probe: Some(Frame::Text(r#"{"t":"h"}"#)), mirrored: true, ..Replies::PINGS },
    longest: 128,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 128)?;
    let tree = tree.clear_in(&["t"])?;
    tree.get("t")?.is("h").then_some(Signal::Answer { probe: None })
}
