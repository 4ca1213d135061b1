//! What the tests must know of Indodax's market data.

use heartbeat_core::{Frame, ProbeId, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"method":7,"id":2147483655}"#)),
        ..Replies::PINGS
    },
    longest: 64,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Tree::Object(members) = json(frame, 64)? else { return None };
    let [(key, id)] = &members[..] else { return None };
    let number = id.number().filter(|_| key == "id")?.checked_sub(0x8000_0000)?;
    let number = u32::try_from(number).ok().filter(|number| *number < 0x8000_0000)?;
    Some(Signal::Answer { probe: Some(ProbeId::from_number(number)) })
}
