//! What the tests must know of Engine.IO and its venues.

use core::time::Duration;

use heartbeat_core::{Clock, Frame, Heard, Patience, Signal, Terms, Token};
use heartbeat_testkit::conformance::Tree;

use super::{Line, Replies};

const KINDS: &[&str] = &["challenge", "terms", "armed", "arm_refused", "data"];

const REPLIES: Replies =
    Replies { arm: Some(Frame::Text("40")), response: Some(Frame::Text("3")), ..Replies::PINGS };

pub(crate) const MAIN: Line =
    Line { kinds: KINDS, replies: REPLIES, longest: 512, reference: main };

pub(crate) const ETHEREAL: Line = Line {
    replies: Replies { arm: Some(Frame::Text("40/v1/stream,")), ..REPLIES },
    reference: |frame| within(frame, "/v1/stream,"),
    ..MAIN
};

pub(crate) const LIMITLESS: Line = Line {
    replies: Replies { arm: Some(Frame::Text("40/markets,")), ..REPLIES },
    reference: |frame| within(frame, "/markets,"),
    ..MAIN
};

fn main(frame: Frame<'_>) -> Option<Signal> {
    within(frame, "")
}

fn within(frame: Frame<'_>, namespace: &str) -> Option<Signal> {
    let Frame::Text(packet) = frame else { return None };
    if packet.len() > 512 {
        return None;
    }
    if packet == "2" {
        return Some(Signal::Challenge { token: Token::default() });
    }
    let object = |kind: &str| Tree::parse(packet.strip_prefix(kind)?);
    if packet.starts_with('0') {
        let tree = object("0")?;
        let tree = tree.clear_in(&["sid", "pingInterval", "pingTimeout"])?;
        let millis = |key| tree.get(key)?.number().map(Duration::from_millis);
        let (interval, timeout) = (millis("pingInterval")?, millis("pingTimeout")?);
        let Tree::Text(_) = tree.get("sid")? else { return None };
        let heard = Heard { clock: Clock::Session, within: interval.saturating_add(timeout) };
        let patience = Patience { response: Some(timeout), silence: None };
        let terms = Terms { heard: Some(heard), patience };
        return Some(Signal::Terms { terms, arms: false });
    }
    for (kind, key, signal) in [("40", "sid", Signal::Armed), ("44", "message", Signal::ArmRefused)]
    {
        if let Some(tree) = object(&format!("{kind}{namespace}"))
            && let Some(tree) = tree.clear_in(&[key])
            && matches!(tree.get(key), Some(Tree::Text(_)))
        {
            return Some(signal);
        }
    }
    None
}
