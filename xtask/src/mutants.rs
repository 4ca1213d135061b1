//! `cargo xtask mutants`: breaks one rule at a time and sees the proof fail.
//!
//! A test that passes with the rule removed proves nothing. Each of the [`mutants`] is a small
//! edit that breaks one rule of the machine, with the tests that must notice. The edits are made
//! in a copy of the workspace, so that nothing is lost when this is interrupted.

mod attempts;
mod lateness;
mod list;
mod terms;

use std::fs;
use std::path::Path;

use crate::copy::lay_out;
use crate::process::{cargo, quietly, root};
use crate::stopwatch::Stopwatch;
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "mutants",
    about: "Breaks rules on purpose and sees the proof fail",
    help: "\
Options:

  --curated       the list that is kept here, one broken rule each [the default]
  --only NAME     one mutant of it
  --list          prints the list and does nothing
  --check         checks that every edit still finds its place, without building anything

Works on a copy in target/mutants. Fails when the proof does not notice a broken rule, and
when an edit no longer fits: then the rule has moved, and the mutant has to follow it.",
    takes_options: true,
    run: parse_and_run,
};

/// A rule, broken.
struct Mutant {
    /// What is wrong with it, in a few words.
    name: &'static str,
    file: &'static str,
    /// Occurs once in the file.
    find: &'static str,
    replace: &'static str,
    caught_by: &'static [Suite],
}

/// A test binary that must notice, alone or with others.
#[derive(Clone, Copy)]
struct Suite {
    package: &'static str,
    test: &'static str,
}

/// What becomes of a mutant.
enum Fate {
    Caught(&'static str),
    Survived,
}

fn parse_and_run(words: &[String]) -> Result<(), Failed> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["--curated"] => run_all(),
        ["--only", name] | ["--curated", "--only", name] => {
            let Some(mutant) = mutants().find(|mutant| mutant.name == *name) else {
                return Err(Failed(format!("no mutant `{name}`; --list names them")));
            };
            run(&[mutant])
        }
        ["--list"] => {
            for Mutant { name, file, .. } in mutants() {
                println!("{name:<44} {file}");
            }
            Ok(())
        }
        ["--check"] => check(),
        _ => Err(Failed(format!("unexpected arguments `{}`; see --help", words.join(" ")))),
    }
}

fn mutants() -> impl Iterator<Item = &'static Mutant> {
    let lists = [list::MUTANTS, lateness::MUTANTS, terms::MUTANTS, attempts::MUTANTS];
    lists.into_iter().flatten()
}

pub(crate) fn run_all() -> Result<(), Failed> {
    run(&mutants().collect::<Vec<_>>())
}

/// Checks that every edit finds its place, and makes a difference.
fn check() -> Result<(), Failed> {
    for mutant in mutants() {
        mutated(mutant)?;
    }
    println!("{} edits fit", mutants().count());
    Ok(())
}

fn run(mutants: &[&Mutant]) -> Result<(), Failed> {
    check()?;
    let tree = root().join("target/mutants/tree");
    lay_out(&tree).map_err(|error| Failed(format!("target/mutants/tree: {error}")))?;
    prove_unbroken(&tree, mutants)?;
    let mut survivors = Vec::new();
    for mutant in mutants {
        let watch = Stopwatch::start();
        let fate = try_mutant(&tree, mutant)?;
        let seconds = watch.elapsed().as_secs_f64();
        match fate {
            Fate::Caught(by) => println!("  {seconds:>5.1} s  {:<44} caught by {by}", mutant.name),
            Fate::Survived => {
                println!("  {seconds:>5.1} s  {:<44} SURVIVED", mutant.name);
                survivors.push(mutant.name);
            }
        }
    }
    println!("{} rules broken, {} noticed", mutants.len(), mutants.len() - survivors.len());
    if survivors.is_empty() {
        Ok(())
    } else {
        Err(Failed(format!("not noticed: {}", survivors.join(", "))))
    }
}

/// A suite that fails anyway would seem to catch everything.
fn prove_unbroken(tree: &Path, mutants: &[&Mutant]) -> Result<(), Failed> {
    let mut suites: Vec<Suite> = Vec::new();
    for suite in mutants.iter().flat_map(|mutant| mutant.caught_by) {
        if !suites.iter().any(|known| (known.package, known.test) == (suite.package, suite.test)) {
            suites.push(*suite);
        }
    }
    for suite in suites {
        if !passes(tree, suite, &[])? {
            return Err(Failed(format!("{} fails without any mutant", suite.test)));
        }
    }
    Ok(())
}

fn try_mutant(tree: &Path, mutant: &Mutant) -> Result<Fate, Failed> {
    let path = tree.join(mutant.file);
    let write = |text: &str| {
        fs::write(&path, text).map_err(|error| Failed(format!("{}: {error}", mutant.file)))
    };
    write(&mutated(mutant)?)?;
    let fate = judge(tree, mutant);
    write(&source_of(mutant)?)?;
    fate
}

fn judge(tree: &Path, mutant: &Mutant) -> Result<Fate, Failed> {
    for suite in mutant.caught_by {
        // What does not build is not a mutant: nobody would ever run it.
        if !passes(tree, *suite, &["--no-run"])? {
            return Err(Failed(format!("`{}` does not build", mutant.name)));
        }
        if !passes(tree, *suite, &[])? {
            return Ok(Fate::Caught(suite.test));
        }
    }
    Ok(Fate::Survived)
}

fn passes(tree: &Path, suite: Suite, more: &[&str]) -> Result<bool, Failed> {
    let Suite { package, test } = suite;
    let words = ["test", "--quiet", "--all-features", "--package", package, "--test", test];
    let mut command = cargo(&words);
    // The defaults of the properties are what is being judged.
    command.args(more).current_dir(tree).env_remove("PROPTEST_CASES");
    command.env("CARGO_TARGET_DIR", root().join("target/mutants/build"));
    quietly(&mut command)
}

fn source_of(mutant: &Mutant) -> Result<String, Failed> {
    fs::read_to_string(root().join(mutant.file))
        .map_err(|error| Failed(format!("{}: {error}", mutant.file)))
}

/// Returns the file with the edit made.
fn mutated(mutant: &Mutant) -> Result<String, Failed> {
    let source = source_of(mutant)?;
    let Mutant { name, file, find, replace, .. } = mutant;
    match source.matches(find).count() {
        1 if find != replace => Ok(source.replace(find, replace)),
        1 => Err(Failed(format!("`{name}` changes nothing"))),
        times => Err(Failed(format!("`{name}`: {file} holds `{find}` {times} times, not once"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_finds_its_place_and_every_name_is_used_once() {
        check().unwrap_or_else(|Failed(what)| panic!("{what}"));
        for mutant in mutants() {
            assert!(!mutant.caught_by.is_empty(), "{}", mutant.name);
            let namesakes = mutants().filter(|other| other.name == mutant.name);
            assert_eq!(namesakes.count(), 1, "{}", mutant.name);
        }
    }

    #[test]
    fn an_edit_that_does_not_fit_says_where_it_was_to_be_made() {
        let lost = Mutant {
            name: "lost",
            file: "xtask/src/mutants.rs",
            find: concat!("no such ", "text"),
            replace: "",
            caught_by: &[],
        };
        let Err(Failed(what)) = mutated(&lost) else { panic!("it fits") };
        assert!(what.contains("0 times") && what.contains(lost.file), "{what}");
    }
}
