//! What the tests must know of WOO X.

use heartbeat_core::{Frame, Signal, Token};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge", "unsolicited", "data"],
    replies: Replies { response: Some(Frame::Text(r#"{"cmd":"PONG"}"#)), ..Replies::PINGS },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["cmd", "success"])?;
    let command = tree.get("cmd")?;
    match tree.get("success") {
        None if command.is("PING") => Some(Signal::Challenge { token: Token::default() }),
        Some(Tree::Bool(true)) if command.is("PONG") => Some(Signal::Unsolicited),
        _ => None,
    }
}
