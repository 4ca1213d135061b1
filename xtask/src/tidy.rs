//! `cargo xtask tidy`: the rules of style that no other tool knows, each with its reason.

mod cancel;
mod length;
mod links;
mod manifest;
mod mask;
mod names;
mod rust;
mod text;

use core::fmt;
use std::{fs, io};

use crate::process::{capture, root};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "tidy",
    about: "Checks the rules of style that no other tool knows",
    help: "\
Looks at every file that git tracks or would track and lists what breaks a rule, as
`path:line: rule: why`. Frames recorded from venues (fixtures) are left alone, and so is the
lock file.",
    takes_options: false,
    run: |_| run(),
};

/// One file, as the rules see it.
struct Source {
    /// Relative to the workspace, with `/` between folders.
    path: String,
    text: String,
    /// The text of a Rust file with comments and the insides of literals blanked out, so that
    /// a rule on code is not broken by what is merely talked about. Same offsets, same lines.
    code: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rust,
    Manifest,
    Markdown,
    /// Scripts and settings.
    Other,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let kind = match path.rsplit_once('.') {
            Some((_, "rs")) => Kind::Rust,
            Some((_, "md")) => Kind::Markdown,
            _ if path.ends_with("Cargo.toml") => Kind::Manifest,
            _ => Kind::Other,
        };
        Self {
            path: path.into(),
            text: text.into(),
            code: if kind == Kind::Rust { mask::mask(text) } else { String::new() },
            kind,
        }
    }

    /// Tells whether this is an integration test, or shared by some.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|folder| folder == "tests")
    }
}

/// A rule of style.
struct Rule {
    name: &'static str,
    why: &'static str,
    /// Tells which lines of the file break it, counted from 1.
    check: fn(&Source) -> Vec<usize>,
}

/// A line that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Offence {
    path: String,
    line: usize,
    rule: &'static str,
    why: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, why } = self;
        write!(f, "{path}:{line}: {rule}: {why}")
    }
}

pub(crate) fn run() -> Result<(), Failed> {
    let paths = list_files()?;
    let mut offences = Vec::new();
    let mut names = names::Names::default();
    let mut seen = 0usize;
    for path in paths.iter().filter(|path| is_ours(path)) {
        let Some(source) = read(path)? else { continue };
        seen += 1;
        offences.extend(check(&source));
        offences.extend(links::check(&source, &paths));
        names.note(&source);
    }
    offences.extend(names.check());
    offences.sort();
    for offence in &offences {
        println!("{offence}");
    }
    match offences.len() {
        0 => {
            println!("tidy: {seen} files, nothing to complain of");
            Ok(())
        }
        found => Err(Failed(format!("{found} offences in {seen} files"))),
    }
}

/// Checks one file by itself.
fn check(source: &Source) -> Vec<Offence> {
    let rules = text::RULES.iter().chain(&rust::RULES).chain(&cancel::RULES);
    let rules = rules.chain(&length::RULES).chain(&manifest::RULES);
    let mut offences = Vec::new();
    for rule in rules {
        offences.extend((rule.check)(source).into_iter().map(|line| Offence {
            path: source.path.clone(),
            line,
            rule: rule.name,
            why: rule.why.into(),
        }));
    }
    offences
}

/// The files that git tracks or would track.
fn list_files() -> Result<Vec<String>, Failed> {
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "-co", "--exclude-standard", "-z"]).current_dir(root());
    let listed = capture(&mut git)?;
    if !listed.success {
        return Err(Failed(format!("git ls-files failed: {}", listed.stderr)));
    }
    let paths = listed.stdout.split_terminator('\0');
    Ok(paths.map(String::from).collect())
}

/// A lock file is a package manager's, a licence its authors', and a fixture a venue's to the byte.
fn is_ours(path: &str) -> bool {
    !path.ends_with("Cargo.lock")
        && !path.ends_with("package-lock.json")
        && !path.starts_with("LICENSE-")
        && !path.split('/').any(|folder| folder == "fixtures")
}

/// Reads a file, or returns `None` if it is no text, or tracked and just deleted.
fn read(path: &str) -> Result<Option<Source>, Failed> {
    match fs::read_to_string(root().join(path)) {
        Ok(text) => Ok(Some(Source::new(path, &text))),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) =>
        {
            Ok(None)
        }
        Err(error) => Err(Failed(format!("{path} could not be read: {error}"))),
    }
}

/// Returns the numbers of the lines for which `broken` holds, counted from 1.
fn lines_where(text: &str, broken: impl Fn(&str) -> bool) -> Vec<usize> {
    let lines = text.lines().zip(1..);
    lines.filter(|(line, _)| broken(line)).map(|(_, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts which rules a file breaks, and where.
    #[track_caller]
    pub(super) fn assert_offences(path: &str, text: &str, expected: &[(&str, usize)]) {
        let found = check(&Source::new(path, text));
        let found: Vec<_> = found.iter().map(|found| (found.rule, found.line)).collect();
        assert_eq!(found, expected, "in {path}:\n{text}");
    }

    #[test]
    fn a_clean_file_breaks_no_rule() {
        assert_offences("a/src/lib.rs", "//! A subject.\n\nfn main() {}\n", &[]);
        assert_offences("a/Cargo.toml", "[package]\nname = \"a\"\n", &[]);
        assert_offences("README.md", "# Title\n\nCaf\u{e9}.\n", &[]);
    }

    #[test]
    fn an_offence_reads_as_where_what_and_why() {
        let offences = check(&Source::new("a/src/lib.rs", "fn main() {}\n"));
        let shown: Vec<_> = offences.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("a/src/lib.rs:1: module-doc: a file says"), "{shown:?}");
    }

    #[test]
    fn what_others_wrote_is_left_alone() {
        assert!(!is_ours("Cargo.lock") && !is_ours("examples/clients/package-lock.json"));
        assert!(!is_ours("heartbeat-platforms/fixtures/okx/pong.txt"));
        assert!(is_ours("heartbeat-platforms/src/okx.rs"));
    }
}
