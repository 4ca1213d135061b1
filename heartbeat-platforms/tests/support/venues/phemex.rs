//! What the tests must know of Phemex.

use heartbeat_core::{Frame, Signal};

use super::super::reference::{self, json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "unsolicited", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"id":79448305041415,"method":"server.ping","params":[]}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    reference::result(&json(frame, 512)?)
}
