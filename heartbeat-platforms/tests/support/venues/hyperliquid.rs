//! What the tests must know of Hyperliquid.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "data"],
    replies: Replies { probe: Some(Frame::Text(r#"{"method":"ping"}"#)), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    tree.only("channel")?.is("pong").then_some(Signal::Answer { probe: None })
}
