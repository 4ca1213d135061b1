//! A JSON document as a tree that hides nothing: members keep their order, and repeated keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value, for references: slow and obvious.
///
/// ```
/// use heartbeat_testkit::conformance::Tree;
///
/// let tree = Tree::parse(r#"{"op":"pong","id":7,"op":"ping"}"#).unwrap();
/// assert_eq!(tree.only("id").and_then(Tree::number), Some(7));
/// // Which of the two it is nobody can say.
/// assert!(tree.only("op").is_none());
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "JSON closes this set")]
pub enum Tree {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A string, without its quotes and escapes.
    Text(String),
    /// An array.
    List(Vec<Tree>),
    /// An object.
    Object(Members),
}

/// The members of an object, in their order.
pub type Members = Vec<(String, Tree)>;

impl Tree {
    /// Parses with `serde_json`, and so by its rules.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Writes the document, with `space` between all tokens and strings written by `quote`.
    pub fn write(&self, space: &str, quote: fn(&str) -> String) -> String {
        let list = |open: char, parts: Vec<String>, close: char| {
            let inner = parts.join(&format!("{space},{space}"));
            format!("{open}{space}{inner}{space}{close}")
        };
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quote(text),
            Self::List(items) => {
                list('[', items.iter().map(|item| item.write(space, quote)).collect(), ']')
            }
            Self::Object(members) => {
                let member = |(key, value): &(String, Self)| {
                    format!("{}{space}:{space}{}", quote(key), value.write(space, quote))
                };
                list('{', members.iter().map(member).collect(), '}')
            }
        }
    }

    /// Returns this, if it is an object in which none of `keys` occurs twice.
    pub fn clear_in(&self, keys: &[&str]) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let count = |key: &str| members.iter().filter(|(name, _)| name == key).count();
        keys.iter().all(|key| count(key) <= 1).then_some(self)
    }

    /// Returns the first member with this key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns the member with this key, if there is exactly one.
    pub fn only(&self, key: &str) -> Option<&Self> {
        self.clear_in(&[key])?.get(key)
    }

    /// Tells whether it is this string.
    pub fn is(&self, expected: &str) -> bool {
        matches!(self, Self::Text(text) if text == expected)
    }

    /// Returns the number, if it is a whole one from 0 to 2^64 - 1.
    pub fn number(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }

    /// Returns the items, if it is an array.
    pub fn items(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// Returns how many members its largest object has.
    pub fn most_members(&self) -> usize {
        let mut most = 0;
        self.clone().change_members(&mut |members| most = most.max(members.len()));
        most
    }

    /// Returns how many members all its objects have together.
    pub fn members_in_all(&self) -> usize {
        let mut count = 0;
        self.clone().change_members(&mut |members| count += members.len());
        count
    }

    /// Applies `change` to the `at`th member of all, which it is given as the members of its object
    /// and its place among them; to none if there are fewer.
    pub fn change_member(&mut self, at: usize, mut change: impl FnMut(&mut Members, usize)) {
        let mut left = Some(at);
        self.change_members(&mut |members| match left {
            Some(at) if at < members.len() => {
                change(members, at);
                left = None;
            }
            Some(at) => left = Some(at - members.len()),
            None => {}
        });
    }

    /// Applies `change` to the members of every object, the outermost last.
    pub fn change_members(&mut self, change: &mut dyn FnMut(&mut Members)) {
        match self {
            Self::List(items) => items.iter_mut().for_each(|item| item.change_members(change)),
            Self::Object(members) => {
                for (_, value) in members.iter_mut() {
                    value.change_members(change);
                }
                change(members);
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
        }
    }
}

/// Writes a string as short as it gets.
pub fn plain(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a string with an escape for every UTF-16 unit.
pub fn escaped(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", units.collect::<String>())
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        // serde_json refuses what is not finite before it comes here.
        Ok(serde_json::Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }
}
