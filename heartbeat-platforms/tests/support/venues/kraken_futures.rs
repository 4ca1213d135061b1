//! What the tests must know of Kraken Futures.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["beat", "unsolicited", "data"],
    replies: Replies::PINGS,
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let keys = ["event", "feed", "product_id"];
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&keys)?;
    let present = keys.into_iter().filter(|key| tree.get(key).is_some()).collect::<Vec<_>>();
    match present[..] {
        ["feed"] if tree.get("feed")?.is("heartbeat") => Some(Signal::Beat { counter: None }),
        ["event"] if tree.get("event")?.is("pong") => Some(Signal::Unsolicited),
        _ => None,
    }
}
