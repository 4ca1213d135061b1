//! What the tests must know of Backpack.

use super::super::reference::nothing;
use super::{Line, Replies};

pub(crate) const LINE: Line =
    Line { kinds: &["data"], replies: Replies::PINGS, longest: 0, reference: nothing };
