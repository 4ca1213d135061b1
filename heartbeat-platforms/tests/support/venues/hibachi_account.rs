//! What the tests must know of Hibachi's account stream.

use heartbeat_core::{Frame, Signal};

use super::super::reference::{Ids as _, json};
use super::{Line, Replies};

pub(crate) const LINE: Line =
    Line { kinds: &["answer 7", "data"], replies: Replies::PINGS, longest: 512, reference };

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["id", "status"])?;
    let probe = tree.get("id")?.numbered();
    let is_well = tree.get("status")?.number()? == 200;
    probe.filter(|_| is_well).map(|probe| Signal::Answer { probe: Some(probe) })
}
