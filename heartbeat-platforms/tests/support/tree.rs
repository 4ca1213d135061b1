//! A JSON document as a tree that hides nothing: members keep their order, and repeated keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Tree>),
    Object(Members),
}

/// The members of an object, in their order.
pub(crate) type Members = Vec<(String, Tree)>;

impl Tree {
    /// Parses with `serde_json`, and so by its rules.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Writes the document, with `space` between all tokens and strings written by `quote`.
    pub(crate) fn write(&self, space: &str, quote: fn(&str) -> String) -> String {
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

    /// Returns how many members its largest object has.
    pub(crate) fn most_members(&self) -> usize {
        let mut most = 0;
        self.clone().change_members(&mut |members| most = most.max(members.len()));
        most
    }

    /// Applies `change` to the members of every object, the outermost last.
    pub(crate) fn change_members(&mut self, change: &mut dyn FnMut(&mut Members)) {
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
pub(crate) fn plain(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}

/// Writes a string with an escape for every UTF-16 unit.
pub(crate) fn escaped(text: &str) -> String {
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
        let number = serde_json::Number::from_f64(value);
        Ok(Tree::Number(number.expect("serde_json refuses what is not finite")))
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
