//! The command line.

use core::num::NonZeroU16;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use heartbeat_examples::duration;
use heartbeat_examples::endpoint::{Named, named};
use heartbeat_testkit::FaultPlan;

/// Keeps connections to exchanges alive, brings them back when they are lost, and shows how they
/// are doing.
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
    /// The venue to connect to, and which of its endpoints, such as `okx/demo-private`; its first
    /// test endpoint, or with --production its first, if only the venue is named.
    #[arg(long, value_name = "NAME[/ENDPOINT]", value_parser = named)]
    pub(crate) exchange: Option<Named>,

    /// Where to connect, `ws://` or `wss://`, in place of the endpoint's own URL.
    #[arg(long, requires = "exchange")]
    pub(crate) url: Option<String>,

    /// Connect to the venue's production endpoint.
    #[arg(long, requires = "exchange", conflicts_with = "url")]
    pub(crate) production: bool,

    /// A certificate to trust besides the usual ones, as PEM: that of a mock exchange, or of a
    /// company's proxy.
    #[arg(long, value_name = "PATH", requires = "exchange")]
    pub(crate) ca: Option<PathBuf>,

    /// How many connections to keep to each venue, at most 1000; they share its connection
    /// budget, and are named `okx-1`, `okx-2` and so on.
    #[arg(long, value_name = "N", default_value = "1",
          value_parser = connections)]
    pub(crate) connections: NonZeroU16,

    /// An application message to send on every connection before it is used, such as a
    /// subscription, and again whenever it has come back; may be given several times.
    #[arg(long, value_name = "TEXT", requires = "exchange")]
    pub(crate) send: Vec<String>,

    /// What is to go wrong with the mock exchanges that this command starts, such as
    /// `silent@5s+4s`, counted from when the first client connects; may be given several times.
    #[arg(long = "fault", value_name = "KIND@TIME[+DURATION]", conflicts_with = "exchange")]
    pub(crate) faults: Vec<FaultPlan>,

    /// How long to watch, such as `30s`; until interrupted if left out.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,

    /// How to report: for people, or one JSON object a line. Of each kind of line there are at
    /// most ten a second for a connection, and one that says how many were left out.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Tell people each heartbeat too, and not only what changes.
    #[arg(long)]
    pub(crate) verbose: bool,

    /// Where to serve `/`, `/metrics` and `/health` over HTTP, such as `localhost:9100`. Answered
    /// is who asks under a loopback name or under what is given here.
    #[arg(long, value_name = "HOST:PORT", value_parser = place)]
    pub(crate) http: Option<String>,

    /// Where to open a socket for the operator, which its owner alone can use: one command a line,
    /// such as `reconnect-now okx-1`, and one JSON object back for each. `help` lists them.
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    pub(crate) control: Option<PathBuf>,

    /// A further name under which it may be asked over HTTP; may be given several times.
    #[arg(long, value_name = "NAME", requires = "http")]
    pub(crate) http_host: Vec<String>,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A live table on a terminal, plain lines into a pipe.
    Human,
    /// One JSON object a line.
    Json,
}

/// Reads a host and a port; whether there is such a host is for the system to say.
fn place(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(_)) => Ok(text.to_owned()),
        Some(Err(_)) | None => Err("must be a host and a port from 0 to 65535".to_owned()),
    }
}

/// How many connections are watched at most; a mock exchange serves a few more.
const CONNECTIONS_MAX: u16 = 1_000;

fn connections(text: &str) -> Result<NonZeroU16, String> {
    text.parse()
        .ok()
        .filter(|connections: &NonZeroU16| connections.get() <= CONNECTIONS_MAX)
        .ok_or_else(|| format!("must be a number from 1 to {CONNECTIONS_MAX}"))
}
