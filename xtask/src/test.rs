//! `cargo xtask test`: every test, for the loop between two edits.

use crate::process::{cargo, has_cargo, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "test",
    about: "Runs every test and every example in the docs",
    help: "\
Uses cargo-nextest where it is installed and `cargo test` where it is not; the examples in
the docs are cargo's in both cases. All features are on.

  --quick   the loop between two edits: leaves out the examples in the docs and, with
            cargo-nextest, the tests that run programs in real time and need the machine to
            themselves (the profile `quick` in .config/nextest.toml)",
    takes_options: true,
    run: |words| match words {
        [] => tests().and_then(|()| doctests()),
        [word] if word == "--quick" => tests_in("quick"),
        [word, ..] => Err(Failed(format!("unexpected argument `{word}`"))),
    },
};

/// Runs unit and integration tests.
pub(crate) fn tests() -> Result<(), Failed> {
    tests_in("default")
}

/// Runs the tests of a profile of nextest's, or all where there is no nextest.
fn tests_in(profile: &str) -> Result<(), Failed> {
    let words: &[&str] = if has_cargo("nextest") {
        &["nextest", "run", "--workspace", "--all-features", "--profile", profile]
    } else {
        &["test", "--workspace", "--all-features", "--all-targets"]
    };
    run(&mut cargo(words))
}

/// Runs the examples in the docs, which nextest does not.
pub(crate) fn doctests() -> Result<(), Failed> {
    run(&mut cargo(&["test", "--workspace", "--all-features", "--doc"]))
}
