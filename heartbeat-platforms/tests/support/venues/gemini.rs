//! What the tests must know of Gemini's new WebSocket API.

use heartbeat_core::{Frame, ProbeId, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"id":79448305041415,"method":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let is_granted = tree.only("status")?.number()? == 200;
    let number = tree.only("id")?.number()?.checked_sub(79_448_305_041_408)?;
    let number = u32::try_from(number).ok().filter(|_| is_granted)?;
    Some(Signal::Answer { probe: Some(ProbeId::from_number(number)) })
}
