//! What the examples share: reading arguments, whom to trust and to answer, and ending with the
//! right exit code.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects"))]

#[cfg(unix)]
pub mod control;
pub mod endpoint;
pub mod evidence;
pub mod hosts;
pub mod trust;

use core::time::Duration;
use std::process::ExitCode;

use heartbeat_platforms::Exchange;

/// The exit code for arguments that make no sense, as most commands have it.
pub const BAD_ARGUMENTS: u8 = 2;

/// Reads the name of a venue.
///
/// # Errors
///
/// One line with the nearest names.
pub fn exchange(name: &str) -> Result<Exchange, String> {
    name.parse().map_err(|error: heartbeat_platforms::UnknownExchange| error.to_string())
}

/// Reads a duration such as `20s`, `1m 30s` or `500ms`.
///
/// # Errors
///
/// One line that says what is wrong; zero is.
pub fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads the command line of `A`. What is wrong with it is said in one line.
///
/// # Errors
///
/// The exit code to end with: 0 after help was asked for, [`BAD_ARGUMENTS`] otherwise.
pub fn arguments<A: clap::Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| {
        if !error.use_stderr() {
            // Nowhere is left to report to if this fails.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        complain(A::command().get_name(), &what_is_wrong(&error));
        ExitCode::from(BAD_ARGUMENTS)
    })
}

/// Says in one line what is wrong with a command line, without the values that stand on it: a URL
/// has a token in it, and the shell takes a message with a key in it apart into arguments.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest names options and no values")]
fn what_is_wrong(error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    use core::error::Error as _;

    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let option = context(ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let name = option.split_once('=').map_or(option, |(name, _)| name);
            let is_option = name.strip_prefix("--").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|it| it == b'-' || it.is_ascii_alphanumeric())
            });
            if is_option {
                format!("unknown option {name}")
            } else {
                "an argument belongs to no option (quote what has spaces in it)".to_owned()
            }
        }
        // Whoever takes a value apart may show a piece of it: not of a URL.
        ErrorKind::ValueValidation
            if context(ContextKind::InvalidValue).is_some_and(|value| value.contains("://")) =>
        {
            format!("{option}: takes no url")
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            format!("{option}: {why}")
        }
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) if !values.is_empty() => {
                format!("{option}: must be one of {}", values.join(", "))
            }
            _ => format!("{option}: a value is missing"),
        },
        ErrorKind::TooManyValues | ErrorKind::NoEquals | ErrorKind::InvalidUtf8 => {
            format!("{option}: not what it takes").trim_start_matches(": ").to_owned()
        }
        _ => {
            let message = error.to_string();
            let message = message.split("\n\n").next().unwrap_or_default();
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            message.trim_start_matches("error: ").to_owned()
        }
    }
}

/// Prints the one line that says why a command did not do its job.
#[expect(clippy::print_stderr, reason = "standard output is the report's")]
pub fn complain(command: &str, message: &str) {
    eprintln!("{command}: {message}");
}

/// Waits for Ctrl-C, or for the signal with which systems end a program; for ever where there is
/// no such thing. Counts from the call, not from the first poll: whoever says that it is ready
/// after the call can be ended cleanly.
///
/// # Panics
///
/// If called outside a runtime of tokio's.
#[cfg(unix)]
pub fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let interrupt = signal(SignalKind::interrupt());
    let terminate = signal(SignalKind::terminate());
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
            return core::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Waits for Ctrl-C; for ever where there is no such thing.
#[cfg(not(unix))]
pub async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        core::future::pending::<()>().await;
    }
}

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
