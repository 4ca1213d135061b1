//! What the tests must know of Polymarket's order book.

use heartbeat_core::{Frame, Signal};

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "data"],
    replies: Replies { probe: Some(Frame::Text("PING")), ..Replies::PINGS },
    longest: 4,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    (frame == Frame::Text("PONG")).then_some(Signal::Answer { probe: None })
}
