//! What the tests must know of Binance spot.

use heartbeat_core::{Frame, NoticeKind, Signal};

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line =
    Line { kinds: &["notice shutdown", "data"], replies: Replies::PINGS, longest: 512, reference };

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let keys = ["e", "stream", "data"];
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&keys)?;
    let present = keys.into_iter().filter(|key| tree.get(key).is_some()).collect::<Vec<_>>();
    let kind = match present[..] {
        ["e"] => tree.get("e")?,
        ["stream", "data"] if tree.get("stream")?.is("!serverShutdown") => {
            tree.get("data")?.only("e")?
        }
        _ => return None,
    };
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
    kind.is("serverShutdown").then_some(notice)
}
