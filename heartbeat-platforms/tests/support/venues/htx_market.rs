//! What the tests must know of HTX's market data.

use heartbeat_core::{Frame, Signal, Token};

use super::super::reference::gzip_json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge 1492420473027", "data"],
    replies: Replies {
        token: b"1492420473027",
        response: Some(Frame::Text(r#"{"pong":1492420473027}"#)),
        ..Replies::PINGS
    },
    longest: 64,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let ping = gzip_json(frame, 64)?.only("ping")?.number()?;
    Some(Signal::Challenge { token: Token::new(ping.to_string().as_bytes()) })
}
