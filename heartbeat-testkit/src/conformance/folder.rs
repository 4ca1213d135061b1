//! Fixtures in a folder: a file for each frame, and a list that accounts for all of them.

use core::error::Error;
use core::fmt;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Fixture;

/// The name of the list.
const LIST: &str = "provenance.json";

/// Why a folder of fixtures could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderError {
    /// The folder or the file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

impl Error for FolderError {}

/// Loads the fixtures of a folder.
///
/// A file each, exact to the byte: `.txt` is a text message, any other a binary one, and
/// `lookalike_` is how lookalikes begin. `provenance.json` accounts for every file, and no other:
/// a list of `{"file", "signal", "source", "date"}`, where `signal` is what the frame means as
/// [`name_of`](super::name_of) puts it, and `date` is when the source was read.
///
/// # Errors
///
/// [`FolderError`] if something cannot be read, the list and the folder disagree, or an entry
/// lacks something.
pub fn load(folder: impl AsRef<Path>) -> Result<Vec<Fixture>, FolderError> {
    let folder = folder.as_ref();
    let list = folder.join(LIST);
    let text = fs::read_to_string(&list).map_err(|error| failed(&list, error))?;
    let entries: Vec<Value> = serde_json::from_str(&text).map_err(|error| failed(&list, error))?;
    let fixtures = entries.iter().map(|entry| read(folder, &list, entry));
    let fixtures = fixtures.collect::<Result<Vec<_>, _>>()?;
    let named = fixtures.iter().map(Fixture::name).collect::<BTreeSet<_>>();
    if named.len() != fixtures.len() {
        return Err(failed(&list, "a file is listed twice"));
    }
    for file in files(folder)? {
        if !named.contains(file.as_str()) {
            return Err(failed(&list, format_args!("{file} is not listed")));
        }
    }
    Ok(fixtures)
}

fn read(folder: &Path, list: &Path, entry: &Value) -> Result<Fixture, FolderError> {
    let field = |key: &str| match entry[key].as_str().filter(|value| !value.is_empty()) {
        Some(value) => Ok(value.to_owned()),
        None => Err(failed(list, format_args!("an entry has no {key}: {entry}"))),
    };
    let (file, signal) = (field("file")?, field("signal")?);
    field("source")?;
    let date = field("date")?;
    if date.len() != "2026-11-23".len() {
        return Err(failed(list, format_args!("{file}: the date must be like 2026-11-23: {date}")));
    }
    let path = folder.join(&file);
    let payload = fs::read(&path).map_err(|error| failed(&path, error))?;
    let is_text = path.extension().is_some_and(|kind| kind == "txt");
    if is_text && str::from_utf8(&payload).is_err() {
        return Err(failed(&path, "a text message must be UTF-8"));
    }
    Ok(Fixture::listed(file, signal, payload, is_text))
}

fn files(folder: &Path) -> Result<BTreeSet<String>, FolderError> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, error))?;
    let mut files = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, error))?;
        files.insert(entry.file_name().to_string_lossy().into_owned());
    }
    files.remove(LIST);
    Ok(files)
}

fn failed(path: &Path, why: impl fmt::Display) -> FolderError {
    FolderError { path: path.to_owned(), why: why.to_string() }
}
