//! What the tests must know of WOO X's legacy API.

use heartbeat_core::{Frame, Signal, Token};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge", "answer", "data"],
    replies: Replies {
        response: Some(Frame::Text(r#"{"event":"pong"}"#)),
        probe: Some(Frame::Text(r#"{"event":"ping"}"#)),
        mirrored: true,
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["event", "ts", "success"])?;
    if tree.get("success").is_some() {
        return None;
    }
    let event = tree.get("event")?;
    match tree.get("ts").map(Tree::number) {
        None | Some(Some(_)) if event.is("ping") => {
            Some(Signal::Challenge { token: Token::default() })
        }
        Some(Some(_)) if event.is("pong") => Some(Signal::Answer { probe: None }),
        _ => None,
    }
}
