//! `cargo xtask bench` and `cargo xtask load`: what the library costs, beside others.

use std::path::PathBuf;
use std::process::Stdio;

use crate::process::{cargo, root, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    about: "Measures what the library costs, beside others in the same run",
    help: "\
Prints tables: market data told from a heartbeat, challenges answered, readers on lines without a
kernel and on sockets, latency, memory, and the speed of a simulation. The rivals take turns, the
venue is a process of its own, and every cost is time of the processor: look at ratios, and at
absolute figures only beside others of the same run. Ends with one line of JSON. Needs Linux.

  --quick          a minute, without the table of every venue, and less exact
  --format FORMAT  human, or json for the last line alone [human]
  --no-std         without the feature `std` of heartbeat-platforms

The package is `bench`, outside the workspace; built with optimisation, into target/bench.",
    takes_options: true,
    run: measure,
};

pub(crate) const LOAD: Command = Command {
    name: "load",
    about: "Keeps many connections alive at once, and says what each costs",
    help: "\
Opens connections to a mock of Deribit in another process, which asks each of them every two
seconds, and ends with one line of JSON. Fails if an answer was late or a connection lost. Needs
Linux.

  --connections N  how many, in one process [1000]
  --duration T     how long they are asked: 30s or 60m [20s]
  --level LEVEL    connection, client or stream [connection]
  --tls            over TLS
  --format FORMAT  human, or json for the last line alone [human]",
    takes_options: true,
    run: |words| start(&[], "load", words),
};

/// Where the package is, from the folder of the workspace.
const MANIFEST: &str = "bench/Cargo.toml";

fn measure(words: &[String]) -> Result<(), Failed> {
    let (no_std, rest): (Vec<_>, Vec<_>) =
        words.iter().cloned().partition(|word| word == "--no-std");
    start(if no_std.is_empty() { &[] } else { &["--no-default-features"] }, "bench", &rest)
}

/// Builds the package, and returns where its program is.
pub(crate) fn build(features: &[&str]) -> Result<PathBuf, Failed> {
    let folder = root().join("target/bench");
    let mut build =
        cargo(&["build", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST]);
    run(build.arg("--target-dir").arg(&folder).args(features))?;
    Ok(folder.join("release/heartbeat-bench"))
}

/// Builds the package, and runs its program.
fn start(features: &[&str], what: &str, words: &[String]) -> Result<(), Failed> {
    let is_json = words.windows(2).any(|pair| pair == ["--format", "json"]);
    let mut program = std::process::Command::new(build(features)?);
    program.arg(what).args(words);
    if !is_json {
        return run(&mut program);
    }
    let output = program.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failed(format!("it could not be started: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{}", text.lines().last().unwrap_or_default());
    if output.status.success() { Ok(()) } else { Err(Failed(format!("{}", output.status))) }
}

/// Checks that it would build, which no other step sees: it is not in the workspace.
pub(crate) fn check() -> Result<(), Failed> {
    run(&mut cargo(&["fmt", "--manifest-path", MANIFEST, "--check"]))?;
    let mut command =
        cargo(&["clippy", "--quiet", "--locked", "--all-targets", "--manifest-path", MANIFEST]);
    run(command.arg("--target-dir").arg(root().join("target/bench")).args(["--", "-D", "warnings"]))
}
