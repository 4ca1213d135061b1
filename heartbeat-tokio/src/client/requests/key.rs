//! What a reply is known by.

use core::fmt;

/// What tells one request from all others that wait for their replies.
///
/// A number and its decimal digits are the same key: many venues are given the one and return the
/// other.
///
/// ```
/// use heartbeat_tokio::client::RequestKey;
///
/// assert_eq!(RequestKey::from(7), RequestKey::from("7"));
/// // Digits that no number is written with are text.
/// assert_ne!(RequestKey::from(7), RequestKey::from("07"));
/// assert_eq!(RequestKey::from("c-1").to_string(), "c-1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(Repr);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Number(u64),
    Text(Box<str>),
}

impl From<u64> for RequestKey {
    fn from(number: u64) -> Self {
        Self(Repr::Number(number))
    }
}

impl From<&str> for RequestKey {
    fn from(text: &str) -> Self {
        let is_plain = !text.starts_with('+') && (text == "0" || !text.starts_with('0'));
        match text.parse() {
            Ok(number) if is_plain => Self(Repr::Number(number)),
            Ok(_) | Err(_) => Self(Repr::Text(text.into())),
        }
    }
}

impl From<String> for RequestKey {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Number(number) => number.fmt(f),
            Repr::Text(text) => text.fmt(f),
        }
    }
}
