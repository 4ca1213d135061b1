//! What the tests must know of AlphaPoint's gateways.

use heartbeat_core::{Frame, ProbeId, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["answer 7", "unsolicited", "data"],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"m":0,"i":1073741838,"n":"Ping","o":"{}"}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["m", "i", "n", "o"])?;
    let Tree::Text(object) = tree.get("o")? else { return None };
    let object = Tree::parse(object).filter(|_| object.len() <= 64)?;
    let says_pong = object.clear_in(&["msg"])?.get("msg")?.is("PONG");
    if tree.get("m")?.number()? != 1 || !tree.get("n")?.is("Ping") || !says_pong {
        return None;
    }
    let number = tree.get("i")?.number().filter(|number| number % 2 == 0);
    let number = number.filter(|number| (0x4000_0000..0x8000_0000).contains(number));
    Some(match number {
        Some(number) => {
            let probe = u32::try_from((number - 0x4000_0000) / 2).expect("below 2^29");
            Signal::Answer { probe: Some(ProbeId::from_number(probe)) }
        }
        None => Signal::Unsolicited,
    })
}
