//! What the tests must know of LBank spot.

use heartbeat_core::{Frame, ProbeId, Signal, Token};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge 0ca8f854-7ba7-4341-9d86-d3327e52804e", "answer 7", "unsolicited", "data"],
    replies: Replies {
        token: b"0ca8f854-7ba7-4341-9d86-d3327e52804e",
        response: Some(Frame::Text(
            r#"{"action":"pong","pong":"0ca8f854-7ba7-4341-9d86-d3327e52804e"}"#,
        )),
        probe: Some(Frame::Text(
            r#"{"action":"ping","ping":"48420000-0000-4000-8000-000000000007"}"#,
        )),
        mirrored: true,
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["action", "ping", "pong"])?;
    match (tree.get("ping"), tree.get("pong")) {
        (Some(Tree::Text(id)), None) if tree.get("action")?.is("ping") => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            let repeatable = (1..=125).contains(&id.len()) && id.bytes().all(plain);
            repeatable.then(|| Signal::Challenge { token: Token::new(id.as_bytes()) })
        }
        (None, Some(Tree::Text(id))) if tree.get("action")?.is("pong") => Some(pong(id)),
        _ => None,
    }
}

/// Reads the number loosely, and writes it again to see whether it was exact.
fn pong(id: &str) -> Signal {
    let last = id.rsplit('-').next().unwrap_or_default();
    let number = u32::from_str_radix(last, 16).unwrap_or_default();
    if id == format!("48420000-0000-4000-8000-{number:012x}") {
        Signal::Answer { probe: Some(ProbeId::from_number(number)) }
    } else {
        Signal::Unsolicited
    }
}
