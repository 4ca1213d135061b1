//! What the tests must know of Binance's futures margined in coins.

use super::binance_usdm::reference;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["notice session_expired", "data"],
    replies: Replies::PINGS,
    longest: 512,
    reference,
};
