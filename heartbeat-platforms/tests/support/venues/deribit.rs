//! What the tests must know of Deribit.

use heartbeat_core::{Frame, NoticeKind, Safeguard, Signal, Token};
use heartbeat_testkit::conformance::Tree;

use super::super::reference::json;
use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &[
        "challenge",
        "beat",
        "armed",
        "arm_refused",
        "set cancel",
        "refused cancel",
        "notice session_expired",
        "data",
    ],
    replies: Replies {
        arm: Some(Frame::Text(concat!(
            r#"{"jsonrpc":"2.0","id":79448305041409,"method":"public/set_heartbeat","#,
            r#""params":{"interval":30}}"#
        ))),
        response: Some(Frame::Text(
            r#"{"jsonrpc":"2.0","id":79448305041410,"method":"public/test","params":{}}"#,
        )),
        cancel_on_disconnect: Some(Frame::Text(concat!(
            r#"{"jsonrpc":"2.0","id":79448305041411,"#,
            r#""method":"private/enable_cancel_on_disconnect","params":{"scope":"connection"}}"#
        ))),
        ..Replies::PINGS
    },
    longest: 512,
    reference,
};

/// Behind Coinbase's gateway beats are asked for twice as often.
pub(crate) const AT_DRB: Line = Line {
    replies: Replies {
        arm: Some(Frame::Text(concat!(
            r#"{"jsonrpc":"2.0","id":79448305041409,"method":"public/set_heartbeat","#,
            r#""params":{"interval":15}}"#
        ))),
        ..LINE.replies
    },
    ..LINE
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let tree = json(frame, 512)?;
    let tree = tree.clear_in(&["method", "params", "id", "result", "error"])?;
    if let Some(method) = tree.get("method") {
        let kind = tree.get("params")?.only("type")?;
        return match method.is("heartbeat") {
            true if kind.is("test_request") => Some(Signal::Challenge { token: Token::default() }),
            true if kind.is("heartbeat") => Some(Signal::Beat { counter: None }),
            _ => None,
        };
    }
    match (tree.get("id")?.number()?, tree.get("result"), tree.get("error")) {
        (_, None, Some(error)) if is_expired(error) == Some(true) => {
            Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None })
        }
        (79_448_305_041_409, Some(ok), None) if ok.is("ok") => Some(Signal::Armed),
        (79_448_305_041_409, None, Some(Tree::Object(_))) => Some(Signal::ArmRefused),
        (79_448_305_041_411, Some(ok), None) if ok.is("ok") => {
            Some(Signal::SafeguardSet { safeguard: Safeguard::CancelOnDisconnect })
        }
        (79_448_305_041_411, None, Some(Tree::Object(_))) => {
            Some(Signal::SafeguardRefused { safeguard: Safeguard::CancelOnDisconnect })
        }
        (79_448_305_041_410, Some(_), None) => Some(Signal::Beat { counter: None }),
        _ => None,
    }
}

fn is_expired(error: &Tree) -> Option<bool> {
    let error = error.clear_in(&["code", "data"])?;
    let reason = error.get("data")?.only("reason")?;
    Some(error.get("code")?.number()? == 13_009 && reason.is("token has expired"))
}
