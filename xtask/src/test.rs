//! `cargo xtask test`: every test, for the loop between two edits.

use crate::process::{cargo, has_cargo, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "test",
    about: "Runs every test and every example in the docs",
    help: "\
Uses cargo-nextest where it is installed and `cargo test` where it is not; the examples in
the docs are cargo's in both cases. All features are on.",
    takes_options: false,
    run: |_| run_all(),
};

fn run_all() -> Result<(), Failed> {
    tests()?;
    doctests()
}

/// Runs unit and integration tests.
pub(crate) fn tests() -> Result<(), Failed> {
    let words: &[&str] = if has_cargo("nextest") {
        &["nextest", "run", "--workspace", "--all-features"]
    } else {
        &["test", "--workspace", "--all-features", "--all-targets"]
    };
    run(&mut cargo(words))
}

/// Runs the examples in the docs, which nextest does not.
pub(crate) fn doctests() -> Result<(), Failed> {
    run(&mut cargo(&["test", "--workspace", "--all-features", "--doc"]))
}
