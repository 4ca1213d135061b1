//! Keeps ordinary market data from being parsed.

#[cfg(feature = "std")]
use std::sync::OnceLock;

use heartbeat_core::{Frame, Signal};
use memchr::{memchr, memmem};

use crate::json::Json;
use crate::opening::Opening;

/// The longest frame in bytes of which a backslash makes a candidate.
///
/// An escape can hide every needle, and longer data often holds one: a frame that is both long
/// and escaped is data, even where a sieve has no other bound.
const ESCAPED_MAX: usize = 512;

/// A quick test that every heartbeat of a venue passes and hardly any of its data does.
///
/// A frame is a candidate if it is no longer than the venue's longest heartbeat, does not begin as
/// only data does, and holds a needle or an escape that could hide one. Only candidates are parsed.
pub(crate) struct Sieve<const N: usize> {
    /// The longest heartbeat in bytes; `None` for no bound, at the price of a search through
    /// every frame, whatever its length.
    longest: Option<usize>,
    /// How most of the venue's data begins, which decides it at once.
    data: &'static [Opening],
    /// Words of which every heartbeat of the venue holds one.
    needles: [Needle; N],
}

impl<const N: usize> Sieve<N> {
    /// Makes a sieve for heartbeats of at most 512 bytes, several times the longest known.
    pub(crate) const fn new(needles: [Needle; N]) -> Self {
        Self::with_longest(Some(512), needles)
    }

    /// Makes a sieve for heartbeats of at most `longest` bytes, or of any length.
    pub(crate) const fn with_longest(longest: Option<usize>, needles: [Needle; N]) -> Self {
        Self { longest, data: &[], needles }
    }

    /// Takes what begins with one of these for data, without looking for a needle.
    pub(crate) const fn data(mut self, openings: &'static [Opening]) -> Self {
        self.data = openings;
        self
    }

    /// Gives `frame` the meaning that `read` finds in its JSON, and its meaning by RFC 6455
    /// alone if `read` is not asked or finds none.
    ///
    /// The JSON is checked while `read` picks from it. One that finds a meaning without looking
    /// would find it in anything.
    pub(crate) fn classify<'f>(
        &self,
        frame: Frame<'f>,
        read: impl FnOnce(Json<'f>) -> Option<Signal>,
    ) -> Signal {
        if let Frame::Text(text) = frame
            && self.admits(text)
            && let Some(signal) = read(Json::unchecked(text))
        {
            signal
        } else {
            Signal::of_control(frame)
        }
    }

    fn admits(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        if self.longest.is_some_and(|longest| bytes.len() > longest) {
            return false;
        }
        if self.data.iter().any(|opening| opening.begins(bytes)) {
            return false;
        }
        self.needles.iter().any(|needle| needle.is_in(bytes))
            || (bytes.len() <= ESCAPED_MAX && memchr(b'\\', bytes).is_some())
    }
}

/// A word to look for.
pub(crate) struct Needle {
    word: &'static str,
    /// Made once: making it takes longer than searching a short frame with it.
    #[cfg(feature = "std")]
    finder: OnceLock<memmem::Finder<'static>>,
}

impl Needle {
    pub(crate) const fn new(word: &'static str) -> Self {
        Self {
            word,
            #[cfg(feature = "std")]
            finder: OnceLock::new(),
        }
    }

    #[cfg(feature = "std")]
    fn is_in(&self, bytes: &[u8]) -> bool {
        self.finder.get_or_init(|| memmem::Finder::new(self.word)).find(bytes).is_some()
    }

    #[cfg(not(feature = "std"))]
    fn is_in(&self, bytes: &[u8]) -> bool {
        memmem::find(bytes, self.word.as_bytes()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use heartbeat_core::Token;

    use super::*;

    static SIEVE: Sieve<2> = Sieve::new([Needle::new("ping"), Needle::new("beat")]);

    fn padded(text: &str, len: usize) -> String {
        let mut padded = String::from(text);
        padded.extend(core::iter::repeat_n(' ', len - text.len()));
        padded
    }

    #[test]
    fn a_candidate_holds_a_needle_or_an_escape() {
        for (text, admitted) in [
            ("", false),
            ("{}", false),
            (r#"{"ping":1}"#, true),
            (r#"{"heartbeat":1}"#, true),
            (r#"{"PING":1}"#, false),
            (r#"{"\u0070ing":1}"#, true),
        ] {
            assert_eq!(SIEVE.admits(text), admitted, "{text}");
        }
    }

    #[test]
    fn no_candidate_is_longer_than_the_bound() {
        for text in ["ping", r"\u0070ing"] {
            assert!(SIEVE.admits(&padded(text, 512)));
            assert!(!SIEVE.admits(&padded(text, 513)));
        }
    }

    #[test]
    fn without_a_bound_only_an_escape_has_one() {
        let unbounded = Sieve::with_longest(None, [Needle::new("ping")]);
        assert!(unbounded.admits(&padded("ping", 100_000)));
        assert!(unbounded.admits(&padded(r"\u0070ing", 512)));
        assert!(!unbounded.admits(&padded(r"\u0070ing", 513)));
    }

    #[test]
    fn what_begins_as_data_is_no_candidate() {
        static OPENED: Sieve<1> = Sieve::new([Needle::new("ping")])
            .data(&[Opening::new(&[r#"{"op":""#]).unless(&["ping"]), Opening::new(&["["])]);
        for (text, admitted) in [
            (r#"{"op":"trade","of":"ping"}"#, false),
            (r#"["ping"]"#, false),
            (r#"{"op":"ping"}"#, true),
            (r#"{"op":"pi\u006eg"}"#, true),
            (r#"{"of":"ping"}"#, true),
        ] {
            assert_eq!(OPENED.admits(text), admitted, "{text}");
        }
    }

    #[test]
    fn what_is_not_read_keeps_its_plain_meaning() {
        let read = |message: Json<'_>| message.pick([]).map(|[]| Signal::Armed);
        for (frame, signal) in [
            (Frame::Text(r#"{"ping":1}"#), Signal::Armed),
            (Frame::Text(r#"{"ping":1"#), Signal::Data),
            (Frame::Text("{}"), Signal::Data),
            (Frame::Binary(br#"{"ping":1}"#), Signal::Data),
            (Frame::Ping(b"ping"), Signal::Challenge { token: Token::new(b"ping") }),
            (Frame::Pong(b"ping"), Signal::Unsolicited),
        ] {
            assert_eq!(SIEVE.classify(frame, read), signal);
        }
        assert_eq!(SIEVE.classify(Frame::Text(r#"{"ping":1}"#), |_| None), Signal::Data);
    }
}
