//! What the tests must know of LATOKEN and STOMP.

use core::time::Duration;

use heartbeat_core::{Clock, Frame, Heard, Patience, Signal, Terms};

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "agreed transport", "agreed nothing", "arm_refused", "data"],
    replies: Replies {
        arm: Some(Frame::Text("CONNECT\naccept-version:1.1,1.2\nheart-beat:10000,10000\n\n\0")),
        probe: None,
        keepalive: Some(Frame::Text("\n")),
        mirrored: true,
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let text = match frame {
        Frame::Text(text) => text.to_owned(),
        Frame::Binary(bytes) => String::from_utf8(bytes.to_vec()).ok()?,
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => return None,
    };
    if text == "\n" || text == "\r\n" {
        return Some(Signal::Beat { counter: None });
    }
    if text.len() > 512 || !text.ends_with('\0') {
        return None;
    }
    let text = &text[..text.len() - 1];
    if text.contains('\0') {
        return None;
    }
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = lines.collect::<Vec<_>>();
    if lines[0] == "ERROR" {
        return Some(Signal::ArmRefused);
    }
    if lines[0] != "CONNECTED" {
        return None;
    }
    let mut beats = [0, 0];
    for line in lines[1..].iter().take_while(|line| !line.is_empty()) {
        if let Some(value) = line.strip_prefix("heart-beat:") {
            let numbers = value.split(',').collect::<Vec<_>>();
            let [can, wants] = numbers[..] else { return None };
            let number = |text: &str| {
                let is_plain = !text.is_empty() && text.chars().all(|it| it.is_ascii_digit());
                text.parse::<u64>().ok().filter(|_| is_plain)
            };
            beats = [number(can)?, number(wants)?];
            break;
        }
    }
    let [every, wanted] =
        beats.map(|theirs| (theirs > 0).then(|| Duration::from_millis(theirs.max(10_000))));
    let heard =
        every.map(|every| Heard { clock: Clock::Transport, within: every.saturating_mul(5) / 2 });
    let silence = wanted.map(|every| every.saturating_mul(3));
    let terms = Terms { heard, patience: Patience { response: None, silence } };
    Some(Signal::Terms { terms, arms: true })
}
