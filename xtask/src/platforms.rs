//! `cargo xtask platforms`: what is generated from the venues' files, and how old their facts are.

use core::cmp::Reverse;
use std::fs;

use crate::calendar::{Day, days};
use crate::process::{capture, cargo, root};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "platforms",
    about: "Writes docs/platforms.md and the list in README.md from the venues' files",
    help: "\
Runs the example `platforms` of heartbeat-platforms, which prints every venue's heartbeat, limits,
order safety and endpoints from the data that the code runs on, and writes what it prints. The list
of venues in README.md stands between two comments and is written as well.

  --check            changes nothing, and fails if a page is not what would be written
  --older-than 120d  changes nothing, and lists the facts that were read longer ago",
    takes_options: true,
    run: |words| match words {
        [] => write(),
        [word] if word == "--check" => check(),
        [word, age] if word == "--older-than" => tell_old(days(age).map_err(Failed)?, Day::today()),
        [word] if word == "--older-than" => {
            Err(Failed("--older-than needs an age, such as 120d".to_owned()))
        }
        [word, ..] => Err(Failed(format!("unexpected argument `{word}`"))),
    },
};

const PAGE: &str = "docs/platforms.md";

const README: &str = "README.md";

/// What the list in the README stands between.
const MARKS: [&str; 2] = ["<!-- venues: by cargo xtask platforms -->\n", "<!-- /venues -->\n"];

fn write() -> Result<(), Failed> {
    for (path, wanted) in wanted()? {
        fs::write(root().join(path), wanted).map_err(|error| Failed(format!("{path}: {error}")))?;
        println!("{path}: written");
    }
    Ok(())
}

pub(crate) fn check() -> Result<(), Failed> {
    for (path, wanted) in wanted()? {
        let found = read(path)?;
        if let Some(line) = first_difference(&found, &wanted) {
            return Err(Failed(format!("{path}:{line}: is stale; run `cargo xtask platforms`")));
        }
        println!("{path}: up to date");
    }
    Ok(())
}

/// Returns the files and what should be in them.
fn wanted() -> Result<[(&'static str, String); 2], Failed> {
    let readme = between_marks(&read(README)?, &generate(&["--list"])?)
        .ok_or_else(|| Failed(format!("{README}: the comments around the list are missing")))?;
    Ok([(PAGE, generate(&[])?), (README, readme)])
}

fn read(path: &str) -> Result<String, Failed> {
    fs::read_to_string(root().join(path)).map_err(|error| Failed(format!("{path}: {error}")))
}

fn generate(options: &[&str]) -> Result<String, Failed> {
    let words = ["run", "--quiet", "--package", "heartbeat-platforms", "--example", "platforms"];
    let words = [&words[..], &["--"], options].concat();
    let printed = capture(&mut cargo(&words))?;
    if printed.success {
        return Ok(printed.stdout);
    }
    eprint!("{}", printed.stderr);
    Err(Failed("the example `platforms` could not be run".to_owned()))
}

/// Puts `list` between the marks of `page`; `None` if they are not there.
fn between_marks(page: &str, list: &str) -> Option<String> {
    let [begins, ends] = MARKS;
    let (before, rest) = page.split_once(begins)?;
    let (_, after) = rest.split_once(ends)?;
    Some([before, begins, list, ends, after].concat())
}

/// Lists what was read more than `age` days ago, the oldest first.
fn tell_old(age: u64, today: Day) -> Result<(), Failed> {
    let printed = generate(&["--ages"])?;
    let old = older_than(&printed, age, today)?;
    for (days, line) in &old {
        println!("{days} d  {line}");
    }
    println!("{} of {} to be read again", old.len(), printed.lines().count());
    Ok(())
}

/// Returns the lines `DATE<tab>NAME<tab>SOURCES` that are older, with their age in days.
fn older_than(printed: &str, age: u64, today: Day) -> Result<Vec<(u64, String)>, Failed> {
    let mut old = Vec::new();
    for line in printed.lines() {
        let read = line.split('\t').next().and_then(Day::parse);
        let read = read.ok_or_else(|| Failed(format!("no date begins this line: {line}")))?;
        let days = today.days_since(read);
        if days > age {
            old.push((days, line.replace('\t', "  ")));
        }
    }
    old.sort_by_key(|(days, _)| Reverse(*days));
    Ok(old)
}

/// Returns the first line, counted from 1, in which two pages differ.
fn first_difference(found: &str, wanted: &str) -> Option<usize> {
    if found == wanted {
        return None;
    }
    let alike = found.lines().zip(wanted.lines()).take_while(|(a, b)| a == b).count();
    Some(alike + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_page_is_known_by_its_first_line_that_differs() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\nb", "a\nb\n"), Some(3), "the last line break counts");
        assert_eq!(first_difference("", "a\n"), Some(1));
    }

    #[test]
    fn a_list_is_written_between_its_marks_and_nowhere_else() {
        let [begins, ends] = MARKS;
        let page = format!("a\n{begins}old\n{ends}b\n");
        let written = between_marks(&page, "new\n");
        assert_eq!(written, Some(format!("a\n{begins}new\n{ends}b\n")));
        assert_eq!(between_marks("a\nb\n", "new\n"), None);
    }

    #[test]
    fn a_fact_is_old_the_day_after_its_age() {
        let printed = "2026-11-23\tokx\tdocs\n2026-07-21\tbinance-spot\tdocs\n";
        let day = |text| Day::parse(text).expect("a day");
        let on = |today| older_than(printed, 120, day(today)).unwrap_or_default();
        assert_eq!(on("2026-11-18"), []);
        let old = on("2026-11-19");
        assert_eq!(old, [(121, "2026-07-21  binance-spot  docs".to_owned())]);
        assert_eq!(on("2027-03-24")[0].1, "2026-07-21  binance-spot  docs", "the oldest first");
        assert!(older_than("okx\n", 120, day("2026-11-18")).is_err());
    }
}
