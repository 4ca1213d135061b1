//! The project's commands: `cargo xtask COMMAND`. People and continuous integration call the
//! same ones, so that what holds on one machine holds on the other.
//!
//! A command is a file with a [`Command`] in it and a line in [`COMMANDS`]. Everything here is
//! `std` only: the commands have to build before anything else does.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who called it"
)]

mod ci;
mod platforms;
mod process;
mod purity;
mod stopwatch;
mod test;
mod tidy;

use core::fmt::Write as _;
use std::env;
use std::process::ExitCode;

/// One thing that can be asked for.
struct Command {
    name: &'static str,
    /// What it does, in one line of the list.
    about: &'static str,
    /// What `--help` adds to that.
    help: &'static str,
    run: fn() -> Result<(), Failed>,
    /// Another way to run it.
    flag: Option<Flag>,
}

/// A word behind a command's name, and what the command then does instead.
struct Flag {
    word: &'static str,
    about: &'static str,
    run: fn() -> Result<(), Failed>,
}

/// Why a command did not succeed: what failed, for the last line on the terminal.
#[derive(Debug)]
struct Failed(String);

const COMMANDS: [Command; 5] =
    [ci::COMMAND, test::COMMAND, tidy::COMMAND, purity::COMMAND, platforms::COMMAND];

/// What the command line asks for.
enum Request {
    Run {
        name: &'static str,
        run: fn() -> Result<(), Failed>,
    },
    /// Print this and succeed.
    Help(String),
    /// Print this and fail as wrongly called.
    Misuse(String),
}

fn main() -> ExitCode {
    let words: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match parse(&words) {
        Request::Run { name, run } => match run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failed(what)) => {
                eprintln!("xtask {name}: {what}");
                ExitCode::FAILURE
            }
        },
        Request::Help(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Request::Misuse(text) => {
            eprint!("{text}");
            ExitCode::from(2)
        }
    }
}

fn parse(words: &[String]) -> Request {
    let Some((name, rest)) = words.split_first() else {
        return Request::Misuse(list());
    };
    if is_help(name) {
        return Request::Help(list());
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Request::Misuse(format!("xtask: no command `{name}`\n\n{}", list()));
    };
    let name = command.name;
    match (rest, &command.flag) {
        ([], _) => Request::Run { name, run: command.run },
        ([word, ..], _) if is_help(word) => Request::Help(help(command)),
        ([word], Some(flag)) if word == flag.word => Request::Run { name, run: flag.run },
        (words, flag) => {
            let is_known = |word: &&String| flag.as_ref().is_some_and(|flag| **word == flag.word);
            let unexpected = words.iter().find(|word| !is_known(word)).unwrap_or(&words[0]);
            Request::Misuse(format!(
                "xtask {name}: unexpected argument `{unexpected}`\n\n{}",
                help(command)
            ))
        }
    }
}

fn is_help(word: &str) -> bool {
    matches!(word, "--help" | "-h" | "help")
}

fn list() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND [--help]\n\nCommands:\n");
    for command in &COMMANDS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:<9} {}", command.name, command.about);
    }
    text
}

fn help(command: &Command) -> String {
    let Command { name, about, help, flag, .. } = command;
    let (option, meaning) = match flag {
        Some(Flag { word, about, .. }) => (format!(" [{word}]"), format!("\n  {word}  {about}\n")),
        None => Default::default(),
    };
    format!("{about}\n\nUsage: cargo xtask {name}{option}\n\n{help}\n{meaning}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Request {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn every_command_runs_by_its_name_and_explains_itself() {
        for command in &COMMANDS {
            let name = command.name;
            assert!(matches!(ask(name), Request::Run { name: found, .. } if found == name));
            let asked = format!("{name} --help");
            assert!(matches!(ask(&asked), Request::Help(text) if text.contains(command.about)));
        }
    }

    #[test]
    fn what_is_not_known_is_a_misuse_that_lists_what_is() {
        for line in ["", "publish"] {
            let Request::Misuse(text) = ask(line) else {
                panic!("{line:?} was accepted");
            };
            for command in &COMMANDS {
                assert!(text.contains(command.name), "{text}");
            }
        }
        for line in ["tidy --fix", "platforms --fix", "platforms --check --fix"] {
            assert!(
                matches!(ask(line), Request::Misuse(text) if text.contains("`--fix`")),
                "{line}"
            );
        }
    }

    #[test]
    fn a_flag_runs_the_command_in_another_way_and_is_explained() {
        let Request::Run { name: "platforms", run } = ask("platforms --check") else {
            panic!("it was not accepted");
        };
        assert!(core::ptr::fn_addr_eq(run, platforms::check as fn() -> Result<(), Failed>));
        assert!(
            matches!(ask("platforms --help"), Request::Help(text) if text.contains("[--check]"))
        );
    }
}
