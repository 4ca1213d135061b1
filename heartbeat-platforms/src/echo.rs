//! What a response has to echo, copied out of a message in its own type.

use heartbeat_core::Token;

use crate::json::{Json, Text};

/// A piece of JSON under construction, made of values that a venue sent, for its response to
/// repeat.
///
/// A value keeps its type: a number stays a number, a string keeps its quotes. Only what reads
/// the same however it was written is taken: whole numbers, and strings in which nothing needs
/// an escape; no other has ever been seen in a challenge.
pub(crate) struct Echo {
    /// `None` once something did not fit.
    len: Option<usize>,
    bytes: [u8; Token::CAPACITY],
}

impl Echo {
    /// Begins with nothing.
    pub(crate) const fn new() -> Self {
        Self { len: Some(0), bytes: [0; Token::CAPACITY] }
    }

    /// Adds words of our own, as they are.
    pub(crate) fn words(mut self, words: &str) -> Self {
        for byte in words.bytes() {
            self.push(byte);
        }
        self
    }

    /// Adds a whole number from 0 to 2^64 - 1; `None` if `value` is none.
    pub(crate) fn number(mut self, value: Json<'_>) -> Option<Self> {
        let mut number = value.as_u64()?;
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            *digit = u8::try_from(number % 10).ok()?.saturating_add(b'0');
            number /= 10;
            first = at;
            if number == 0 {
                break;
            }
        }
        for digit in digits.iter().skip(first) {
            self.push(*digit);
        }
        Some(self)
    }

    /// Adds a string with its quotes; `None` if `value` is none, is empty, or holds anything but
    /// printable ASCII that needs no escape.
    pub(crate) fn string(mut self, value: Json<'_>) -> Option<Self> {
        let text = value.text().filter(is_plain)?;
        self.push(b'"');
        for char in text.chars() {
            self.push(u8::try_from(char).ok()?);
        }
        self.push(b'"');
        Some(self)
    }

    /// Ends with a token; one that is too long if not everything fitted.
    pub(crate) fn into_token(self) -> Token {
        match self.len.and_then(|len| self.bytes.get(..len)) {
            Some(bytes) => Token::new(bytes),
            None => Token::new(&[0; Token::CAPACITY + 1]),
        }
    }

    fn push(&mut self, byte: u8) {
        self.len = self.len.and_then(|len| {
            *self.bytes.get_mut(len)? = byte;
            len.checked_add(1)
        });
    }
}

fn is_plain(text: &Text<'_>) -> bool {
    let mut chars = text.chars().peekable();
    chars.peek().is_some()
        && chars.all(|char| matches!(char, ' '..='~') && !matches!(char, '"' | '\\'))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    fn echo(value: &str) -> Option<String> {
        let value = Json::parse(value).unwrap();
        let echo = Echo::new().number(value).or_else(|| Echo::new().string(value))?;
        let token = echo.into_token();
        token.as_bytes().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_value_is_echoed_in_its_own_type() {
        for value in ["0", "7", "10", "1587523073344", "18446744073709551615"] {
            assert_eq!(echo(value).as_deref(), Some(value));
            let quoted = format!("\"{value}\"");
            assert_eq!(echo(&quoted), Some(quoted));
        }
        assert_eq!(echo(r#""\u0031 \u007e""#).as_deref(), Some(r#""1 ~""#));
    }

    #[test]
    fn what_could_be_written_in_two_ways_is_not_echoed() {
        #[rustfmt::skip]
        let values = [
            "-1", "1.0", "1e3", "18446744073709551616", "null", "true", "[1]", "{}", r#""""#,
            r#""a\"b""#, r#""a\\b""#, r#""\n""#, "\"\u{7f}\"", "\"\u{e9}\"", r#""\u0000""#,
        ];
        for value in values {
            assert_eq!(echo(value), None, "{value}");
        }
    }

    #[test]
    fn what_does_not_fit_is_too_long_for_any_token() {
        let fits = "x".repeat(Token::CAPACITY - 2);
        assert_eq!(echo(&format!("\"{fits}\"")), Some(format!("\"{fits}\"")));
        let value = format!("\"{fits}x\"");
        let token = Echo::new().string(Json::parse(&value).unwrap()).unwrap().into_token();
        assert_eq!(token.as_bytes(), None);
        assert_eq!(Echo::new().words(&value).into_token(), token);
    }
}
