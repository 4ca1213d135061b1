//! `cargo xtask facade`: proof that one crate is enough for the common case.
//!
//! A program that has to name five crates for its first connection is told by no test of the
//! workspace, where all of them are at hand. So a package is written whose only dependencies are
//! heartbeat-tokio and tokio, with the quick start and a client that has a handler, and checked.

use std::fs;
use std::path::PathBuf;

use crate::process::{cargo, root, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "facade",
    about: "Proves that heartbeat-tokio and tokio alone are enough for a program",
    help: "\
Writes a package that depends on heartbeat-tokio and tokio and on nothing else, with the quick
start and a client with a handler in it, and checks that it compiles. Works in target/facade,
without a network once the workspace was fetched.",
    takes_options: false,
    run: |_| check(),
};

const MANIFEST: &str = r#"[package]
name = "facade"
version = "0.0.0"
edition = "2024"

[dependencies]
heartbeat-tokio = { path = "../../heartbeat-tokio" }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }

# Lies in the folder of a workspace and is no part of it.
[workspace]
"#;

pub(crate) fn check() -> Result<(), Failed> {
    let manifest = lay_out()
        .map_err(|error| Failed(format!("target/facade could not be written: {error}")))?;
    let output = root().join("target/facade/build");
    run(cargo(&["check", "--offline", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(output))
}

/// Writes the package, with the versions that the workspace has locked, and returns its manifest.
fn lay_out() -> std::io::Result<PathBuf> {
    let folder = root().join("target/facade");
    fs::create_dir_all(folder.join("src"))?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(folder.join("src/main.rs"), include_str!("facade/program.rs"))?;
    let manifest = folder.join("Cargo.toml");
    fs::write(&manifest, MANIFEST)?;
    Ok(manifest)
}
