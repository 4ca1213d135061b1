//! What the tests must know of GOPAX and Primus.

use heartbeat_core::{Frame, Signal, Token};

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge 1702000000000", "data"],
    replies: Replies {
        token: b"1702000000000",
        response: Some(Frame::Text("\"primus::pong::1702000000000\"")),
        ..Replies::PINGS
    },
    longest: 36,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Text(text) = frame else { return None };
    let parts = text.split("::").collect::<Vec<_>>();
    let ["\"primus", "ping", last] = parts[..] else { return None };
    let (digits, quote) = last.split_at_checked(last.len().checked_sub(1)?)?;
    let is_time = (1..=20).contains(&digits.len()) && digits.chars().all(|it| it.is_ascii_digit());
    (is_time && quote == "\"").then(|| Signal::Challenge { token: Token::new(digits.as_bytes()) })
}
