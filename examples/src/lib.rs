//! What the examples share: reading arguments and ending with the right exit code.

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

/// Reads the command line of `A`; on failure prints the one line that says why and returns
/// the exit code. Asking for help is no failure.
///
/// # Errors
///
/// The exit code to end with: 0 after help, [`BAD_ARGUMENTS`] otherwise.
pub fn arguments<A: clap::Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| {
        // Nowhere is left to report to if this fails.
        let _ = error.print();
        if error.use_stderr() { ExitCode::from(BAD_ARGUMENTS) } else { ExitCode::SUCCESS }
    })
}

/// Waits for Ctrl-C; for ever where there is no such thing.
pub async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        core::future::pending::<()>().await;
    }
}

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
