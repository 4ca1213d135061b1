//! The heartbeat for programs in any language: a proxy that bots connect to instead of the venue.
//!
//! Towards the venue it is a [`Client`](heartbeat_tokio::Client): heartbeats are answered whatever
//! the bot does, and death is found within a bound. Towards the bot it speaks the venue's dialect.
//! A bot whose data can no longer be trusted is told so, and the venue is told when a bot is dead.

#![allow(clippy::wildcard_enum_match_arm, reason = "the enums of other crates may grow")]

mod args;
mod bot;
mod end;
mod face;
mod front;
mod mount;
mod pulse;
mod recorded;
mod report;
mod session;
mod upstream;

use core::time::Duration;
use std::process::ExitCode;
use std::sync::Arc;

use heartbeat_examples::evidence::millis;
use heartbeat_examples::hosts::Hosts;
use heartbeat_examples::{BAD_ARGUMENTS, complain, interrupted, trust};
use heartbeat_tokio::{ConnectOptions, Proxy};
use tokio::net::TcpListener;
use tokio::sync::watch;

use args::Args;
use front::Gateway;
use mount::Mount;
use report::{Event, Reporter};

#[tokio::main]
async fn main() -> ExitCode {
    let args = match heartbeat_examples::arguments::<Args>() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let mounts = match mounts(&args) {
        Ok(mounts) => mounts,
        Err(message) => {
            complain("gateway", &message);
            return ExitCode::from(BAD_ARGUMENTS);
        }
    };
    match run(&args, mounts).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain("gateway", &message);
            ExitCode::FAILURE
        }
    }
}

/// Reads what the arguments say of venues.
fn mounts(args: &Args) -> Result<Vec<Mount>, String> {
    let mut mounts: Vec<Mount> = Vec::new();
    for venue in args.all_venues()? {
        let mount = Mount::new(venue, args, connect_options(args)?)?;
        if mounts.iter().any(|other| other.name == mount.name) {
            return Err(format!("path {} is taken: each venue needs one of its own", mount.name));
        }
        if mount.name.is_empty() || mount.name.contains(['/', '?', '#', '%']) {
            return Err(format!("path {} must be one part of a path", mount.name));
        }
        mounts.push(mount);
    }
    Ok(mounts)
}

fn connect_options(args: &Args) -> Result<ConnectOptions, String> {
    let options = trust::options(args.ca.as_deref())?;
    let Some(url) = &args.proxy else { return Ok(options) };
    let proxy = Proxy::parse(url).map_err(|error| format!("--proxy: {error}"))?;
    Ok(options.proxy(proxy))
}

async fn run(args: &Args, mounts: Vec<Mount>) -> Result<(), String> {
    let interrupted = interrupted();
    let refused = |error: std::io::Error| format!("cannot listen on {}: {error}", args.listen);
    let listener = TcpListener::bind(args.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let (reporter, writer) = Reporter::new(args.format);
    let writing = std::thread::spawn(|| writer.run());
    reporter.tell(None, None, Event::Listening { url: format!("ws://{address}/") });
    for mount in &mounts {
        tell_limits(&reporter, mount, args.bot_within);
    }
    let (stop, stopped) = watch::channel(false);
    let hosts = Hosts::new(address, args.host.clone());
    let gateway = Arc::new(Gateway::new(args, mounts, hosts, reporter.clone(), stopped));
    let ending = async {
        let _ = tokio::time::timeout(args.duration.unwrap_or(Duration::MAX), interrupted).await;
        let _ = stop.send(true);
    };
    tokio::join!(gateway.serve(listener), ending);
    let left_out = reporter.left_out();
    drop(reporter);
    // Whoever read the lines may have gone; that is no failure of the gateway's.
    let _ = writing.join();
    if left_out > 0 {
        complain("gateway", &format!("{left_out} lines were left out: nobody read them in time"));
    }
    Ok(())
}

fn tell_limits(reporter: &Reporter, mount: &Mount, bot_within: Duration) {
    let bound = bot_within + mount::FAREWELL_WITHIN;
    let event = Event::Mounted {
        exchange: mount.exchange.name(),
        upstream: mount.shown().to_owned(),
        production: mount.is_production,
        resume: mount.resume,
        farewell: mount.farewell.is_some(),
        detection_bound_ms: millis(mount.config.detection_bound()),
        bot_bound_ms: millis(bound),
    };
    reporter.tell(None, Some(&mount.name), event);
}
