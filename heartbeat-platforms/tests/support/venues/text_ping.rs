//! What the tests must know of the dialect of the two words.

use heartbeat_core::{Frame, Signal};

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "data"],
    replies: Replies { probe: Some(Frame::Text("ping")), ..Replies::PINGS },
    longest: 4,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    (frame == Frame::Text("pong")).then_some(Signal::Answer { probe: None })
}
