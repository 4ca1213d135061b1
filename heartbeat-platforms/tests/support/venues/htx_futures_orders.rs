//! What the tests must know of the order push of HTX's futures.

use heartbeat_core::{Frame, NoticeKind, Signal, Token};

use super::super::reference::{Ids as _, gzip_json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &[
        r#"challenge \"1492420473058\""#,
        "challenge 1492420473058",
        "notice shutdown",
        "data",
    ],
    replies: Replies {
        token: br#""1492420473058""#,
        response: Some(Frame::Text(r#"{"op":"pong","ts":"1492420473058"}"#)),
        ..Replies::PINGS
    },
    longest: 96,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = gzip_json(frame, 96)?;
    let tree = tree.clear_in(&["op", "ts", "err-code"])?;
    let (operation, time) = (tree.get("op")?, tree.get("ts")?);
    if tree.get("err-code").is_some() {
        return None;
    }
    if operation.is("close") {
        return Some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None });
    }
    let number = time.number().map(|number| number.to_string());
    let time = number.or_else(|| time.plain_in_quotes())?;
    operation.is("ping").then(|| Signal::Challenge { token: Token::new(time.as_bytes()) })
}
