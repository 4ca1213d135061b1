//! What the tests must know of dYdX.

use super::super::checks::Replies;
use super::super::reference::nothing;
use super::Line;

pub(crate) const LINE: Line =
    Line { kinds: &["data"], replies: Replies::PINGS, longest: 0, reference: nothing };
