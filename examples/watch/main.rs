//! The main job: keeps connections to exchanges alive and shows how they are doing.
//!
//! `cargo run --release --example watch` needs nothing else: it starts mock exchanges on
//! loopback and connects to them. `--help` lists the rest.

#![allow(clippy::wildcard_enum_match_arm, reason = "the enums of other crates may grow")]

mod args;
mod board;
mod bounds;
mod embedded;
mod event;
mod files;
mod http;
#[cfg(unix)]
mod keys;
mod metrics;
mod operator;
mod report;
mod table;
mod tally;
mod target;
mod watched;

use core::pin::pin;
use core::time::Duration;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use heartbeat_core::Platform as _;
#[cfg(unix)]
use heartbeat_examples::control::{ControlSocket, Operate};
use heartbeat_examples::endpoint::{Chosen, Named, choose};
use heartbeat_examples::{BAD_ARGUMENTS, interrupted, trust};
use heartbeat_platforms::Stage;
use heartbeat_tokio::client::Destination;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use args::Args;
use board::Board;
use embedded::Embedded;
use event::{Event, Line};
use operator::{Hand, Operator};
use report::Report;
use target::Target;
use watched::{Outcome, Shared, Watched};

/// How many lines can wait for the reporter.
const LINES_MAX: usize = 1_024;

/// How often the live table is redrawn.
const REFRESH_EVERY: Duration = Duration::from_millis(250);

#[tokio::main]
async fn main() -> ExitCode {
    let args = match heartbeat_examples::arguments::<Args>() {
        Ok(args) => args,
        Err(code) => return code,
    };
    match run(args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            heartbeat_examples::complain("watch", &failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Why there is nothing to report, in one line, and the exit code.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    fn bad_arguments(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: BAD_ARGUMENTS }
    }
}

/// Watches what the arguments name; returns whether all of it was healthy at the end.
async fn run(args: Args) -> Result<bool, Failure> {
    let interrupted = interrupted();
    let board = Board::default();
    let mut report = Report::new(args.format, args.verbose, board.clone());
    let server = serve_http(&args, &board, &report).await?;
    #[cfg(unix)]
    let control = open_control(&args, &report)?;
    let (targets, embedded) = choose_targets(&args, &report).await?;

    let (lines, mut reported) = mpsc::channel(LINES_MAX);
    let (stop, stopped) = watch::channel(false);
    let shared = Shared { board, lines, stop: stopped };
    let mut connections = JoinSet::new();
    let mut members = Vec::new();
    for target in targets {
        let started = Watched::start(target, shared.clone());
        let (watched, member) = started.map_err(|error| Failure::new(error.to_string()))?;
        connections.spawn(watched.run());
        members.push(member);
    }
    let operator = Arc::new(Operator::new(shared.board.clone(), members));
    // From here on only connections hold the sender: when the last ends, so do the lines.
    drop(shared);

    let mut servers = JoinSet::new();
    if let Some(server) = server {
        servers.spawn(server.run());
    }
    #[cfg(unix)]
    if let Some(socket) = control {
        servers.spawn(socket.run(Arc::clone(&operator) as Arc<dyn Operate>));
    }
    let ending = async {
        let _ = tokio::time::timeout(args.duration.unwrap_or(Duration::MAX), interrupted).await;
        let _ = stop.send(true);
    };
    let outcome = async {
        let mut outcome = pin!(outcomes(&mut connections));
        let outcome = tokio::select! {
            () = ending => outcome.await,
            outcome = &mut outcome => outcome,
        };
        Ok(outcome)
    };
    let hand = Hand::open(operator, stop.clone(), &mut report);
    let written = tokio::try_join!(follow(&mut reported, &mut report, hand), outcome);
    // Whoever read the report has gone, and with them the reason to go on.
    let Ok(((), outcome)) = written else { return Ok(false) };
    embedded.stop().await;
    match outcome.complaint {
        Some(complaint) => Err(Failure::new(complaint)),
        None => Ok(outcome.healthy),
    }
}

/// Waits for every connection; the first that never was live is what is wrong.
async fn outcomes(connections: &mut JoinSet<Outcome>) -> Outcome {
    let mut all = Outcome { healthy: true, complaint: None };
    while let Some(joined) = connections.join_next().await {
        if let Ok(outcome) = joined {
            all.healthy &= outcome.healthy;
            all.complaint = all.complaint.or(outcome.complaint);
        } else {
            all.healthy = false;
        }
    }
    all
}

/// Writes lines as they come until no connection is left to make any; summaries last.
async fn follow(
    lines: &mut mpsc::Receiver<Line>,
    report: &mut Report,
    mut hand: Hand,
) -> io::Result<()> {
    let mut refresh = tokio::time::interval(REFRESH_EVERY);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut closing = Vec::new();
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) if matches!(line.event, Event::Summary { .. }) => closing.push(line),
                Some(line) => report.line(&line)?,
                None => break,
            },
            _ = refresh.tick() => report.refresh()?,
            key = hand.next() => {
                hand.press(key, report);
                report.refresh()?;
            }
        }
    }
    report.refresh()?;
    closing.sort_by_key(|line| line.connection);
    closing.iter().try_for_each(|line| report.closing_line(line))
}

#[cfg(unix)]
fn open_control(args: &Args, report: &Report) -> Result<Option<ControlSocket>, Failure> {
    let Some(path) = &args.control else { return Ok(None) };
    let shown = path.display();
    let opened = ControlSocket::open(path)
        .map_err(|error| Failure::new(format!("cannot open a socket at {shown}: {error}")))?;
    let _ = report.say(&format!("taking commands at {shown}"));
    Ok(Some(opened))
}

async fn serve_http(
    args: &Args,
    board: &Board,
    report: &Report,
) -> Result<Option<http::Server>, Failure> {
    let Some(place) = &args.http else { return Ok(None) };
    let refused = |error: io::Error| Failure::new(format!("cannot serve http on {place}: {error}"));
    // A mock exchange that this command runs has the other end of each connection.
    let (venues, ends) = if args.exchange.is_some() { (1, 1) } else { (embedded::SHOWN.len(), 2) };
    let sockets = u64::from(args.connections.get()).saturating_mul(venues as u64 * ends);
    let room = files::room_for_http(sockets).map_err(Failure::new)?;
    let names = args.http_host.clone();
    let server = http::Server::bind(place, names, room, board.clone()).await.map_err(refused)?;
    let address = server.address().map_err(refused)?;
    let _ = report.say(&format!("serving http://{address}/ /health /metrics"));
    Ok(Some(server))
}

/// Returns what to connect to, and the mock exchanges that were started for it.
async fn choose_targets(args: &Args, report: &Report) -> Result<(Vec<Target>, Embedded), Failure> {
    let (targets, embedded) = match args.exchange {
        Some(named) => (vec![named_target(args, named)?], Embedded::default()),
        None => Embedded::start(&args.faults)
            .await
            .map_err(|error| Failure::new(format!("cannot start mock exchanges: {error}")))?,
    };
    if args.exchange.is_none() {
        let _ = report.say(embedded::NOTICE);
    }
    for target in targets.iter().filter(|target| target.stage == Some(Stage::Production)) {
        let Target { exchange, shown, .. } = target;
        let _ = report.say(&format!("{exchange}: connecting to PRODUCTION, {shown}"));
    }
    let times = |target: Target| target.times(args.connections);
    Ok((targets.into_iter().flat_map(times).collect(), embedded))
}

fn named_target(args: &Args, named: Named) -> Result<Target, Failure> {
    let chosen = choose(named, args.url.as_deref(), args.production);
    let Chosen { endpoint, url, stage } = chosen.map_err(Failure::bad_arguments)?;
    let Named { exchange, .. } = named;
    Destination::parse(&url).map_err(|error| Failure::bad_arguments(error.to_string()))?;
    let wrong = |error: &dyn core::fmt::Display| Failure::new(format!("{exchange}: {error}"));
    let config = match endpoint {
        Some(endpoint) => endpoint.defaults().build(),
        None => target::default_config(exchange),
    };
    let config = config.map_err(|error| wrong(&error))?;
    let target = match endpoint {
        Some(endpoint) => Target::at(endpoint, url, config),
        None => Target::new(exchange, url, config),
    };
    let target = target.map_err(|error| wrong(&error))?;
    let connect = trust::options(args.ca.as_deref()).map_err(Failure::bad_arguments)?;
    Ok(Target { stage, send: args.send.clone(), connect, ..target })
}
