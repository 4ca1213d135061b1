//! `cargo xtask platforms`: the page of all venues, generated from their files.

use std::fs;

use crate::process::{capture, cargo, root};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "platforms",
    about: "Writes docs/platforms.md from the venues' files",
    help: "\
Runs the example `platforms` of heartbeat-platforms, which prints every venue's heartbeat, limits
and order safety from the data that the code runs on, and writes what it prints.

  --check   changes nothing, and fails if the page is not what would be written",
    takes_options: true,
    run: |words| match words {
        [] => write(),
        [word] if word == "--check" => check(),
        [word, ..] => Err(Failed(format!("unexpected argument `{word}`"))),
    },
};

const PAGE: &str = "docs/platforms.md";

fn write() -> Result<(), Failed> {
    let page = generate()?;
    fs::write(root().join(PAGE), page).map_err(|error| Failed(format!("{PAGE}: {error}")))?;
    println!("{PAGE}: written");
    Ok(())
}

pub(crate) fn check() -> Result<(), Failed> {
    let wanted = generate()?;
    let found = fs::read_to_string(root().join(PAGE))
        .map_err(|error| Failed(format!("{PAGE}: {error}; run `cargo xtask platforms`")))?;
    match first_difference(&found, &wanted) {
        None => {
            println!("{PAGE}: up to date");
            Ok(())
        }
        Some(line) => Err(Failed(format!("{PAGE}:{line}: is stale; run `cargo xtask platforms`"))),
    }
}

fn generate() -> Result<String, Failed> {
    let words = ["run", "--quiet", "--package", "heartbeat-platforms", "--example", "platforms"];
    let printed = capture(&mut cargo(&words))?;
    if printed.success {
        return Ok(printed.stdout);
    }
    eprint!("{}", printed.stderr);
    Err(Failed(format!("{PAGE} could not be generated")))
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
}
