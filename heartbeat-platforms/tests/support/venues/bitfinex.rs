//! What the tests must know of Bitfinex.

use heartbeat_core::{Frame, NoticeKind, ProbeId, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &[
        "answer 7",
        "beat",
        "unsolicited",
        "notice shutdown",
        "notice maintenance_started",
        "notice maintenance_ended",
        "data",
    ],
    replies: Replies {
        probe: Some(Frame::Text(r#"{"event":"ping","cid":9105330667527}"#)),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    if let Some([channel, word, ..]) = tree.items() {
        let is_beat = channel.number().is_some() && word.is("hb");
        return is_beat.then_some(Signal::Beat { counter: None });
    }
    let tree = tree.clear_in(&["event", "cid", "code", "platform"])?;
    let event = tree.get("event")?;
    if event.is("pong") {
        return Some(pong(tree.get("cid").and_then(Tree::number)));
    }
    let kind = match (tree.get("code"), tree.get("platform")) {
        (Some(code), _) => match code.number()? {
            20_051 => NoticeKind::Shutdown,
            20_060 => NoticeKind::MaintenanceStarted,
            20_061 => NoticeKind::MaintenanceEnded,
            _ => return None,
        },
        (None, Some(platform)) if platform.only("status")?.number()? == 0 => {
            NoticeKind::MaintenanceStarted
        }
        _ => return None,
    };
    event.is("info").then_some(Signal::Notice { kind, deadline: None })
}

fn pong(cid: Option<u64>) -> Signal {
    let first = 9_105_330_667_520;
    let Some(cid) = cid.filter(|cid| (first..first + (1 << 32)).contains(cid)) else {
        return Signal::Unsolicited;
    };
    let number = u32::try_from(cid - first).expect("below 2^32");
    Signal::Answer { probe: Some(ProbeId::from_number(number)) }
}
