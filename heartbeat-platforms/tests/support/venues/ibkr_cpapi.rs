//! What the tests must know of Interactive Brokers' Client Portal.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "beat", "data"],
    replies: Replies { probe: Some(Frame::Text("tic")), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["topic", "hb"])?;
    let topic = tree.get("topic")?;
    if topic.is("tic") {
        return Some(Signal::Answer { probe: None });
    }
    tree.get("hb")?.number()?;
    topic.is("system").then_some(Signal::Beat { counter: None })
}
