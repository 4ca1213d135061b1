//! The words of a venue's dialect, collected from its fixtures, and texts made of them.

use std::collections::BTreeSet;

use heartbeat_testkit::OwnedFrame;
use heartbeat_testkit::conformance::{Fixture, Members, Packing, Tree, escaped, plain};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The most words of a kind that are taken from a venue's fixtures, and the longest, in bytes.
const WORDS_MAX: usize = 128;
const WORD_MAX: usize = 48;

/// The values that every venue's texts are made of.
const COMMON: &[&str] = &["-1", "0", "1", "1e3", "true", "false", "null", "{}", "[]", r#""""#];

/// What a venue's messages are made of.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    texts: Vec<(Packing, String)>,
    /// Those of them that mean something, or all where none does.
    heartbeats: Vec<(Packing, String)>,
    /// The ways in which its messages are packed.
    packings: Vec<Packing>,
    keys: Vec<String>,
    values: Vec<Tree>,
}

impl Words {
    /// Collects them from the fixtures that mean something, and from those that nearly do; market
    /// data would drown them.
    pub(crate) fn of(fixtures: &[Fixture]) -> Self {
        let texts = fixtures.iter().filter_map(Fixture::document).collect::<Vec<_>>();
        let meaningful = fixtures.iter().filter(|fixture| fixture.signal() != "data");
        let heartbeats = meaningful.filter_map(Fixture::document).collect::<Vec<_>>();
        let heartbeats = if heartbeats.is_empty() { texts.clone() } else { heartbeats };
        let packings = texts.iter().map(|(packing, _)| *packing).collect::<BTreeSet<_>>();
        let mut keys = BTreeSet::new();
        let mut values = COMMON.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();
        for fixture in fixtures.iter().filter(|fixture| fixture.is_telling()) {
            let tree = fixture.document().and_then(|(_, text)| Tree::parse(&text));
            if let Some(tree) = tree {
                collect(&tree, &mut keys, &mut values);
            }
        }
        let short = |word: &String| word.len() <= WORD_MAX;
        // A venue whose messages are no JSON has no keys, and is sent others' words.
        keys.insert("ping".to_owned());
        Self {
            texts,
            heartbeats,
            packings: packings.into_iter().collect(),
            keys: keys.into_iter().filter(short).take(WORDS_MAX).collect(),
            values: values
                .into_iter()
                .filter(short)
                .take(WORDS_MAX)
                .map(|text| Tree::parse(&text).expect("a value"))
                .collect(),
        }
    }

    /// Documents made of the words, some with a key twice.
    pub(crate) fn documents(&self) -> impl Strategy<Value = OwnedFrame> + use<> {
        let keys = self.keys.clone();
        let tree = select(self.values.clone()).prop_recursive(3, 16, 4, move |inner| {
            let key = select(keys.clone());
            prop_oneof![
                4 => prop::collection::vec((key, inner.clone()), 0..5).prop_map(Tree::Object),
                1 => prop::collection::vec(inner, 0..3).prop_map(Tree::List),
            ]
        });
        let space = select(&["", " ", "\n"][..]);
        (tree, space, any::<bool>(), select(self.packings.clone())).prop_map(
            |(tree, space, escape, packing)| {
                packing.pack(&tree.write(space, if escape { escaped } else { plain }))
            },
        )
    }

    /// The texts of fixtures after at most three mutations, half of them of heartbeats, which
    /// many lookalikes would drown.
    pub(crate) fn mutants(&self) -> impl Strategy<Value = OwnedFrame> + use<> {
        let fixture = prop_oneof![select(self.heartbeats.clone()), select(self.texts.clone())];
        (fixture, prop::collection::vec(self.mutations(), 0..4)).prop_map(
            |((packing, text), mutations)| {
                let mutate = |text, mutation: &Mutation| mutation.apply(text);
                packing.pack(&mutations.iter().fold(text, mutate))
            },
        )
    }

    fn mutations(&self) -> impl Strategy<Value = Mutation> + use<> {
        let index = any::<Index>;
        let soup =
            ["\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\0", "1", "e", "\\u0062", "\u{e9}"];
        let (key, value) = (select(self.keys.clone()), select(self.values.clone()));
        prop_oneof![
            (index(), any::<bool>()).prop_map(|(at, last)| Mutation::Repeat(at, last)),
            index().prop_map(Mutation::Remove),
            (index(), key.clone()).prop_map(|(at, key)| Mutation::Rename(at, key)),
            (index(), value).prop_map(|(at, value)| Mutation::Replace(at, value)),
            key.prop_map(Mutation::Wrap),
            Just(Mutation::Escape),
            (508usize..516).prop_map(Mutation::Pad),
            index().prop_map(Mutation::Truncate),
            (index(), select(soup.to_vec())).prop_map(|(at, text)| Mutation::Insert(at, text)),
        ]
    }
}

/// Collects the keys of a document and its scalar values, and for a number its neighbours.
fn collect(tree: &Tree, keys: &mut BTreeSet<String>, values: &mut BTreeSet<String>) {
    match tree {
        Tree::Object(members) => {
            for (key, value) in members {
                keys.insert(key.clone());
                collect(value, keys, values);
            }
        }
        Tree::List(items) => items.iter().for_each(|item| collect(item, keys, values)),
        Tree::Number(_) | Tree::Text(_) | Tree::Null | Tree::Bool(_) => {
            values.insert(tree.write("", plain));
            if let Some(number) = tree.number() {
                values.insert(number.wrapping_add(1).to_string());
                values.insert(number.wrapping_sub(1).to_string());
                values.insert(format!("{number}.0"));
                values.insert(format!("\"{number}\""));
            }
        }
    }
}

/// One change of a text. Each applies to any text; where it finds nothing to do, it does nothing.
#[derive(Clone, Debug)]
enum Mutation {
    /// Repeats a member of an object, in its place or at the end.
    Repeat(Index, bool),
    /// Removes a member.
    Remove(Index),
    /// Gives a member another key.
    Rename(Index, String),
    /// Gives a member another value.
    Replace(Index, Tree),
    /// Puts the document into a member of another.
    Wrap(String),
    /// Writes every string with escapes.
    Escape,
    /// Puts white space at the end, up to this length.
    Pad(usize),
    /// Cuts the text short.
    Truncate(Index),
    /// Writes this over what is there.
    Insert(Index, &'static str),
}

impl Mutation {
    fn apply(&self, text: String) -> String {
        match self {
            Self::Pad(len) => format!("{text:len$}"),
            Self::Truncate(at) => text[..boundary(&text, *at)].to_owned(),
            Self::Insert(at, inserted) => {
                let (before, after) = text.split_at(boundary(&text, *at));
                format!("{before}{inserted}{after}")
            }
            Self::Repeat(..)
            | Self::Remove(_)
            | Self::Rename(..)
            | Self::Replace(..)
            | Self::Wrap(_)
            | Self::Escape => match Tree::parse(&text) {
                Some(tree) => self.apply_to_tree(tree),
                None => text,
            },
        }
    }

    fn apply_to_tree(&self, mut tree: Tree) -> String {
        match self {
            Self::Repeat(at, last) => change_member(&mut tree, *at, |members, at| {
                let member = members[at].clone();
                members.insert(if *last { members.len() } else { at }, member);
            }),
            Self::Remove(at) => change_member(&mut tree, *at, |members, at| {
                members.remove(at);
            }),
            Self::Rename(at, key) => {
                change_member(&mut tree, *at, |members, at| members[at].0.clone_from(key));
            }
            Self::Replace(at, value) => {
                change_member(&mut tree, *at, |members, at| members[at].1.clone_from(value));
            }
            Self::Wrap(key) => tree = Tree::Object(vec![(key.clone(), tree)]),
            Self::Escape => return tree.write("", escaped),
            Self::Pad(_) | Self::Truncate(_) | Self::Insert(..) => {}
        }
        tree.write("", plain)
    }
}

/// Changes one member, counted through all objects of the document.
fn change_member(tree: &mut Tree, at: Index, mut change: impl FnMut(&mut Members, usize)) {
    let mut count = 0;
    tree.change_members(&mut |members| count += members.len());
    if count == 0 {
        return;
    }
    let mut left = Some(at.index(count));
    tree.change_members(&mut |members| match left {
        Some(at) if at < members.len() => {
            change(members, at);
            left = None;
        }
        Some(at) => left = Some(at - members.len()),
        None => {}
    });
}

fn boundary(text: &str, at: Index) -> usize {
    let ends = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    ends.take(at.index(text.len() + 1) + 1).last().unwrap_or(0)
}
