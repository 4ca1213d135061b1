//! What the tests must know of HTX's private endpoint.

use heartbeat_core::{Frame, Signal, Token};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge 1575537778295", "data"],
    replies: Replies {
        token: b"1575537778295",
        response: Some(Frame::Text(r#"{"action":"pong","data":{"ts":1575537778295}}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["action", "data"])?;
    if !tree.get("action")?.is("ping") {
        return None;
    }
    let time = tree.get("data")?.only("ts")?.number()?;
    Some(Signal::Challenge { token: Token::new(time.to_string().as_bytes()) })
}
