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

mod bench;
mod calendar;
mod ci;
mod clients;
mod copy;
mod counts;
mod facade;
mod fuzz;
mod guide;
mod mutants;
mod netns;
mod platforms;
mod probe;
mod process;
mod purity;
mod sim;
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
    /// Whether it reads the words after its name itself.
    takes_options: bool,
    run: fn(&[String]) -> Result<(), Failed>,
}

/// Why a command did not succeed: what failed, for the last line on the terminal.
#[derive(Debug)]
struct Failed(String);

const COMMANDS: &[Command] = &[
    ci::COMMAND,
    test::COMMAND,
    tidy::COMMAND,
    purity::COMMAND,
    facade::COMMAND,
    platforms::COMMAND,
    probe::COMMAND,
    guide::COMMAND,
    clients::COMMAND,
    sim::COMMAND,
    bench::COMMAND,
    bench::LOAD,
    counts::COMMAND,
    mutants::COMMAND,
    fuzz::COMMAND,
    netns::COMMAND,
];

/// What the command line asks for.
enum Request {
    Run(&'static Command, Vec<String>),
    /// Print this and succeed.
    Help(String),
    /// Print this and fail as wrongly called.
    Misuse(String),
}

fn main() -> ExitCode {
    let words: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match parse(&words) {
        Request::Run(command, words) => match (command.run)(&words) {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failed(what)) => {
                eprintln!("xtask {}: {what}", command.name);
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
    match rest.first() {
        None => Request::Run(command, Vec::new()),
        Some(word) if is_help(word) => Request::Help(help(command)),
        Some(_) if command.takes_options => Request::Run(command, rest.to_vec()),
        Some(word) => Request::Misuse(format!(
            "xtask {name}: unexpected argument `{word}`\n\n{}",
            help(command)
        )),
    }
}

fn is_help(word: &str) -> bool {
    matches!(word, "--help" | "-h" | "help")
}

fn list() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND [--help]\n\nCommands:\n");
    for command in COMMANDS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:<9} {}", command.name, command.about);
    }
    text
}

fn help(command: &Command) -> String {
    let Command { name, about, help, takes_options, .. } = command;
    let options = if *takes_options { " [OPTIONS]" } else { "" };
    format!("{about}\n\nUsage: cargo xtask {name}{options}\n\n{help}\n")
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
        for command in COMMANDS {
            let name = command.name;
            assert!(matches!(ask(name), Request::Run(found, _) if found.name == name));
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
            for command in COMMANDS {
                assert!(text.contains(command.name), "{text}");
            }
        }
        assert!(
            matches!(ask("sim --seeds 3"), Request::Run(_, words) if words == ["--seeds", "3"])
        );
        assert!(matches!(ask("tidy --fix"), Request::Misuse(text) if text.contains("--fix")));
    }
}
