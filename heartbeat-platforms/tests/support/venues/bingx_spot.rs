//! What the tests must know of BingX spot.

use heartbeat_core::{Frame, NoticeKind, Signal, Token};
use heartbeat_testkit::conformance::{Tree, gunzip};

use super::super::reference::Ids as _;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &[
        r#"challenge \"2177c68e4d0e45679965f482929b59c2\""#,
        "challenge",
        "notice session_expired",
        "data",
    ],
    replies: Replies {
        token: br#""2177c68e4d0e45679965f482929b59c2","time":"2022-06-07T16:27:36.323+0800""#,
        response: Some(Frame::Text(concat!(
            r#"{"pong":"2177c68e4d0e45679965f482929b59c2","#,
            r#""time":"2022-06-07T16:27:36.323+0800"}"#
        ))),
        ..Replies::PINGS
    },
    longest: 128,
    reference,
};

/// Of the swaps as well.
pub(crate) fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Binary(member) = frame else { return None };
    let text = if member.len() <= 128 { gunzip(member)? } else { return None };
    if matches!(text.as_str(), "Ping" | "ping") {
        return Some(Signal::Challenge { token: Token::default() });
    }
    challenge(&text).or_else(|| expired(&text))
}

/// The end of a key.
fn expired(text: &str) -> Option<Signal> {
    let tree = Tree::parse(text)?;
    let notice = Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None };
    tree.only("e")?.is("listenKeyExpired").then_some(notice)
}

fn challenge(text: &str) -> Option<Signal> {
    let tree = Tree::parse(text)?;
    let tree = tree.clear_in(&["ping", "time"])?;
    let ping = tree.get("ping")?.plain_in_quotes()?;
    let time = tree.get("time")?.plain_in_quotes()?;
    let token = format!(r#"{ping},"time":{time}"#);
    Some(Signal::Challenge { token: Token::new(token.as_bytes()) })
}
