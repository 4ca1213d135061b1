//! What the tests must know of Poloniex.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "data"],
    replies: Replies { probe: Some(Frame::Text(r#"{"event":"ping"}"#)), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    tree.only("event")?.is("pong").then_some(Signal::Answer { probe: None })
}
