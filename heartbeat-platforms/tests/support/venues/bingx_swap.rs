//! What the tests must know of the swaps of BingX.

use heartbeat_core::Frame;

use super::bingx_spot::reference;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge", "notice session_expired", "data"],
    replies: Replies { response: Some(Frame::Text("Pong")), ..Replies::PINGS },
    longest: 128,
    reference,
};
