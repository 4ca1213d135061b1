//! What the tests must know of Upbit.

use heartbeat_core::{Frame, Signal};
use heartbeat_testkit::conformance::Tree;

use super::{Line, Replies};

pub(crate) const LINE: Line =
    Line { kinds: &["beat", "data"], replies: Replies::PINGS, longest: 512, reference };

/// Bithumb's as well.
pub(crate) fn reference(frame: Frame<'_>) -> Option<Signal> {
    let text = match frame {
        Frame::Text(text) => text,
        Frame::Binary(bytes) => str::from_utf8(bytes).ok()?,
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => return None,
    };
    let tree = Tree::parse(text).filter(|_| text.len() <= 512)?;
    let tree = tree.clear_in(&["status", "type"])?;
    let is_up = tree.get("status")?.is("UP") && tree.get("type").is_none();
    is_up.then_some(Signal::Beat { counter: None })
}
