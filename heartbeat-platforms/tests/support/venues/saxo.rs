//! What the tests must know of Saxo's envelopes.

use heartbeat_core::{Frame, Heartbeat, NoticeKind, Signal};

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "mixed beat", "notice shutdown", "data"],
    replies: Replies { probe: None, several: true, ..Replies::PINGS },
    longest: usize::MAX,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Binary(bytes) = frame else { return None };
    let mut names = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let name_len = usize::from(*bytes.get(at + 10)?);
        let name = bytes.get(at + 11..at + 11 + name_len)?;
        let lens = bytes.get(at + 11 + name_len + 1..at + 11 + name_len + 5)?;
        let len = lens.iter().rev().fold(0_usize, |len, byte| len * 256 + usize::from(*byte));
        at += 11 + name_len + 5 + len;
        names.push(name);
    }
    if at != bytes.len() {
        return None;
    }
    let is = |wanted: &'static [u8]| move |name: &&[u8]| *name == wanted;
    if names.iter().any(is(b"_disconnect")) {
        return Some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None });
    }
    let beats = names.iter().copied().filter(|name| is(b"_heartbeat")(name)).count();
    match beats {
        0 => None,
        beats if beats == names.len() => Some(Signal::Beat { counter: None }),
        _ => Some(Signal::Mixed { heartbeat: Heartbeat::Beat }),
    }
}
