//! What a frame means, decided slowly and obviously: a text is parsed whole by `serde_json` into a
//! tree, and the venue's sentences are looked up in it.

use heartbeat_core::{Frame, ProbeId, Signal};
use heartbeat_testkit::conformance::{Tree, gunzip};

/// Finds what a text or binary message means at one venue; `None` if it is data.
pub(crate) type Reference = fn(Frame<'_>) -> Option<Signal>;

/// Gives `frame` its meaning by `reference`, and by RFC 6455 where that finds none.
pub(crate) fn classify(reference: Reference, frame: Frame<'_>) -> Signal {
    match frame {
        Frame::Text(_) | Frame::Binary(_) => reference(frame).unwrap_or(Signal::Data),
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => Signal::of_control(frame),
    }
}

/// Parses a text message of at most `longest` bytes.
pub(crate) fn json(frame: Frame<'_>, longest: usize) -> Option<Tree> {
    let Frame::Text(text) = frame else { return None };
    if text.len() <= longest { Tree::parse(text) } else { None }
}

/// Inflates and parses a binary message of at most `longest` bytes.
pub(crate) fn gzip_json(frame: Frame<'_>, longest: usize) -> Option<Tree> {
    let Frame::Binary(member) = frame else { return None };
    if member.len() <= longest { Tree::parse(&gunzip(member)?) } else { None }
}

/// The reference of a venue in whose dialect no message means anything.
pub(crate) fn nothing(_frame: Frame<'_>) -> Option<Signal> {
    None
}

/// What a pong means whose id is `probe`.
pub(crate) fn pong(probe: Option<ProbeId>) -> Signal {
    match probe {
        Some(probe) => Signal::Answer { probe: Some(probe) },
        None => Signal::Unsolicited,
    }
}

/// What an RPC reply means whose result may be `pong`.
pub(crate) fn result(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["id", "result", "error"])?;
    let failed = matches!(tree.get("error"), Some(Tree::Object(_)));
    let is_pong = tree.get("result")?.is("pong") && !failed;
    is_pong.then(|| pong(tree.get("id").and_then(Tree::numbered)))
}

/// What our platforms put into a dialect's ids, read out again.
pub(crate) trait Ids {
    /// The probe that has this number, counted from the first of the reserved ids.
    fn numbered(&self) -> Option<ProbeId>;

    /// The probe that has this name: `hb-` and its number.
    fn named(&self) -> Option<ProbeId>;

    /// The string with its quotes, if there is something in it and nothing that needs an escape.
    fn plain_in_quotes(&self) -> Option<String>;
}

impl Ids for Tree {
    fn numbered(&self) -> Option<ProbeId> {
        let first = 79_448_305_041_408;
        let id = self.number().filter(|id| (first..first + (1 << 32)).contains(id))?;
        Some(ProbeId::from_number(u32::try_from(id - first).expect("below 2^32")))
    }

    fn named(&self) -> Option<ProbeId> {
        let Self::Text(name) = self else { return None };
        let number = name.strip_prefix("hb-")?.parse::<u32>().ok()?;
        (format!("hb-{number}") == *name).then(|| ProbeId::from_number(number))
    }

    fn plain_in_quotes(&self) -> Option<String> {
        let Self::Text(text) = self else { return None };
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        (!text.is_empty() && text.bytes().all(is_plain)).then(|| format!("\"{text}\""))
    }
}
