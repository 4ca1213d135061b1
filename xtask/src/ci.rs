//! `cargo xtask ci`: everything that must hold before a change lands.

use core::time::Duration;
use std::env;

use crate::process::{cargo, has_cargo, run};
use crate::stopwatch::Stopwatch;
use crate::{
    Command, Failed, bench, clients, facade, guide, mutants, platforms, purity, test, tidy,
};

pub(crate) const COMMAND: Command = Command {
    name: "ci",
    about: "Checks everything that must hold before a change lands",
    help: "\
Runs one step after the other, the quick ones first, and stops at the first that fails. The
summary at the end says how long each took. A tool that is not installed is a skipped step,
said so; with the variable CI set it is a failed one, because nobody reads the log of a run
that passed.",
    takes_options: false,
    run: |_| run_all(),
};

struct Step {
    name: &'static str,
    work: fn() -> Result<(), Stop>,
}

/// Why a step did not pass.
enum Stop {
    Failed(Failed),
    Missing { tool: &'static str },
}

impl From<Failed> for Stop {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

const STEPS: &[Step] = &[
    // Fails when the lock file is stale, and lets everything later do without a network.
    Step { name: "fetch", work: || call(&["fetch", "--locked"]) },
    Step { name: "fmt", work: || call(&["fmt", "--all", "--check"]) },
    Step { name: "tidy", work: || Ok(tidy::run()?) },
    Step { name: "clippy", work: clippy },
    Step { name: "features", work: features },
    Step { name: "tests", work: || Ok(test::tests()?) },
    // Whole days at every venue; unoptimized, the tests above play half an hour of each.
    Step {
        name: "days",
        work: || call(&["test", "--release", "--package", "heartbeat-tokio", "--test", "day"]),
    },
    Step { name: "doctests", work: || Ok(test::doctests()?) },
    Step { name: "clients", work: clients },
    Step { name: "docs", work: docs },
    Step { name: "platforms", work: || Ok(platforms::check()?) },
    Step { name: "guide", work: || Ok(guide::check_all()?) },
    Step { name: "bench", work: || Ok(bench::check()?) },
    Step { name: "purity", work: || Ok(purity::run()?) },
    Step { name: "facade", work: || Ok(facade::check()?) },
    Step { name: "deny", work: deny },
    Step { name: "mutants", work: || Ok(mutants::run_all()?) },
];

/// Sets of features that people will build and that `--all-features` hides: what a feature
/// adds must not be needed without it.
const FEATURE_SETS: &[(&str, &str)] = &[
    ("heartbeat-core", ""),
    ("heartbeat-platforms", ""),
    ("heartbeat-testkit", ""),
    ("heartbeat-testkit", "tokio"),
    ("heartbeat-testkit", "tls"),
    ("heartbeat-tokio", ""),
    ("heartbeat-tokio", "rustls-tls-native-roots"),
];

fn call(words: &[&str]) -> Result<(), Stop> {
    Ok(run(&mut cargo(words))?)
}

fn clippy() -> Result<(), Stop> {
    call(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
}

fn features() -> Result<(), Stop> {
    for (package, features) in FEATURE_SETS {
        // Libraries alone: a dev-dependency would switch features on again.
        call(&[
            "clippy",
            "--lib",
            "--package",
            package,
            "--no-default-features",
            "--features",
            features,
            "--",
            "-D",
            "warnings",
        ])?;
    }
    Ok(())
}

fn clients() -> Result<(), Stop> {
    let tools = clients::Tools::find().map_err(|tool| Stop::Missing { tool })?;
    Ok(clients::run(&tools)?)
}

fn docs() -> Result<(), Stop> {
    let words = ["doc", "--workspace", "--all-features", "--no-deps"];
    Ok(run(cargo(&words).env("RUSTDOCFLAGS", "-D warnings"))?)
}

fn deny() -> Result<(), Stop> {
    if !has_cargo("deny") {
        let tool = "cargo-deny";
        return Err(Stop::Missing { tool });
    }
    // Not the advisories: their database has to be downloaded, and a new advisory must not
    // fail a change that has nothing to do with it.
    call(&["deny", "--offline", "check", "bans", "licenses", "sources"])
}

/// How a step ended, with how long it took where it ran.
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    Skipped { missing: &'static str },
    NotReached,
}

fn run_all() -> Result<(), Failed> {
    let is_ci = env::var_os("CI").is_some();
    let whole = Stopwatch::start();
    let (outcomes, result) = run_steps(STEPS, is_ci);
    println!("\n==> summary");
    for (step, outcome) in STEPS.iter().zip(&outcomes) {
        println!("{}", summary_line(step.name, outcome));
    }
    println!("  {:<10} {:>6.1} s", "whole", whole.elapsed().as_secs_f64());
    println!("{}", totals(&outcomes));
    result
}

/// Runs the steps up to the first that fails, and says how each ended.
fn run_steps(steps: &[Step], is_ci: bool) -> (Vec<Outcome>, Result<(), Failed>) {
    let mut outcomes = Vec::new();
    let mut result = Ok(());
    for step in steps {
        if result.is_err() {
            outcomes.push(Outcome::NotReached);
            continue;
        }
        println!("\n==> {}", step.name);
        let watch = Stopwatch::start();
        let ended = (step.work)();
        let took = watch.elapsed();
        outcomes.push(match ended {
            Ok(()) => Outcome::Passed(took),
            Err(Stop::Missing { tool }) if !is_ci => {
                println!("skipped: {tool} is not installed");
                Outcome::Skipped { missing: tool }
            }
            Err(Stop::Missing { tool }) => {
                result = Err(Failed(format!("{tool} is not installed")));
                Outcome::Failed(took)
            }
            Err(Stop::Failed(failed)) => {
                result = Err(failed);
                Outcome::Failed(took)
            }
        });
    }
    (outcomes, result)
}

fn summary_line(name: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed(took) => format!("  {name:<10} {:>6.1} s", took.as_secs_f64()),
        Outcome::Failed(took) => format!("  {name:<10} {:>6.1} s  FAILED", took.as_secs_f64()),
        Outcome::Skipped { missing } => {
            format!("  {name:<10}      -    skipped: {missing} is not installed")
        }
        Outcome::NotReached => format!("  {name:<10}      -    not reached"),
    }
}

fn totals(outcomes: &[Outcome]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    let passed = count(|outcome| matches!(outcome, Outcome::Passed(_)));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let skipped = count(|o| matches!(o, Outcome::Skipped { .. } | Outcome::NotReached));
    format!("steps: {passed} passed, {failed} failed, {skipped} skipped")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Step = Step { name: "good", work: || Ok(()) };
    const BAD: Step = Step { name: "bad", work: || Err(Stop::Failed(Failed("it broke".into()))) };
    const TOOLLESS: Step =
        Step { name: "toolless", work: || Err(Stop::Missing { tool: "a-tool" }) };

    #[test]
    fn the_first_failure_ends_the_run_and_is_what_is_reported() {
        let (outcomes, result) = run_steps(&[GOOD, BAD, GOOD], false);
        assert!(matches!(result, Err(Failed(what)) if what == "it broke"));
        assert!(matches!(
            outcomes[..],
            [Outcome::Passed(_), Outcome::Failed(_), Outcome::NotReached]
        ));
        assert_eq!(totals(&outcomes), "steps: 1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_missing_tool_is_a_skipped_step_at_home_and_a_failed_one_in_ci() {
        let (outcomes, result) = run_steps(&[TOOLLESS, GOOD], false);
        assert!(result.is_ok());
        assert!(summary_line("toolless", &outcomes[0]).contains("a-tool is not installed"));
        assert_eq!(totals(&outcomes), "steps: 1 passed, 0 failed, 1 skipped");

        let (outcomes, result) = run_steps(&[TOOLLESS, GOOD], true);
        assert!(matches!(result, Err(Failed(what)) if what == "a-tool is not installed"));
        assert_eq!(totals(&outcomes), "steps: 0 passed, 1 failed, 1 skipped");
    }
}
