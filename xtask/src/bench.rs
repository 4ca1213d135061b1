//! `cargo xtask bench`: what a frame costs, at every venue and in the core.

use crate::process::{cargo, root, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    about: "Measures what a frame costs at every venue, and in the core",
    help: "\
Prints a table: to tell the venue's data from a heartbeat, against a parse by serde_json in
the same run; to read a heartbeat and write the response; and the core's share of both.

  --no-std   without the feature `std` of heartbeat-platforms

The package is heartbeat-testkit/bench, outside the workspace; built with optimisation, into
target/bench.",
    takes_options: true,
    run: |words| match words {
        [] => measure(&[]),
        [word] if word == "--no-std" => measure(&["--no-default-features"]),
        [word, ..] => Err(Failed(format!("unexpected argument `{word}`"))),
    },
};

/// Where the package is, from the folder of the workspace.
const MANIFEST: &str = "heartbeat-testkit/bench/Cargo.toml";

fn measure(features: &[&str]) -> Result<(), Failed> {
    let mut command = cargo(&["run", "--quiet", "--release", "--manifest-path", MANIFEST]);
    run(command.arg("--target-dir").arg(root().join("target/bench")).args(features))
}

/// Checks that it would build, which no other step sees: it is not in the workspace.
pub(crate) fn check() -> Result<(), Failed> {
    run(&mut cargo(&["fmt", "--manifest-path", MANIFEST, "--check"]))?;
    let mut command = cargo(&["clippy", "--quiet", "--locked", "--manifest-path", MANIFEST]);
    run(command.arg("--target-dir").arg(root().join("target/bench")).args(["--", "-D", "warnings"]))
}
