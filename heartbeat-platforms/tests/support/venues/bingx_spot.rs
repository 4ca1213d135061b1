//! What the tests must know of BingX spot.

use heartbeat_core::{Frame, Signal, Token};
use heartbeat_testkit::conformance::gunzip;

use super::super::reference::{Ids as _, gzip_json};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &[r#"challenge \"2177c68e4d0e45679965f482929b59c2\""#, "challenge", "data"],
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
    if let Frame::Binary(member) = frame
        && member.len() <= 128
        && matches!(gunzip(member)?.as_str(), "Ping" | "ping")
    {
        return Some(Signal::Challenge { token: Token::default() });
    }
    let tree = gzip_json(frame, 128)?;
    let tree = tree.clear_in(&["ping", "time"])?;
    let ping = tree.get("ping")?.plain_in_quotes()?;
    let time = tree.get("time")?.plain_in_quotes()?;
    let token = format!(r#"{ping},"time":{time}"#);
    Some(Signal::Challenge { token: Token::new(token.as_bytes()) })
}
