//! What the tests must know of the gateways of BHEX.

use heartbeat_core::{Frame, Signal, Token};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer", "challenge 1758600000000", "data"],
    replies: Replies {
        token: b"1758600000000",
        response: Some(Frame::Text(r#"{"pong":1758600000000}"#)),
        probe: Some(Frame::Text(r#"{"ping":1767225600000}"#)),
        mirrored: true,
        ..Replies::PINGS
    },
    longest: 128,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 128)?;
    let tree = tree.clear_in(&["ping", "pong"])?;
    match (tree.get("ping"), tree.get("pong")) {
        (Some(ping), None) => {
            let number = ping.number()?.to_string();
            Some(Signal::Challenge { token: Token::new(number.as_bytes()) })
        }
        (None, Some(pong)) => pong.number().map(|_| Signal::Answer { probe: None }),
        _ => None,
    }
}
