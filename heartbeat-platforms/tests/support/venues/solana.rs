//! What the tests must know of Solana's nodes.

use heartbeat_core::{Frame, Signal};

use super::super::reference::{Ids as _, json, nothing};
use super::{Line, Replies};

pub(crate) const SOLANA: Line = Line {
    kinds: &["data"],
    replies: Replies {
        keepalive: Some(Frame::Text(r#"{"jsonrpc":"2.0","method":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 0,
    reference: nothing,
};

pub(crate) const HELIUS: Line = Line {
    kinds: &["answer 7", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"jsonrpc":"2.0","id":79448305041415,"method":"ping"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["id", "result", "error"])?;
    tree.get("result")?.number()?;
    let probe = tree.get("id")?.numbered().filter(|_| tree.get("error").is_none())?;
    Some(Signal::Answer { probe: Some(probe) })
}
