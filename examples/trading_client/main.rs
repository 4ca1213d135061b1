//! A trader that always knows which of its orders may exist.
//!
//! `cargo run --release --example trading-client` starts a mock exchange under a schedule of
//! faults, trades with it for twenty seconds, and compares its own book with the venue's at the
//! end. With `--url` it trades with a `mock-exchange` that runs already, under whatever faults.
//!
//! The rules it lives by:
//!
//! - no order while the permit is closed;
//! - an order is in the book before it is sent, and leaves it when it certainly never left, or
//!   when the venue says that it is gone;
//! - every request has its reply, or the truth about what may have become of it; a rotation takes
//!   none away;
//! - after a loss nothing is believed: the venue is asked what is open, once all that was on its
//!   way is settled, the book is made to agree, and all orders are taken down before the next.

#![allow(clippy::wildcard_enum_match_arm, reason = "the enums of other crates may grow")]

mod args;
mod balance;
mod book;
mod desk;
mod protocol;
mod trader;
mod venue;

use std::io::{self, Write as _};
use std::process::ExitCode;

use heartbeat_tokio::client::ClientError;

use args::Args;
use trader::Trader;
use venue::Embedded;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match heartbeat_examples::arguments::<Args>() {
        Ok(args) => args,
        Err(code) => return code,
    };
    match run(args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            heartbeat_examples::complain("trading-client", &error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Trades for as long as it should; returns whether the book is the venue's in the end.
async fn run(args: Args) -> io::Result<bool> {
    let interrupted = heartbeat_examples::interrupted();
    let embedded = match &args.url {
        Some(_) => None,
        None => Some(Embedded::start(args.exchange).await?),
    };
    let url = match (&args.url, &embedded) {
        (Some(url), _) => url.clone(),
        (None, Some(embedded)) => embedded.url(),
        (None, None) => return Err(io::Error::other("nowhere to trade")),
    };
    let client = desk::client(&args, url).map_err(|error: ClientError| io::Error::other(error))?;
    let trader = Trader::new(client, args.orders.into(), args.every);
    let end = async {
        let _ = tokio::time::timeout(args.duration, interrupted).await;
    };
    let balance = trader.trade(args.rotate_every, end).await?;
    say(&balance.to_string())?;
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(balance.is_even())
}

/// Prints a line.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
