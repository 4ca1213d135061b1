//! What the tests must know of CoinJar and Phoenix channels.

use heartbeat_core::{Frame, Signal};

use super::super::reference::{Ids as _, json, pong};
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "unsolicited", "data"],
    replies: Replies {
        probe: Some(Frame::Text(
            r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":79448305041415}"#,
        )),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["topic", "event", "ref"])?;
    let is_ours = tree.get("topic")?.is("phoenix") && tree.get("event")?.is("phx_reply");
    let number = tree.get("ref")?;
    is_ours.then(|| pong(number.numbered()))
}
