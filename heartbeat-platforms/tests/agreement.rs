//! The fast classifier and the slow reference agree on frames that nobody thought of.
//!
//! Two generators: documents grown from the words of all dialects, and fixtures that went
//! through a few mutations. Arbitrary text would hardly ever come near a heartbeat.

mod support {
    pub(crate) mod fixtures;
    pub(crate) mod reference;
    pub(crate) mod tree;
}

use std::collections::BTreeMap;
use std::sync::LazyLock;

use heartbeat_core::{Detector, Frame, Signal};
use heartbeat_platforms::Exchange;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::tree::{Members, Tree, escaped, plain};
use support::{fixtures, reference};

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "method", "params", "type", "id", "result", "error", "jsonrpc", "e", "stream", "data",
    "event", "code", "channel", "req_id", "success", "system", "events", "heartbeat_counter",
    "subscriptions", "heartbeats",
];

#[rustfmt::skip]
const VALUES: &[&str] = &[
    r#""heartbeat""#, r#""heartbeats""#, r#""test_request""#, r#""ok""#, r#""pong""#, r#""ping""#,
    r#""serverShutdown""#, r#""!serverShutdown""#, r#""notice""#, r#""64008""#, r#""status""#,
    r#""maintenance""#, r#""subscriptions""#, r#""error""#, r#""3049""#, r#""""#, "3049", "-1",
    "64008", "79448305041408", "79448305041409", "79448305041410", "79452600008703",
    "79452600008704", "79448305041409.0", "1e3", "true", "false", "null", "{}", "[]",
];

/// The texts of all fixtures.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folders = Exchange::all().iter().map(|exchange| fixtures::folder(exchange.name()));
    let fixtures = folders.flat_map(|folder| fixtures::load(&folder));
    let text = |fixture: fixtures::Fixture| {
        if let Frame::Text(text) = fixture.frame() {
            return Some(text.to_owned());
        }
        assert_eq!(fixture.signal, "data", "{}: a binary heartbeat", fixture.name);
        None
    };
    fixtures.filter_map(text).collect()
});

/// Documents made of the dialects' own words, some with a key twice.
fn documents() -> impl Strategy<Value = String> {
    let leaf = select(VALUES).prop_map(|text| Tree::parse(text).expect("a value"));
    let tree = leaf.prop_recursive(3, 16, 4, |inner| {
        let key = select(KEYS).prop_map(str::to_owned);
        prop_oneof![
            4 => prop::collection::vec((key, inner.clone()), 0..5).prop_map(Tree::Object),
            1 => prop::collection::vec(inner, 0..3).prop_map(Tree::List),
        ]
    });
    (tree, select(&["", " ", "\n"][..]), any::<bool>())
        .prop_map(|(tree, space, escape)| tree.write(space, if escape { escaped } else { plain }))
}

/// One change of a text. Each applies to any text; where it finds nothing to do, it does nothing.
#[derive(Clone, Debug)]
enum Mutation {
    /// Repeats a member of an object, in its place or at the end.
    Repeat(Index, bool),
    /// Removes a member.
    Remove(Index),
    /// Gives a member another key.
    Rename(Index, &'static str),
    /// Gives a member another value.
    Replace(Index, &'static str),
    /// Puts the document into a member of another.
    Wrap(&'static str),
    /// Writes every string with escapes.
    Escape,
    /// Puts white space at the end, up to this length.
    Pad(usize),
    /// Cuts the text short.
    Truncate(Index),
    /// Writes this over what is there.
    Insert(Index, &'static str),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    let soup = ["\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\0", "1", "e", "\\u0062", "\u{e9}"];
    prop_oneof![
        (index(), any::<bool>()).prop_map(|(at, last)| Mutation::Repeat(at, last)),
        index().prop_map(Mutation::Remove),
        (index(), select(KEYS)).prop_map(|(at, key)| Mutation::Rename(at, key)),
        (index(), select(VALUES)).prop_map(|(at, value)| Mutation::Replace(at, value)),
        select(KEYS).prop_map(Mutation::Wrap),
        Just(Mutation::Escape),
        (508usize..516).prop_map(Mutation::Pad),
        index().prop_map(Mutation::Truncate),
        (index(), select(soup.to_vec())).prop_map(|(at, text)| Mutation::Insert(at, text)),
    ]
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
                change_member(&mut tree, *at, |members, at| (*key).clone_into(&mut members[at].0));
            }
            Self::Replace(at, value) => change_member(&mut tree, *at, |members, at| {
                members[at].1 = Tree::parse(value).expect("a value");
            }),
            Self::Wrap(key) => tree = Tree::Object(vec![((*key).to_owned(), tree)]),
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

/// Fixtures after at most three mutations.
fn mutants() -> impl Strategy<Value = String> {
    let fixture = any::<Index>().prop_map(|at| at.get(&TEXTS).clone());
    (fixture, prop::collection::vec(mutations(), 0..4)).prop_map(|(text, mutations)| {
        mutations.iter().fold(text, |text, mutation| mutation.apply(text))
    })
}

fn assert_agreement(text: &str) {
    for exchange in Exchange::all() {
        let fast = exchange.classify(Frame::Text(text));
        let slow = reference::classify(*exchange, Frame::Text(text));
        assert_eq!(fast, slow, "{exchange}: {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn on_documents_made_of_the_dialects_words(text in documents()) {
        assert_agreement(&text);
    }

    #[test]
    fn on_fixtures_that_were_tampered_with(text in mutants()) {
        assert_agreement(&text);
    }
}

proptest! {
    #[test]
    fn on_any_text(text in ".{0,600}") {
        assert_agreement(&text);
    }

    /// Past its bound every text is data, and no text of 512 bytes or less is past one.
    #[test]
    fn on_the_bound(at in any::<Index>(), len in 0usize..1024) {
        let text = at.get(&TEXTS);
        let padded = format!("{text:len$}");
        assert_agreement(&padded);
        for exchange in Exchange::all() {
            let short = exchange.classify(Frame::Text(text));
            let long = exchange.classify(Frame::Text(&padded));
            // White space behind a bare word is no longer the bare word.
            if *exchange != Exchange::CoinbaseAdvanced && *exchange != Exchange::Okx {
                let expected = if padded.len() <= 512 { short } else { Signal::Data };
                prop_assert_eq!(long, expected, "{}: {}", exchange, padded);
            }
        }
    }
}

/// Tampering leaves enough heartbeats alive for the agreement to mean something.
#[test]
fn the_mutants_come_near_every_venue() {
    let mut runner = TestRunner::deterministic();
    let mut heartbeats = BTreeMap::<_, usize>::new();
    for _ in 0..4096 {
        let text = mutants().new_tree(&mut runner).expect("a mutant").current();
        for exchange in Exchange::all() {
            if exchange.classify(Frame::Text(&text)) != Signal::Data {
                *heartbeats.entry(exchange.name()).or_default() += 1;
            }
        }
    }
    for exchange in Exchange::all().iter().filter(|exchange| **exchange != Exchange::Rfc6455) {
        let found = heartbeats.get(exchange.name()).copied().unwrap_or_default();
        assert!(found > 40, "{exchange}: {found} of {heartbeats:?}");
    }
}
