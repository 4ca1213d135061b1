//! `cargo xtask purity`: proof that the lower crates need neither `std` nor a heap.
//!
//! A crate that says `#![no_std]` can still pull `std` in through a dependency, and nothing
//! notices on a machine that has it. So each crate is built into a static library that brings
//! its own panic handler and no allocator: were `std` linked, there would be two panic
//! handlers, and were a heap needed, there would be no allocator. Two controls that must not
//! build show that the check can fail.
//!
//! It proves this for the architecture it runs on, and for no other.

use core::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::process::{capture, cargo, root};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "purity",
    about: "Proves that the lower crates need neither std nor a heap",
    help: "\
Builds heartbeat-core and heartbeat-platforms into static libraries that have no std and no
allocator, checks that two controls, one with std and one with a heap, do not build, and that
heartbeat-core has no dependencies. Works in target/purity.",
    takes_options: false,
    run: |_| run(),
};

/// One static library.
struct Case {
    name: &'static str,
    /// The lines of `[dependencies]`, with paths relative to the workspace.
    dependencies: &'static [(&'static str, &'static str)],
    /// What makes the dependencies part of the library: one that is never named is not linked.
    body: &'static str,
    expect: Expect,
}

enum Expect {
    Builds,
    /// Does not, and says this.
    Fails(&'static str),
}

const CORE: (&str, &str) = ("heartbeat-core", "default-features = false");

const CASES: [Case; 4] = [
    Case {
        name: "core",
        dependencies: &[CORE],
        body: "use heartbeat_core as _;",
        expect: Expect::Builds,
    },
    Case {
        name: "platforms",
        dependencies: &[CORE, ("heartbeat-platforms", "default-features = false")],
        body: "pub type Whole = heartbeat_core::Session<heartbeat_platforms::Exchange>;",
        expect: Expect::Builds,
    },
    Case {
        name: "control-std",
        dependencies: &[CORE],
        body: "extern crate std; use heartbeat_core as _;",
        expect: Expect::Fails("duplicate lang item"),
    },
    Case {
        name: "control-heap",
        dependencies: &[("heartbeat-core", "features = [\"alloc\"]")],
        body: "use heartbeat_core as _;",
        expect: Expect::Fails("no global memory allocator found"),
    },
];

pub(crate) fn run() -> Result<(), Failed> {
    for case in &CASES {
        check(case)?;
    }
    check_core_stands_alone()
}

fn check(case: &Case) -> Result<(), Failed> {
    let manifest = lay_out(case).map_err(|error| {
        let name = case.name;
        Failed(format!("target/purity/{name} could not be written: {error}"))
    })?;
    let output = root().join("target/purity/build");
    let built = capture(
        cargo(&["build", "--quiet", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(output),
    )?;
    judge(case, built.success, &built.stderr)
}

fn judge(case: &Case, built: bool, stderr: &str) -> Result<(), Failed> {
    let name = case.name;
    match case.expect {
        Expect::Builds if built => {
            println!("{name}: builds without std and without a heap");
            Ok(())
        }
        Expect::Builds => {
            eprint!("{stderr}");
            Err(Failed(format!("{name} does not build without std and heap")))
        }
        Expect::Fails(why) if !built && stderr.contains(why) => {
            println!("{name}: refused, as it must be: {why}");
            Ok(())
        }
        Expect::Fails(why) if !built => {
            eprint!("{stderr}");
            Err(Failed(format!("{name} was refused, but not for `{why}`")))
        }
        Expect::Fails(why) => {
            Err(Failed(format!("{name} builds, so the check proves nothing: expected `{why}`")))
        }
    }
}

/// Writes the package of a case, with the versions that the workspace has locked, and returns
/// its manifest.
fn lay_out(case: &Case) -> std::io::Result<PathBuf> {
    let folder = root().join("target/purity").join(case.name);
    fs::create_dir_all(folder.join("src"))?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(folder.join("src/lib.rs"), source(case))?;
    let manifest = folder.join("Cargo.toml");
    fs::write(&manifest, manifest_of(case))?;
    Ok(manifest)
}

fn manifest_of(case: &Case) -> String {
    let name = case.name;
    let mut dependencies = String::new();
    for (package, settings) in case.dependencies {
        // From `target/purity/NAME` up to the workspace. Writing to a string cannot fail.
        let _ =
            writeln!(dependencies, "{package} = {{ path = \"../../../{package}\", {settings} }}");
    }
    format!(
        "[package]\nname = \"purity-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"staticlib\"]\n\n\
         [dependencies]\n{dependencies}\n\
         [profile.dev]\npanic = \"abort\"\n\n\
         # Lies in the folder of a workspace and is no part of it.\n[workspace]\n"
    )
}

fn source(case: &Case) -> String {
    let body = case.body;
    format!(
        "#![no_std]\n#![forbid(unsafe_code)]\n\n{body}\n\n\
         #[panic_handler]\nfn on_panic(_: &core::panic::PanicInfo<'_>) -> ! {{\n    loop {{}}\n}}\n"
    )
}

fn check_core_stands_alone() -> Result<(), Failed> {
    let mut command = cargo(&["tree", "--package", "heartbeat-core", "--all-features"]);
    command.args(["--edges", "normal,build", "--prefix", "none"]);
    let tree = capture(&mut command)?;
    let packages = tree.stdout.lines().count();
    if tree.success && packages == 1 {
        println!("core: has no dependencies");
        return Ok(());
    }
    eprint!("{}{}", tree.stdout, tree.stderr);
    Err(Failed("heartbeat-core must have no dependencies".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(expect: Expect) -> Case {
        Case { name: "case", dependencies: &[], body: "", expect }
    }

    #[test]
    fn a_case_that_must_build_has_to() {
        assert!(judge(&case(Expect::Builds), true, "").is_ok());
        assert!(judge(&case(Expect::Builds), false, "").is_err());
    }

    #[test]
    fn a_control_has_to_be_refused_and_for_the_right_reason() {
        let control = || case(Expect::Fails("two handlers"));
        assert!(judge(&control(), false, "error: two handlers").is_ok());
        assert!(judge(&control(), false, "error: no network").is_err());
        assert!(judge(&control(), true, "").is_err());
    }
}
