//! A strict JSON reader that allocates nothing.
//!
//! It accepts what `serde_json::from_str::<Value>` accepts and refuses what that refuses (with
//! numbers rounded as by its feature `float_roundtrip`), so a frame is a heartbeat only if it is
//! well-formed to its last byte. A repeated key is well-formed; but where serde would take the
//! last of its values, [`Json::pick`] refuses to choose.
//!
//! `serde_json` itself cannot do the job on this path: it allocates its scratch buffer for every
//! string with an escape, keys included, and for nested values that it skips; no frame may cost
//! an allocation, least of all one that a peer chose for that.

mod scanner;

use core::cmp::Ordering;
use core::{fmt, iter};

use scanner::Scanner;

/// One value of a well-formed JSON document, borrowed from its text.
///
/// ```
/// use heartbeat_platforms::json::Json;
///
/// let message = Json::parse(r#"{"method":"heart\u0062eat","id":7}"#).unwrap();
/// let [method, params] = message.pick(["method", "params"]).unwrap();
/// assert!(method.unwrap().is("heartbeat"));
/// assert!(params.is_none());
/// // A key that occurs twice has no value, however it is spelled.
/// let twice = Json::parse(r#"{"method":"a","\u006dethod":"b"}"#).unwrap();
/// assert!(twice.pick(["method"]).is_none());
/// // Half a document is none.
/// assert!(Json::parse(r#"{"method":"heartbeat""#).is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Json<'f> {
    raw: &'f str,
    /// Whether `raw` is known to be one well-formed value and nothing else.
    is_checked: bool,
}

impl<'f> Json<'f> {
    /// The most arrays and objects that may lie within each other.
    pub const DEPTH: u8 = 127;

    /// Checks a whole document and returns its value, or `None` if it is not well-formed.
    ///
    /// Takes time in proportion to the text, and stack in proportion to its depth, which is at
    /// most [`DEPTH`](Self::DEPTH).
    pub fn parse(text: &'f str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        scanner.space();
        let raw = scanner.value(Self::DEPTH)?;
        scanner.space();
        scanner.is_at_end().then_some(Self::checked(raw))
    }

    /// Takes a whole document that is checked when it is first looked into: the walk of
    /// [`pick`](Self::pick) that finds its members checks it as well. What is not well-formed has
    /// no members, no elements and no value.
    pub(crate) const fn unchecked(text: &'f str) -> Self {
        Self { raw: text, is_checked: false }
    }

    const fn checked(raw: &'f str) -> Self {
        Self { raw, is_checked: true }
    }

    /// Returns the value without what may stand around it, or `None` if it is not well-formed.
    fn check(self) -> Option<Self> {
        if self.is_checked { Some(self) } else { Self::parse(self.raw) }
    }

    /// Returns the members of an object that have these keys, or `None` if this is no object
    /// or one of the keys occurs in it twice.
    pub fn pick<const N: usize>(self, keys: [&str; N]) -> Option<[Option<Self>; N]> {
        let mut picked = [None; N];
        let mut scanner = Scanner::new(self.raw);
        scanner.space();
        scanner.expect(b'{')?;
        let mut first = true;
        while scanner.step(first, b'}')? {
            first = false;
            let key = Text { raw: scanner.key()? };
            let value = Self::checked(scanner.value(Self::DEPTH.saturating_sub(1))?);
            for (wanted, slot) in keys.iter().zip(&mut picked) {
                if key.is(wanted) && slot.replace(value).is_some() {
                    return None;
                }
            }
        }
        scanner.space();
        scanner.is_at_end().then_some(picked)
    }

    /// Returns the elements of an array, or `None` if this is none.
    pub fn items(self) -> Option<impl Iterator<Item = Self> + 'f> {
        let begins = self.raw.trim_ascii_start().starts_with('[');
        let mut scanner = Scanner::new(self.check().filter(|_| begins)?.raw);
        let mut first = scanner.eat(b'[').then_some(true)?;
        Some(iter::from_fn(move || {
            let more = scanner.step(first, b']')?;
            first = false;
            more.then(|| scanner.value(Self::DEPTH)).flatten().map(Self::checked)
        }))
    }

    /// Returns the member of an object that has this key, or `None` if there is none, or two.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        self.pick([key]).and_then(|[member]| member)
    }

    /// Tells whether this is an object.
    pub fn is_object(self) -> bool {
        self.check().is_some_and(|value| value.raw.starts_with('{'))
    }

    /// Tells whether this is the string `expected`, however it is escaped.
    pub fn is(self, expected: &str) -> bool {
        self.text().is_some_and(|text| text.is(expected))
    }

    /// Returns the string, or `None` if this is none.
    pub fn text(self) -> Option<Text<'f>> {
        let inner = self.check()?.raw.strip_prefix('"')?.strip_suffix('"')?;
        Some(Text { raw: inner })
    }

    /// Returns the boolean, or `None` if this is none.
    pub fn as_bool(self) -> Option<bool> {
        self.check()?.raw.parse().ok()
    }

    /// Returns the number, or `None` if this is none or not a whole one from 0 to 2^64 - 1,
    /// written without fraction and exponent.
    pub fn as_u64(self) -> Option<u64> {
        self.check()?.raw.parse().ok()
    }

    /// Returns the members of an object in their order, or `None` if this is none.
    pub(crate) fn members(self) -> Option<impl Iterator<Item = (Text<'f>, Self)> + 'f> {
        let mut scanner = Scanner::new(self.check()?.raw);
        let mut first = scanner.eat(b'{').then_some(true)?;
        Some(iter::from_fn(move || {
            let more = scanner.step(first, b'}')?;
            first = false;
            if !more {
                return None;
            }
            let key = scanner.key()?;
            let value = scanner.value(Self::DEPTH)?;
            Some((Text { raw: key }, Self::checked(value)))
        }))
    }
}

/// Returns the value of the first member of an object, if that has this key and is a string, from
/// the beginning of a document that may go on.
pub(crate) fn first_member<'f>(document: &'f [u8], key: &str) -> Option<Text<'f>> {
    // The end may lie within a character.
    let text = document.utf8_chunks().next()?.valid();
    let mut scanner = Scanner::new(text);
    scanner.space();
    let is_object = scanner.eat(b'{');
    scanner.space();
    let is_wanted = is_object && Text { raw: scanner.key()? }.is(key);
    is_wanted.then(|| scanner.string()).flatten().map(|raw| Text { raw })
}

/// A JSON string, as it stands in the document.
#[derive(Clone, Copy, Debug)]
pub struct Text<'f> {
    /// What is between the quotes, escapes and all.
    raw: &'f str,
}

impl<'f> Text<'f> {
    /// Tells whether this is `expected`, however it is escaped.
    pub fn is(self, expected: &str) -> bool {
        let first = self.raw.as_bytes().first();
        if first != expected.as_bytes().first() && first != Some(&b'\\') {
            return false;
        }
        // An escape is longer than what it stands for, so a length decides most of the others.
        match self.raw.len().cmp(&expected.len()) {
            Ordering::Less => false,
            Ordering::Equal => self.raw == expected && !self.raw.contains('\\'),
            Ordering::Greater => self.chars().eq(expected.chars()),
        }
    }

    /// Takes a text that has no escapes.
    pub(crate) const fn plain(raw: &'static str) -> Self {
        Self { raw }
    }

    /// Reads a decimal number; `None` if it is empty, larger than 2^64 - 1, or holds anything but
    /// digits.
    pub(crate) fn as_u64(self) -> Option<u64> {
        let mut number = None;
        for digit in self.chars() {
            let digit = u64::from(digit.to_digit(10)?);
            number = Some(number.unwrap_or(0u64).checked_mul(10)?.checked_add(digit)?);
        }
        number
    }

    /// Writes the characters, with their escapes undone.
    ///
    /// # Errors
    ///
    /// Those of `out` alone.
    pub fn write_to(self, out: &mut dyn fmt::Write) -> fmt::Result {
        if !self.raw.contains('\\') {
            return out.write_str(self.raw);
        }
        self.chars().try_for_each(|letter| out.write_char(letter))
    }

    /// Returns the characters, with their escapes undone.
    pub fn chars(self) -> impl Iterator<Item = char> + 'f {
        let mut scanner = Scanner::new(self.raw);
        iter::from_fn(move || scanner.char())
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Holds what both readers think of `text` against each other, and what is checked late
    /// against what is checked at once.
    fn assert_agrees(text: &str) {
        let slow = serde_json::from_str::<Value>(text);
        let checked = Json::parse(text);
        assert_eq!(checked.is_some(), slow.is_ok(), "{text:?}: {slow:?}");
        let late = Json::unchecked(text);
        let raw = |json: Json<'_>| String::from(json.raw);
        let picked =
            |json: Json<'_>| json.pick(["a", "k"]).map(|picked| picked.map(|it| it.map(raw)));
        let items = |json: Json<'_>| json.items().map(|items| items.map(raw).collect::<Vec<_>>());
        assert_eq!(picked(late), checked.and_then(picked), "{text:?}");
        assert_eq!(items(late), checked.and_then(items), "{text:?}");
        assert_eq!(late.is_object(), checked.is_some_and(Json::is_object), "{text:?}");
        assert_eq!(late.as_u64(), checked.and_then(Json::as_u64), "{text:?}");
        assert_eq!(late.as_bool(), checked.and_then(Json::as_bool), "{text:?}");
        assert_eq!(late.is("a"), checked.is_some_and(|json| json.is("a")), "{text:?}");
    }

    #[test]
    fn the_grammar_is_that_of_serde_json() {
        #[rustfmt::skip]
        let values = [
            "null", "true", "false", "nul", "nulls", "True", "0", "-0", "-", "01", "1.", ".5",
            "1.5", "1e", "1e+", "1e-5", "1E+5", "+1", "--1", "0x1", "NaN", "Infinity", r#""""#,
            r#"""#, r#""a"#, r"'a'", "[]", "[", "]", "[1,]", "[,1]", "[1 2]", "[1,2]", "[1,,2]",
            "{}", "{", "}", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1,}"#, r#"{"a" : 1}"#, r"{a:1}",
            r#"{"a":1 "b":2}"#, r"{1:2}", r#"{"a":1]"#, "[1}", "1 2", "{}{}", "", " ",
            "\u{feff}1", "1\u{a0}", "\u{c}1", "/**/1", "\t\r\n 1 \t\r\n", r#"{"a":1,"a":2}"#,
            r#"{"":0}"#,
        ];
        for value in values {
            assert_agrees(value);
            assert_agrees(&format!("[{value}]"));
            assert_agrees(&format!(r#"{{"k":{value}}}"#));
            assert_agrees(&format!("{value} x"));
        }
    }

    #[test]
    fn a_string_is_checked_to_the_last_escape() {
        #[rustfmt::skip]
        let strings = [
            r"\n\r\t\b\f\/\\\q", r"\n\r\t\b\f\/\\", r"\u0041", r"\u004", r"\u004g", r"\U0041",
            r"\ud83d\ude00", r"\ud83d", r"\ud83dx", r"\ud83d\n", r"\ud83d\u0041", r"\ude00\ud83d",
            r"\ude00", r"\u+041", "\u{7f}", "\u{1f}", "\n", "\0", "\u{80}",
            "\u{e9}\u{20ac}\u{1f600}", r"\", r"\\",
        ];
        for string in strings {
            assert_agrees(&format!("\"{string}\""));
            assert_agrees(&format!("{{\"{string}\":\"{string}\"}}"));
        }
    }

    #[test]
    fn a_number_too_large_for_a_double_is_refused() {
        let zeros = "0".repeat(400);
        let nines = "9".repeat(308);
        #[rustfmt::skip]
        let numbers = [
            "1e308", "1e309", "-1e309", "1e999", "0e999", "0.0e999", "1e-999", "1e99999999999",
            "1e-99999999999", "1.7976931348623157e308", "1.7976931348623159e308",
            "18446744073709551615", "18446744073709551616", &format!("1{zeros}"),
            &format!("0.{zeros}1e401"), &format!("1{zeros}e-401"), &format!("1{zeros}.5"), &nines,
            &format!("{nines}9"), &format!("-{nines}9"),
        ];
        for number in numbers {
            assert_agrees(number);
        }
        assert!(Json::parse("1e999").is_none());
    }

    #[test]
    fn depth_is_bounded_where_serde_json_bounds_it() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            for depth in [126, 127, 128, 129] {
                let inner = if open == "[" { "" } else { "0" };
                assert_agrees(&format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)));
            }
        }
        assert!(Json::parse(&"[".repeat(1_000_000)).is_none());
    }

    #[test]
    fn keys_and_strings_compare_after_unescaping() {
        let message = Json::parse(r#" {"\u006dethod" : "heart\u0062eat", "n":"\ud83d\ude00" } "#);
        let [method, emoji] = message.unwrap().pick(["method", "n"]).unwrap();
        assert!(method.unwrap().is("heartbeat"));
        assert!(!method.unwrap().is("heartbeats"));
        assert!(!method.unwrap().is(r"heart\u0062eat"));
        assert!(!method.unwrap().is("heartbea"));
        assert!(emoji.unwrap().is("\u{1f600}"));
    }

    #[test]
    fn a_key_that_occurs_twice_is_refused_only_where_it_is_asked_for() {
        let message = Json::parse(r#"{"a":1,"b":{"a":2,"a":3},"\u0061":4,"c":5}"#).unwrap();
        assert!(message.pick(["a"]).is_none());
        let [b, c] = message.pick(["b", "c"]).unwrap();
        assert_eq!(c.unwrap().as_u64(), Some(5));
        assert!(b.unwrap().pick(["a"]).is_none());
    }

    #[test]
    fn a_value_is_only_what_it_is() {
        let parse = |text| Json::parse(text).unwrap();
        for text in ["7", "\"7\"", "null", "true", "[7]", "{\"7\":7}", "7.0", "-7", "7e0"] {
            let value = parse(text);
            assert_eq!(value.as_u64().is_some(), text == "7", "{text}");
            assert_eq!(value.text().is_some(), text == "\"7\"", "{text}");
            assert_eq!(value.as_bool().is_some(), text == "true", "{text}");
            assert_eq!(value.items().is_some(), text == "[7]", "{text}");
            assert_eq!(value.is_object(), text.starts_with('{'), "{text}");
            assert_eq!(value.pick(["x"]).is_some(), text.starts_with('{'), "{text}");
        }
        assert_eq!(parse("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(parse("18446744073709551616").as_u64(), None);
    }

    #[test]
    fn items_come_in_order_and_end() {
        let list = Json::parse(r#" [ 1 , [2,2] , {"a":[]} , "]" ] "#).unwrap();
        let raw = list.items().unwrap().map(|item| item.raw);
        assert!(raw.eq(["1", "[2,2]", r#"{"a":[]}"#, "\"]\""]));
        assert_eq!(Json::parse("[]").unwrap().items().unwrap().count(), 0);
    }

    fn json_like() -> impl Strategy<Value = String> {
        #[rustfmt::skip]
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\"", "\"b\":", "null", "true", "1", "-",
            "e", ".", "0", "9", "\\u", "d83d", "\\ude00", " ", "\n", "\u{1}", "\u{e9}", "1e308",
            "E+",
        ];
        let token = prop::sample::select(tokens.to_vec());
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_judged_as_by_serde_json(text in ".{0,40}") {
            assert_agrees(&text);
        }

        #[test]
        fn token_soup_is_judged_as_by_serde_json(text in json_like()) {
            assert_agrees(&text);
        }

        #[test]
        fn a_string_reads_as_serde_json_reads_it(
            inner in r#"([ -~]|\\[nrtbf"/u\\]|\\u[0-9a-f]{4}){0,12}"#,
        ) {
            let text = format!("\"{inner}\"");
            let ours = Json::parse(&text).and_then(Json::text);
            let ours = ours.map(|text| text.chars().collect::<String>());
            prop_assert_eq!(ours, serde_json::from_str::<String>(&text).ok());
        }

        #[test]
        fn a_number_reads_as_serde_json_reads_it(
            text in r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        ) {
            assert_agrees(&text);
            let slow = serde_json::from_str::<Value>(&text).ok().and_then(|value| value.as_u64());
            prop_assert_eq!(Json::parse(&text).and_then(Json::as_u64), slow);
        }
    }
}
