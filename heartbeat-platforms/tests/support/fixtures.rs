//! Frames of a venue, each with its source, its date and its meaning.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use heartbeat_core::Frame;
use serde::Deserialize;

/// One frame: a text message from a `.txt` file, a binary one from a `.bin` file.
pub(crate) struct Fixture {
    /// The name of its file.
    pub(crate) name: String,
    /// What it means, as [`name_of`](super::conformance::name_of) puts it.
    pub(crate) signal: String,
    /// Its payload, to the last byte.
    pub(crate) payload: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provenance {
    file: String,
    signal: String,
    source: String,
    date: String,
}

impl Fixture {
    pub(crate) fn frame(&self) -> Frame<'_> {
        match self.text() {
            Some(text) => Frame::Text(text),
            None => Frame::Binary(&self.payload),
        }
    }

    /// The payload if it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        let is_text = Path::new(&self.name).extension().is_some_and(|kind| kind == "txt");
        is_text.then(|| str::from_utf8(&self.payload).expect("a text message is UTF-8"))
    }
}

/// Loads the fixtures of a folder, all of which its `provenance.json` must account for.
pub(crate) fn load(folder: &Path) -> Vec<Fixture> {
    let list = fs::read_to_string(folder.join("provenance.json")).expect("a list of sources");
    let list: Vec<Provenance> = serde_json::from_str(&list).expect("a list of sources");
    let named = list.iter().map(|entry| entry.file.clone()).collect::<BTreeSet<_>>();
    assert_eq!(named.len(), list.len(), "a fixture is listed twice in {}", folder.display());
    assert_eq!(named, files(folder), "{} and its list disagree", folder.display());
    list.into_iter().map(|entry| read(folder, entry)).collect()
}

/// The folder of a venue of ours.
pub(crate) fn folder(venue: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(venue)
}

fn read(folder: &Path, entry: Provenance) -> Fixture {
    let Provenance { file, signal, source, date } = entry;
    assert!(!source.is_empty(), "{file} has no source");
    assert_eq!(date.len(), "2026-11-23".len(), "{file} has no date");
    let payload = fs::read(folder.join(&file)).expect("a fixture that is listed");
    Fixture { name: file, signal, payload }
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder of fixtures");
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name != "provenance.json")
        .collect()
}
