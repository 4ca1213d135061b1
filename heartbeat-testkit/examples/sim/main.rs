//! Runs simulations from many seeds, on all cores, and says what came of them: the work of
//! `cargo xtask sim`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to its caller")]

mod args;

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use args::{Args, Request};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{SimOptions, SimReport, Summary, simulate};

/// How many reports may wait for the one before them.
const WAITING_MAX: usize = 64;

fn main() -> ExitCode {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match Args::parse(&words) {
        Ok(Request::Run(args)) => run(&args),
        Ok(Request::Help) => {
            print!("{}", args::HELP);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("sim: {message}");
            ExitCode::from(2)
        }
    }
}

/// Runs every seed; the reports are added in the order of the seeds, however many cores work.
fn run(args: &Args) -> ExitCode {
    let next = AtomicU64::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (reports, done) = sync_channel(WAITING_MAX);
    let summary = thread::scope(|scope| {
        for _ in 0..cores {
            let (reports, next) = (reports.clone(), &next);
            scope.spawn(move || work(args, next, &reports));
        }
        // The reports end when the last worker drops its end.
        drop(reports);
        collect(args, &done)
    });
    print!("{summary}");
    if summary.violations() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn work(args: &Args, next: &AtomicU64, reports: &SyncSender<(u64, SimReport)>) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= args.seeds {
            return;
        }
        let seed = args.from_seed.wrapping_add(index);
        let options = SimOptions::of(venue(args, seed))
            .span(args.span)
            .faults(args.faults)
            .clients(args.clients)
            .fault_every(args.fault_every);
        if reports.send((index, simulate(seed, &options))).is_err() {
            return;
        }
    }
}

/// Each venue has its turn, unless one was asked for.
fn venue(args: &Args, seed: u64) -> Exchange {
    let all = Exchange::all();
    let turn = usize::try_from(seed % all.len() as u64).unwrap_or_default();
    args.venue.or(all.get(turn).copied()).unwrap_or(Exchange::Rfc6455)
}

fn collect(args: &Args, done: &Receiver<(u64, SimReport)>) -> Summary {
    let mut summary = Summary::default();
    let mut early = BTreeMap::new();
    let mut due = 0;
    let shows_progress = io::stderr().is_terminal();
    for (index, report) in done {
        early.insert(index, report);
        while let Some(report) = early.remove(&due) {
            summary.add(&report);
            if report.broken.is_some() {
                println!("{report}");
                println!("again: {}\n", args.again(&report));
            }
            due += 1;
        }
        if shows_progress {
            eprint!("\r{}", bar(due, args.seeds));
        }
    }
    if shows_progress {
        eprintln!();
    }
    summary
}

/// Draws how far it is.
fn bar(done: u64, all: u64) -> String {
    const WIDTH: usize = 40;
    let cell =
        |index: usize| (index as u64).saturating_mul(all) < done.saturating_mul(WIDTH as u64);
    let cells: String = (0..WIDTH).map(|index| if cell(index) { '#' } else { '.' }).collect();
    format!("[{cells}] {done} of {all} seeds")
}
