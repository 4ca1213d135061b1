//! What the tests must know of Paradex.

use heartbeat_core::{Frame, Safeguard, Signal};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["set cancel", "refused cancel", "data"],
    replies: Replies {
        cancel_on_disconnect: Some(Frame::Text(concat!(
            r#"{"jsonrpc":"2.0","id":79448305041409,"method":"order.cancel_on_disconnect","#,
            r#""params":{"enabled":true}}"#
        ))),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["id", "result", "error"])?;
    if tree.get("id")?.number()? != 79_448_305_041_409 {
        return None;
    }
    let safeguard = Safeguard::CancelOnDisconnect;
    match (tree.get("result"), tree.get("error")) {
        (Some(result), None) => {
            let is_on = matches!(result.only("enabled")?, Tree::Bool(true));
            is_on.then_some(Signal::SafeguardSet { safeguard })
        }
        (None, Some(Tree::Object(_))) => Some(Signal::SafeguardRefused { safeguard }),
        _ => None,
    }
}
