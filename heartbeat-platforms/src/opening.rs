//! Tells by its first bytes that a message is market data.

/// How a kind of market data begins, as its venue writes it.
///
/// The first members of a message often say already that it is no heartbeat: a venue whose
/// heartbeats are told by their `channel` sends none that begins `{"channel":"ticker`. Whatever
/// follows changes nothing, since a deciding key that comes twice makes a message data as well.
///
/// The test is exact, not a guess: each opening must be one with which no message, however it goes
/// on, is a heartbeat of the venue. What is spaced or escaped in another way than the venue does it
/// is not recognised, and is looked at more closely.
pub(crate) struct Opening {
    /// What comes literally; between two parts there is a whole number without a sign.
    parts: &'static [&'static str],
    /// The words of heartbeats that may come here: with one of them it may be a heartbeat.
    unless: &'static [&'static str],
}

impl Opening {
    /// Makes the opening of messages that begin with these parts, with a whole number between each
    /// two, and are data whatever follows.
    pub(crate) const fn new(parts: &'static [&'static str]) -> Self {
        Self { parts, unless: &[] }
    }

    /// Excepts messages that go on with one of these words, or with an escape that could be one.
    pub(crate) const fn unless(mut self, words: &'static [&'static str]) -> Self {
        self.unless = words;
        self
    }

    /// Tells whether `message` begins so.
    pub(crate) fn begins(&self, message: &[u8]) -> bool {
        self.after_parts(message)
            .is_some_and(|rest| !self.unless.iter().any(|word| may_be(word, rest)))
    }

    fn after_parts<'m>(&self, message: &'m [u8]) -> Option<&'m [u8]> {
        let (first, others) = self.parts.split_first()?;
        let mut rest = message.strip_prefix(first.as_bytes())?;
        for part in others {
            let digits = digits_in(rest);
            rest = rest.get(digits..).filter(|_| digits > 0)?.strip_prefix(part.as_bytes())?;
        }
        Some(rest)
    }
}

/// Returns how many digits come first, looked at eight at a time: a venue's times have thirteen.
fn digits_in(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let whole = words.iter().take_while(|word| are_digits(u64::from_le_bytes(**word))).count();
    let counted = whole.saturating_mul(8);
    let others = bytes.iter().skip(counted).take_while(|byte| byte.is_ascii_digit()).count();
    counted.saturating_add(others)
}

/// Tells whether eight bytes are digits: each begins with the bits of `0`, and still does when six
/// is added, which carries what lies behind `9` over.
const fn are_digits(word: u64) -> bool {
    const HIGH_HALVES: u64 = u64::from_le_bytes([0xf0; 8]);
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const SIXES: u64 = u64::from_le_bytes([6; 8]);
    word & HIGH_HALVES == ZEROS && word.wrapping_add(SIXES) & HIGH_HALVES == ZEROS
}

/// Tells whether a string that begins with these bytes may begin with `word`.
fn may_be(word: &str, bytes: &[u8]) -> bool {
    let differs = bytes.iter().zip(word.as_bytes()).find(|(byte, letter)| byte != letter);
    differs.is_none_or(|(byte, _)| *byte == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_begins_with_all_parts_and_numbers_between_them() {
        let opening = Opening::new(&[r#"{"time":"#, r#","channel":""#]);
        for (message, begins) in [
            (r#"{"time":17,"channel":"spot.trades"}"#, true),
            (r#"{"time":17,"channel":""#, true),
            (r#"{"time":,"channel":"spot.trades"}"#, false),
            (r#"{"time":-17,"channel":"spot.trades"}"#, false),
            (r#"{"time":17, "channel":"spot.trades"}"#, false),
            (r#"{"time":17.5,"channel":"spot.trades"}"#, false),
            (r#"{"time":17"#, false),
            ("", false),
        ] {
            assert_eq!(opening.begins(message.as_bytes()), begins, "{message}");
        }
    }

    #[test]
    fn digits_are_counted_to_the_last() {
        for text in
            ["", "x1", "1x", "12345678", "1234567:", "123456/8", "1234567890123,", "0123456789"]
        {
            let slow = text.bytes().take_while(u8::is_ascii_digit).count();
            assert_eq!(digits_in(text.as_bytes()), slow, "{text}");
        }
        for byte in 0..=u8::MAX {
            let mut word = *b"01234567";
            word[5] = byte;
            assert_eq!(are_digits(u64::from_le_bytes(word)), byte.is_ascii_digit(), "{byte}");
        }
    }

    #[test]
    fn an_exception_holds_for_what_may_still_become_its_word() {
        let opening = Opening::new(&[r#"{"channel":""#]).unless(&["heartbeat", "status"]);
        for (message, begins) in [
            (r#"{"channel":"ticker"}"#, true),
            (r#"{"channel":"heart"}"#, true),
            (r#"{"channel":"hook\u0061"}"#, true),
            (r#"{"channel":"heartbeat"}"#, false),
            (r#"{"channel":"heartbeats"}"#, false),
            (r#"{"channel":"heart\u0062eat"}"#, false),
            (r#"{"channel":"\u0068eartbeat"}"#, false),
            (r#"{"channel":"status"}"#, false),
            (r#"{"channel":"hear"#, false),
            (r#"{"channel":""#, false),
        ] {
            assert_eq!(opening.begins(message.as_bytes()), begins, "{message}");
        }
    }
}
