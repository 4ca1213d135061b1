//! What the tests must know of tastytrade's account streamer.

use heartbeat_core::{Frame, Signal};

use heartbeat_testkit::conformance::Tree;

use super::super::reference::{Ids as _, json, pong};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "unsolicited", "data"],
    replies: Replies::PINGS,
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["status", "action", "request-id"])?;
    let is_heartbeat = tree.get("action")?.is("heartbeat") && tree.get("status")?.is("ok");
    is_heartbeat.then(|| pong(tree.get("request-id").and_then(Tree::numbered)))
}
