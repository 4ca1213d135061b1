//! What the tests must know of Centrifugo and its venues.

use core::time::Duration;

use heartbeat_core::{Clock, Frame, Heard, Heartbeat, Patience, Signal, Terms, Token};
use heartbeat_testkit::conformance::Tree;

use super::{Line, Replies};

pub(crate) const LINE: Line = Line {
    kinds: &["challenge", "terms", "mixed challenge", "mixed terms", "data"],
    replies: Replies {
        response: Some(Frame::Text("{}")),
        mirrored: true,
        several: true,
        ..Replies::PINGS
    },
    longest: usize::MAX,
    reference,
};

fn reference(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Text(text) = frame else { return None };
    if let Some(tree) = Tree::parse(text) {
        return message(text, &tree).map(|said| match said {
            Said::Challenge => Signal::Challenge { token: Token::default() },
            Said::Terms(terms) => Signal::Terms { terms, arms: false },
        });
    }
    let lines = text.split('\n').map(str::trim_ascii).filter(|line| !line.is_empty());
    let lines = lines.collect::<Vec<_>>();
    let trees = lines.iter().map(|line| Tree::parse(line)).collect::<Vec<_>>();
    if !trees.iter().all(|tree| matches!(tree, Some(Tree::Object(_)))) {
        return None;
    }
    let said = lines.iter().zip(&trees).map(|(line, tree)| message(line, tree.as_ref()?));
    let said = said.collect::<Vec<_>>();
    let token = Token::default();
    let is_challenge = |said: &Option<Said>| matches!(said, Some(Said::Challenge));
    if said.iter().all(is_challenge) {
        return Some(Signal::Challenge { token }).filter(|_| !said.is_empty());
    }
    if said.iter().any(is_challenge) {
        return Some(Signal::Mixed { heartbeat: Heartbeat::Challenge { token } });
    }
    let Said::Terms(terms) = said.into_iter().flatten().last()? else { return None };
    Some(Signal::Mixed { heartbeat: Heartbeat::Terms { terms, arms: false } })
}

enum Said {
    Challenge,
    Terms(Terms),
}

fn message(text: &str, tree: &Tree) -> Option<Said> {
    let text = text.trim_ascii();
    let Tree::Object(members) = tree else { return None };
    if members.is_empty() {
        return Some(Said::Challenge).filter(|_| text.len() <= 4_096);
    }
    let is_legible = text.contains("connect") || (text.len() <= 512 && text.contains('\\'));
    if text.len() > 4_096 || !is_legible {
        return None;
    }
    terms_in(tree).map(Said::Terms)
}

fn terms_in(tree: &Tree) -> Option<Terms> {
    let tree = tree.clear_in(&["id", "connect"])?;
    tree.get("id")?.number()?;
    let connect = tree.get("connect")?.clear_in(&["client", "ping"])?;
    let Tree::Text(_) = connect.get("client")? else { return None };
    let seconds = match connect.get("ping") {
        Some(seconds) => Some(seconds.number()?).filter(|seconds| *seconds > 0),
        None => None,
    };
    let heard = seconds.map(|seconds| Heard {
        clock: Clock::Session,
        within: Duration::from_secs(seconds).saturating_add(Duration::from_secs(10)),
    });
    Some(Terms { heard, patience: Patience::default() })
}
