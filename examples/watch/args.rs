//! The command line.

use core::net::SocketAddr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use heartbeat_examples::{duration, exchange};
use heartbeat_platforms::Exchange;

/// Keeps connections to exchanges alive and shows how they are doing.
///
/// With no exchange named, it starts mock exchanges of several venues on loopback and connects to
/// each; both sides then run ten times faster than the real ones.
#[derive(Debug, Parser)]
#[command(
    name = "watch",
    after_help = "Exit code: 0 if every connection was healthy at the end, 1 if not, 2 for bad \
                  arguments."
)]
pub(crate) struct Args {
    /// The venue to connect to.
    #[arg(long, value_name = "NAME", value_parser = exchange)]
    pub(crate) exchange: Option<Exchange>,

    /// Where to connect, `ws://` or `wss://`; the venue's public test endpoint if left out.
    #[arg(long, requires = "exchange")]
    pub(crate) url: Option<String>,

    /// A certificate to trust besides the usual ones, as PEM: that of a mock exchange, or of a
    /// company's proxy.
    #[arg(long, value_name = "PATH", requires = "exchange")]
    pub(crate) ca: Option<PathBuf>,

    /// An application message to send once the connection works, such as a subscription; may
    /// be given several times.
    #[arg(long, value_name = "TEXT", requires = "exchange")]
    pub(crate) send: Vec<String>,

    /// How long to watch, such as `30s`; until interrupted if left out.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,

    /// How to report: for people, or one JSON object a line.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Where to serve `/`, `/metrics` and `/health` over HTTP, such as `127.0.0.1:9100`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A live table on a terminal, plain lines into a pipe.
    Human,
    /// One JSON object a line.
    Json,
}
