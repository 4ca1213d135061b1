//! What the tests must know of Crypto.com.

use heartbeat_core::{Frame, Signal, Token};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge 1790114291578", "data"],
    replies: Replies {
        token: b"1790114291578",
        response: Some(Frame::Text(r#"{"id":1790114291578,"method":"public/respond-heartbeat"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["method", "id", "code"])?;
    let code = tree.get("code").map(Tree::number);
    if !tree.get("method")?.is("public/heartbeat") || !matches!(code, None | Some(Some(0))) {
        return None;
    }
    let id = tree.get("id")?.number()?;
    Some(Signal::Challenge { token: Token::new(id.to_string().as_bytes()) })
}
