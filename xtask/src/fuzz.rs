//! `cargo xtask fuzz`: lets a fuzzer look for the case that breaks a promise.

use crate::process::{cargo, has_cargo, root, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "fuzz",
    about: "Fuzzes sessions, venues and the inflater",
    help: "\
Options:

  TARGET        session, venue or inflate; without it, one after the other
  --seconds N   how long each is fuzzed [20]

Needs cargo-fuzz (`cargo install cargo-fuzz`) and a C++ compiler, and runs on stable: nothing
here is unsafe, so no sanitizer has anything to find. A case that fails is kept under
heartbeat-testkit/fuzz/artifacts. Without a fuzzer,
`CASES=1000000 cargo test --release -p heartbeat-testkit --test cases` runs the same cases from
seeds.",
    takes_options: true,
    run: fuzz,
};

const TARGETS: [&str; 3] = ["session", "venue", "inflate"];

/// How long a target is fuzzed unless something else is asked for, in seconds.
const SECONDS: u32 = 20;

fn fuzz(words: &[String]) -> Result<(), Failed> {
    let (targets, seconds) = parse(words)?;
    if !has_cargo("fuzz") {
        return Err(Failed("cargo-fuzz is not installed; see --help".into()));
    }
    for target in targets {
        let mut command = cargo(&["fuzz", "run", "--sanitizer", "none", target, "--"]);
        command.arg(format!("-max_total_time={seconds}"));
        run(command.current_dir(root().join("heartbeat-testkit")))?;
    }
    Ok(())
}

fn parse(words: &[String]) -> Result<(Vec<&'static str>, u32), Failed> {
    let (mut targets, mut seconds) = (Vec::new(), SECONDS);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let value = words.next().map_or("", String::as_str);
            let positive = value.parse().ok().filter(|seconds| *seconds > 0);
            seconds = positive
                .ok_or_else(|| Failed(format!("--seconds (`{value}`) must be a number above 0")))?;
        } else if let Some(target) = TARGETS.iter().find(|target| *target == word) {
            targets.push(*target);
        } else {
            let known = TARGETS.join(", ");
            return Err(Failed(format!("no target `{word}`; there are {known}")));
        }
    }
    Ok((if targets.is_empty() { TARGETS.to_vec() } else { targets }, seconds))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn ask(line: &str) -> Result<(Vec<&'static str>, u32), Failed> {
        parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_target_is_there_and_no_other() {
        let folder = fs::read_dir(root().join("heartbeat-testkit/fuzz/fuzz_targets"));
        let Ok(folder) = folder else { panic!("no targets") };
        let mut names: Vec<_> = folder
            .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        let mut known = TARGETS;
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn targets_and_the_time_can_be_chosen() {
        assert!(matches!(ask(""), Ok((targets, SECONDS)) if targets == TARGETS));
        assert!(matches!(ask("venue --seconds 5"), Ok((targets, 5)) if targets == ["venue"]));
        for line in ["nobody", "--seconds", "--seconds 0", "--seconds soon"] {
            assert!(ask(line).is_err(), "{line}");
        }
    }
}
