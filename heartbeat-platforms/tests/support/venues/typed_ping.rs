//! What the tests must know of the pings of one member.

use heartbeat_core::{Frame, Signal, Token};

use super::super::reference::json;
use super::{Line, Replies};

const LONGEST: usize = 256;

/// Makes the line of a venue whose client says `ping`, and whose answers have `pong` under a key.
macro_rules! line {
    ($name:ident, $ping:literal, $key:literal, $pong:literal) => {
        pub(crate) const $name: Line = Line {
            kinds: &["answer", "data"],
            replies: Replies { probe: Some(Frame::Text($ping)), ..Replies::PINGS },
            longest: LONGEST,
            reference: |frame| read(frame, $key, $pong, None),
        };
    };
}

line!(MERCADO, r#"{"type":"ping"}"#, "type", "pong");
line!(VALR, r#"{"type":"PING"}"#, "type", "PONG");
line!(COINONE, r#"{"request_type":"PING"}"#, "response_type", "PONG");
line!(HOLLAEX, r#"{"op":"ping"}"#, "message", "pong");
line!(CEX, r#"{"e":"ping"}"#, "e", "pong");
line!(DERIV, r#"{"ping":1}"#, "ping", "pong");

/// Where either side may ask.
pub(crate) const LIGHTER: Line = Line {
    kinds: &["answer", "challenge", "data"],
    replies: Replies {
        response: Some(Frame::Text(r#"{"type":"pong"}"#)),
        mirrored: true,
        ..MERCADO.replies
    },
    longest: LONGEST,
    reference: |frame| read(frame, "type", "pong", Some("ping")),
};

fn read(frame: Frame<'_>, key: &str, pong: &str, asks: Option<&str>) -> Option<Signal> {
    let tree = json(frame, LONGEST)?;
    let tree = tree.clear_in(&[key])?;
    let word = tree.get(key)?;
    if word.is(pong) {
        return Some(Signal::Answer { probe: None });
    }
    word.is(asks?).then(|| Signal::Challenge { token: Token::default() })
}
