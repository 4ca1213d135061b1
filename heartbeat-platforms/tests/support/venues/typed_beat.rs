//! What the tests must know of the beats of one member.

use heartbeat_core::{Frame, Signal};

use super::super::reference::json;
use super::{Line, Replies};

const LONGEST: usize = 256;

/// Makes the line of a venue whose beats have this word under a key.
macro_rules! line {
    ($name:ident, $key:literal, $beat:literal) => {
        pub(crate) const $name: Line = Line {
            kinds: &["beat", "data"],
            replies: Replies::PINGS,
            longest: LONGEST,
            reference: |frame| read(frame, $key, $beat),
        };
    };
}

line!(DRIFT, "channel", "heartbeat");
line!(BITSO, "type", "ka");
line!(RESERVE, "Event", "Heartbeat");
line!(BTC_MARKETS, "messageType", "heartbeat");
line!(ONE_TRADING, "type", "HEARTBEAT");
line!(TIINGO, "messageType", "H");
line!(FINNHUB, "type", "ping");
line!(ARCHITECT, "t", "h");

fn read(frame: Frame<'_>, key: &str, beat: &str) -> Option<Signal> {
    let tree = json(frame, LONGEST)?;
    let tree = tree.clear_in(&[key])?;
    tree.get(key)?.is(beat).then_some(Signal::Beat { counter: None })
}
