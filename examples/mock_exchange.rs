//! A mock exchange that enforces a venue's rules, for any client in any language.
//!
//! Prints one JSON line for each thing that it saw or did.

use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use clap::Parser;
use heartbeat_core::NoticeKind;
use heartbeat_examples::{duration, exchange};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::{MockServer, TlsIdentity};
use heartbeat_testkit::{Fault, FaultPlan, MockOptions};

/// Plays an exchange: sends its heartbeats, and kicks who breaks its rules.
#[derive(Debug, Parser)]
#[command(name = "mock-exchange", after_help = faults_help())]
struct Args {
    /// The venue to play.
    #[arg(long, value_name = "NAME", value_parser = exchange)]
    exchange: Exchange,

    /// Where to listen; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// How many times faster than the real venue to run.
    #[arg(long, value_name = "N", default_value = "1")]
    time_scale: NonZeroU32,

    /// How often to send market data, such as `100ms`.
    #[arg(long, value_name = "PERIOD", value_parser = duration)]
    data_every: Option<Duration>,

    /// What is to go wrong with the whole venue, counted from when the first client connects;
    /// may be given several times.
    #[arg(long = "fault", value_name = "KIND@TIME")]
    faults: Vec<FaultPlan>,

    /// What the venue is to announce, and when; may be given several times.
    #[arg(long = "notice", value_name = "KIND@TIME", value_parser = notice)]
    notices: Vec<(NoticeKind, Duration)>,

    /// How long a message of market data is at least, in bytes.
    #[arg(long, value_name = "BYTES", default_value = "0")]
    data_size: usize,

    /// What the venue's clock says at the start, such as `2026-01-01T00:00:00Z`; the machine's if
    /// left out.
    #[arg(long, value_name = "TIME", value_parser = clock)]
    clock: Option<Duration>,

    /// Send what the venue does not understand back, for test suites of RFC 6455.
    #[arg(long)]
    echo: bool,

    /// Enforce no budget of messages or connections, for load tests.
    #[arg(long)]
    no_budgets: bool,

    /// What is to go wrong with every connection anew, counted from its opening; may be given
    /// several times.
    #[arg(long = "fault-each", value_name = "KIND@TIME")]
    faults_each: Vec<FaultPlan>,

    /// Serve `wss://` with a certificate made for this run.
    #[arg(long)]
    tls: bool,

    /// Where to write that certificate, as PEM; in the line `listening` if left out.
    #[arg(long, value_name = "PATH", requires = "tls")]
    tls_cert_out: Option<PathBuf>,

    /// How long to run; until interrupted if left out.
    #[arg(long, value_parser = duration)]
    duration: Option<Duration>,
}

fn faults_help() -> String {
    format!(
        "Faults: {}; each as KIND@TIME or KIND@TIME+DURATION, such as silent@5s or zombie@10s+3s. \
         With --fault there is one window for all connections, and one that is opened within it \
         joins it. Notices: shutdown, maintenance_started, maintenance_ended, session_expired; \
         each as KIND@TIME, in the venue's own words if it has any.",
        Fault::FORMS
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = match heartbeat_examples::arguments::<Args>() {
        Ok(args) => args,
        Err(code) => return code,
    };
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            heartbeat_examples::complain("mock-exchange", &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> io::Result<()> {
    let options = MockOptions::default()
        .time_scale(args.time_scale)
        .data_every(Some(args.data_every.unwrap_or(MockOptions::DATA_EVERY)))
        .data_size(args.data_size)
        .echo(args.echo)
        .tell_messages(true)
        .enforce_budgets(!args.no_budgets)
        .faults(args.faults_each.iter().copied())
        .venue_faults(args.faults.iter().copied());
    let options = args.clock.into_iter().fold(options, MockOptions::clock);
    let options =
        args.notices.iter().fold(options, |options, (kind, at)| options.notice(*kind, *at));
    let identity =
        if args.tls { Some(TlsIdentity::generate().map_err(io::Error::other)?) } else { None };
    let mut server = match &identity {
        Some(tls) => MockServer::bind_tls(args.listen, args.exchange, options, tls).await?,
        None => MockServer::bind(args.listen, args.exchange, options).await?,
    };
    let interrupted = heartbeat_examples::interrupted();
    let end = tokio::time::timeout(args.duration.unwrap_or(Duration::MAX), interrupted);
    let certificate = match (&identity, &args.tls_cert_out) {
        (Some(identity), Some(path)) => {
            std::fs::write(path, identity.certificate_pem()).map_err(|error| {
                io::Error::new(error.kind(), format!("--tls-cert-out {}: {error}", path.display()))
            })?;
            String::new()
        }
        (Some(identity), None) => {
            let pem = serde_json::Value::from(identity.certificate_pem());
            format!(r#","certificate_pem":{pem}"#)
        }
        (None, _) => String::new(),
    };
    say(&format!(
        r#"{{"event":"listening","exchange":"{}","url":"{}","time_scale":{}{certificate}}}"#,
        args.exchange,
        server.url(),
        args.time_scale
    ))?;
    tokio::select! {
        _ = end => {}
        outcome = follow(&mut server) => outcome?,
    }
    // What it sees while it says goodbye is printed as well.
    server.stop();
    follow(&mut server).await?;
    server.shutdown().await;
    say(r#"{"event":"stopped"}"#)
}

/// Reads an announcement and its time, such as `shutdown@30s`.
fn notice(text: &str) -> Result<(NoticeKind, Duration), String> {
    let (kind, at) = text.split_once('@').ok_or("must be KIND@TIME")?;
    let kinds = [
        NoticeKind::Shutdown,
        NoticeKind::MaintenanceStarted,
        NoticeKind::MaintenanceEnded,
        NoticeKind::SessionExpired,
    ];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind);
    let kind = kind.ok_or(
        "kind must be shutdown, maintenance_started, maintenance_ended or session_expired",
    )?;
    Ok((kind, duration(at)?))
}

/// Reads a time, and returns it as one since 1970.
fn clock(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_rfc3339(text).map_err(|error| error.to_string())?;
    time.duration_since(UNIX_EPOCH).map_err(|_| "must not be before 1970".to_owned())
}

/// Prints what the server observes, until nobody reads it.
async fn follow(server: &mut MockServer) -> io::Result<()> {
    let mut lost = 0;
    while let Some(observed) = server.observed().await {
        say(&observed.to_json())?;
        let now_lost = server.observations_lost();
        if now_lost > lost {
            say(&format!(r#"{{"event":"lost","observations":{}}}"#, now_lost - lost))?;
            lost = now_lost;
        }
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
