//! What the tests must know of Polymarket's sports results.

use heartbeat_core::{Frame, Signal, Token};

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge ping", "challenge PING", "data"],
    replies: Replies { token: b"ping", response: Some(Frame::Text("pong")), ..Replies::PINGS },
    longest: 4,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Text(text) = frame else { return None };
    let is_challenge = text == "ping" || text == "PING";
    is_challenge.then(|| Signal::Challenge { token: Token::new(text.as_bytes()) })
}
