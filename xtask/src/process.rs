//! Other programs, run so that the person at the terminal can repeat what was run.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failed;

/// Returns the folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Makes a call of the cargo that runs us, in the folder of the workspace.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(words).current_dir(root());
    command
}

/// Tells whether cargo has this subcommand.
pub(crate) fn has_cargo(subcommand: &str) -> bool {
    quietly(&mut cargo(&[subcommand, "--version"])).is_ok_and(|found| found)
}

/// Runs the command without a word of it on the terminal, and tells whether it succeeded.
///
/// # Errors
///
/// The command line, if it could not be started.
pub(crate) fn quietly(command: &mut Command) -> Result<bool, Failed> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command
        .status()
        .map_err(|error| Failed(format!("`{}` could not be started: {error}", line_of(command))))?;
    Ok(status.success())
}

/// Prints the command, runs it and lets it write to the terminal.
///
/// # Errors
///
/// The command line and how it ended, if that was not with success.
pub(crate) fn run(command: &mut Command) -> Result<(), Failed> {
    let line = line_of(command);
    println!("$ {line}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failed(format!("`{line}` failed: {status}"))),
        Err(error) => Err(Failed(format!("`{line}` could not be started: {error}"))),
    }
}

/// How a captured command ended.
pub(crate) struct Captured {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Prints the command, runs it and keeps what it writes.
///
/// # Errors
///
/// The command line, if it could not be started; how it ended is the caller's to judge.
pub(crate) fn capture(command: &mut Command) -> Result<Captured, Failed> {
    let line = line_of(command);
    println!("$ {line}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failed(format!("`{line}` could not be started: {error}")))?;
    Ok(Captured {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Spells a command as one would type it in the folder of the workspace: the variables set for
/// it, the program without its folder, paths relative to the workspace.
fn line_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let variables = command.get_envs().map(|(name, value)| {
        let value = value.unwrap_or_default().to_string_lossy();
        format!("{}={}", name.to_string_lossy(), quoted(&value))
    });
    let words = command.get_args().map(|word| {
        let path = Path::new(word);
        quoted(&path.strip_prefix(root()).unwrap_or(path).to_string_lossy())
    });
    variables
        .chain([program.to_string_lossy().into_owned()])
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(' ') { format!("\"{word}\"") } else { word.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["doc", "--features", ""]);
        command.arg(root().join("docs")).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            line_of(&command),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --features \"\" docs"
        );
    }

    #[test]
    fn a_command_that_fails_is_named_with_its_status() {
        let Err(Failed(what)) = run(&mut cargo(&["no-such-subcommand"])) else {
            panic!("it succeeded");
        };
        assert!(what.contains("cargo no-such-subcommand"), "{what}");
        assert!(what.contains("101"), "{what}");
    }
}
