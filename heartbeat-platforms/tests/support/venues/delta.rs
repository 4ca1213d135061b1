//! What the tests must know of Delta Exchange.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "beat", "data"],
    replies: Replies { probe: Some(Frame::Text(r#"{"type":"ping"}"#)), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let kind = tree.only("type")?;
    match () {
        () if kind.is("pong") => Some(Signal::Answer { probe: None }),
        () if kind.is("heartbeat") => Some(Signal::Beat { counter: None }),
        () => None,
    }
}
