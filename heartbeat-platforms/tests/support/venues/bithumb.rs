//! What the tests must know of Bithumb.

use super::Line;

pub(crate) const LINE: Line = super::upbit::LINE;
