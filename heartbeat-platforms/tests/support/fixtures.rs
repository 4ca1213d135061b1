//! Frames of a venue, each with its source, its date and its meaning.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use heartbeat_core::Frame;
use serde::Deserialize;

use super::packing::{Packing, gunzip};

/// One frame: a text message from a `.txt` file, a binary one from a `.bin` file.
pub(crate) struct Fixture {
    /// The name of its file.
    pub(crate) name: String,
    /// What it means, as [`name_of`](super::checks::name_of) puts it.
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
    /// The frame, with this for its payload.
    pub(crate) fn frame_of<'p>(&self, payload: &'p [u8]) -> Frame<'p> {
        match str::from_utf8(payload) {
            Ok(text) if self.is_text() => Frame::Text(text),
            // What is not UTF-8 can only come as a binary message.
            Ok(_) | Err(_) => Frame::Binary(payload),
        }
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        let frame = self.frame_of(&self.payload);
        assert!(!self.is_text() || matches!(frame, Frame::Text(_)), "{} is not UTF-8", self.name);
        frame
    }

    /// The text that the frame carries, in whatever it is packed; `None` if it carries none.
    pub(crate) fn text(&self) -> Option<(Packing, String)> {
        if let Some(text) = gunzip(&self.payload).filter(|_| !self.is_text()) {
            return Some((Packing::Gzip, text));
        }
        let packing = if self.is_text() { Packing::Text } else { Packing::Binary };
        String::from_utf8(self.payload.clone()).ok().map(|text| (packing, text))
    }

    /// Whether it was made to be mistaken for a heartbeat.
    pub(crate) fn is_lookalike(&self) -> bool {
        self.name.starts_with("lookalike_")
    }

    /// Whether it means something, or nearly does.
    pub(crate) fn is_telling(&self) -> bool {
        self.signal != "data" || self.is_lookalike()
    }

    fn is_text(&self) -> bool {
        Path::new(&self.name).extension().is_some_and(|kind| kind == "txt")
    }
}

/// Loads the fixtures of a venue, all of which its `provenance.json` must account for.
pub(crate) fn load(venue: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(venue);
    let list = fs::read_to_string(folder.join("provenance.json"))
        .unwrap_or_else(|error| panic!("{}/provenance.json: {error}", folder.display()));
    let list: Vec<Provenance> = serde_json::from_str(&list)
        .unwrap_or_else(|error| panic!("{}/provenance.json: {error}", folder.display()));
    let named = list.iter().map(|entry| entry.file.clone()).collect::<BTreeSet<_>>();
    assert_eq!(named.len(), list.len(), "a fixture is listed twice in {}", folder.display());
    assert_eq!(named, files(&folder), "{} and its list disagree", folder.display());
    list.into_iter().map(|entry| read(&folder, entry)).collect()
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
