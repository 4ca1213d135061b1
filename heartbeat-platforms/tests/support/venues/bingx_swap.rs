//! What the tests must know of the swaps of BingX.

use heartbeat_core::{Frame, Signal, Token};
use heartbeat_testkit::conformance::gunzip;

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge", "data"],
    replies: Replies { response: Some(Frame::Text("Pong")), ..Replies::PINGS },
    longest: 48,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Binary(member) = frame else { return None };
    if member.len() > 48 || gunzip(member)? != "Ping" {
        return None;
    }
    Some(Signal::Challenge { token: Token::default() })
}
