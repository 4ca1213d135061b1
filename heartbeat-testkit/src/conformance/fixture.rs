//! A frame of a venue's, and what it means.

use core::fmt::Display;
use core::time::Duration;

use heartbeat_core::{Frame, Heartbeat, Signal, Terms};

use super::packing::{Packing, gunzip};

/// One text or binary message of a venue's, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixture {
    name: String,
    signal: String,
    payload: Vec<u8>,
    is_text: bool,
    is_lookalike: bool,
}

impl Fixture {
    /// Makes a text message that means `signal`.
    pub fn text(name: impl Into<String>, text: &str, signal: Signal) -> Self {
        Self {
            name: name.into(),
            signal: name_of(signal),
            payload: text.as_bytes().to_vec(),
            is_text: true,
            is_lookalike: false,
        }
    }

    /// Makes a binary message that means `signal`.
    pub fn binary(name: impl Into<String>, bytes: &[u8], signal: Signal) -> Self {
        Self { payload: bytes.to_vec(), is_text: false, ..Self::text(name, "", signal) }
    }

    /// Makes a text message that is data, and was made to be mistaken for a heartbeat.
    pub fn lookalike(name: impl Into<String>, text: &str) -> Self {
        Self { is_lookalike: true, ..Self::text(name, text, Signal::Data) }
    }

    /// Makes a binary message that is data, and was made to be mistaken for a heartbeat.
    pub fn binary_lookalike(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self { is_lookalike: true, ..Self::binary(name, bytes, Signal::Data) }
    }

    /// Makes a message from a file and what a list says of it.
    pub(super) fn listed(name: String, signal: String, payload: Vec<u8>, is_text: bool) -> Self {
        let is_lookalike = name.starts_with("lookalike_");
        Self { name, signal, payload, is_text, is_lookalike }
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what it means, as [`name_of`] puts it.
    pub fn signal(&self) -> &str {
        &self.signal
    }

    /// Returns its payload, to the last byte.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the frame.
    pub fn frame(&self) -> Frame<'_> {
        self.frame_of(&self.payload)
    }

    /// Returns the frame with this for its payload.
    pub(super) fn frame_of<'p>(&self, payload: &'p [u8]) -> Frame<'p> {
        match str::from_utf8(payload) {
            Ok(text) if self.is_text => Frame::Text(text),
            // What is not UTF-8 can only come as a binary message.
            Ok(_) | Err(_) => Frame::Binary(payload),
        }
    }

    /// Returns the text that the frame carries, in whatever it is packed; `None` if it carries
    /// none.
    pub fn document(&self) -> Option<(Packing, String)> {
        if let Some(text) = gunzip(&self.payload).filter(|_| !self.is_text) {
            return Some((Packing::Gzip, text));
        }
        let packing = if self.is_text { Packing::Text } else { Packing::Binary };
        String::from_utf8(self.payload.clone()).ok().map(|text| (packing, text))
    }

    /// Tells whether it was made to be mistaken for a heartbeat.
    pub fn is_lookalike(&self) -> bool {
        self.is_lookalike
    }

    /// Tells whether it means something, or nearly does.
    pub fn is_telling(&self) -> bool {
        self.signal != "data" || self.is_lookalike
    }
}

/// Puts a signal into a few words: `challenge`, `challenge n-1`, `beat 3049`, `answer 7`,
/// `notice shutdown in 30s`.
///
/// ```
/// use heartbeat_core::{Signal, Token};
/// use heartbeat_testkit::conformance::name_of;
///
/// assert_eq!(name_of(Signal::Challenge { token: Token::new(b"n-1") }), "challenge n-1");
/// assert_eq!(name_of(Signal::Challenge { token: Token::default() }), "challenge");
/// assert_eq!(name_of(Signal::Beat { counter: Some(42) }), "beat 42");
/// ```
pub fn name_of(signal: Signal) -> String {
    match signal {
        Signal::Data => "data".to_owned(),
        Signal::Beat { counter } => words("beat", counter),
        Signal::Challenge { token } => match token.as_bytes() {
            Some(b"") => "challenge".to_owned(),
            Some(bytes) => words("challenge", Some(bytes.escape_ascii())),
            None => "challenge too long".to_owned(),
        },
        Signal::Answer { probe } => words("answer", probe),
        Signal::Unsolicited => "unsolicited".to_owned(),
        Signal::Armed => "armed".to_owned(),
        Signal::ArmRefused => "arm_refused".to_owned(),
        Signal::Terms { terms, arms } => terms_name(&terms, arms),
        Signal::Mixed { heartbeat: Heartbeat::Beat } => "mixed beat".to_owned(),
        Signal::Mixed { heartbeat: Heartbeat::Challenge { token } } => {
            format!("mixed {}", name_of(Signal::Challenge { token }))
        }
        Signal::Mixed { heartbeat: Heartbeat::Terms { terms, arms } } => {
            format!("mixed {}", terms_name(&terms, arms))
        }
        Signal::Mixed { .. } => "mixed".to_owned(),
        Signal::SafeguardSet { safeguard } => words("set", Some(safeguard.as_str())),
        Signal::SafeguardRefused { safeguard } => words("refused", Some(safeguard.as_str())),
        Signal::Notice { kind, deadline } => {
            let deadline = deadline.map(|span| format!("in {span:?}"));
            format!("notice {}", words(kind.as_str(), deadline))
        }
        Signal::Close { .. } => "close".to_owned(),
        _ => format!("{signal:?}"),
    }
}

/// `terms session heard 45s response 20s silence -`, and `agreed` where they acknowledge an arming.
fn terms_name(terms: &Terms, arms: bool) -> String {
    let span = |span: Option<Duration>| span.map_or("-".to_owned(), |span| format!("{span:?}"));
    let word = if arms { "agreed" } else { "terms" };
    let clock = terms.heard.map_or("nothing", |heard| heard.clock.as_str());
    let heard = span(terms.heard.map(|heard| heard.within));
    let (response, silence) = (span(terms.patience.response), span(terms.patience.silence));
    format!("{word} {clock} heard {heard} response {response} silence {silence}")
}

fn words(first: &str, second: Option<impl Display>) -> String {
    second.map_or_else(|| first.to_owned(), |second| format!("{first} {second}"))
}
