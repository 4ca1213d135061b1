//! What the tests must know of Gemini's legacy feeds.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line =
    Line { kinds: &["beat", "data"], replies: Replies::PINGS, longest: 512, reference };

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let is_beat = json(frame, 512)?.only("type")?.is("heartbeat");
    is_beat.then_some(Signal::Beat { counter: None })
}
