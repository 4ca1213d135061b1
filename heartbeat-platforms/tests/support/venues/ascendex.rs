//! What the tests must know of AscendEX.

use heartbeat_core::{Frame, NoticeKind, Signal, Token};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge", "answer", "notice shutdown", "data"],
    replies: Replies {
        response: Some(Frame::Text(r#"{"op":"pong"}"#)),
        probe: Some(Frame::Text(r#"{"op":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["m", "code"])?;
    let (kind, code) = (tree.get("m")?, tree.get("code"));
    if kind.is("ping") && code.is_none() {
        return Some(Signal::Challenge { token: Token::default() });
    }
    if kind.is("pong") && code?.number()? == 0 {
        return Some(Signal::Answer { probe: None });
    }
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
    (kind.is("disconnected") && code.is_some()).then_some(notice)
}
