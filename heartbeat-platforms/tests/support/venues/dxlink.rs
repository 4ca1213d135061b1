//! What the tests must know of dxLink.

use core::time::Duration;

use heartbeat_core::{Clock, Frame, Heard, Patience, Signal, Terms};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "agreed transport heard 30s response - silence 60s", "data"],
    replies: Replies {
        arm: Some(Frame::Text(concat!(
            r#"{"type":"SETUP","channel":0,"version":"0.1-heartbeat/0.1","#,
            r#""keepaliveTimeout":30,"acceptKeepaliveTimeout":60}"#,
        ))),
        probe: None,
        keepalive: Some(Frame::Text(r#"{"type":"KEEPALIVE","channel":0}"#)),
        mirrored: true,
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["type", "channel", "keepaliveTimeout"])?;
    let kind = tree.get("type")?;
    if tree.get("channel")?.number()? != 0 {
        return None;
    }
    if kind.is("KEEPALIVE") {
        return Some(Signal::Beat { counter: None });
    }
    let silence = match tree.get("keepaliveTimeout") {
        Some(seconds) => Some(Duration::from_secs(seconds.number()?)),
        None => None,
    };
    let heard = Heard { clock: Clock::Transport, within: Duration::from_secs(30) };
    let terms = Terms { heard: Some(heard), patience: Patience { response: None, silence } };
    kind.is("SETUP").then_some(Signal::Terms { terms, arms: true })
}
