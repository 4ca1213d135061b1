//! What the library costs: each piece beside others that do the same, in the same run.
//!
//! An own harness and not divan or criterion: what is asked for is tables with ratios of the same
//! run, in which the rivals take turns, and processor time over sockets with the venue in a process
//! of its own; neither has that. On a machine that does other things besides, look at the ratios
//! and not at the nanoseconds.

mod bare;
mod count;
mod detect;
mod frames;
mod heap;
mod held;
mod latency;
mod line;
mod load;
mod log;
mod measure;
mod report;
mod rivals;
mod session;
mod sockets;
mod traffic;
mod venue;

use core::time::Duration;
use std::error::Error;
use std::process::ExitCode;

use heartbeat_platforms::Exchange;
use heartbeat_testkit::{FaultKinds, SimOptions, simulate};

use measure::{Effort, process_nanos};
use report::Report;
use venue::Venue;

/// Does what the command line asks for, in a process whose allocator counts or not.
pub fn run(counts: bool) -> ExitCode {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["venue"] => venue::run(false).map_err(Into::into),
        ["venue", "--tls"] => venue::run(true).map_err(Into::into),
        rest if counts => heap::run(rest),
        ["hold", rest @ ..] => load::hold(rest),
        ["load", rest @ ..] => load::run(rest),
        ["bench", rest @ ..] => bench(rest),
        ["count", work, count] => count
            .parse()
            .map_err(|error| format!("`{count}`: {error}").into())
            .and_then(|count| count::run(work, count)),
        _ => Err("one of bench, load, count".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut effort = Effort::Full;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--quick" => effort = Effort::Quick,
            // What is printed is the same; the caller looks at its last line.
            "--format" if matches!(words.next(), Some(&("human" | "json"))) => {}
            other => return Err(format!("unexpected argument `{other}`").into()),
        }
    }
    measure::pin_to(0);
    let mut report = Report::default();
    if effort == Effort::Full {
        frames::print(effort)?;
    }
    detect::measure(effort, &mut report);
    report.note("detect_allocs_per_frame", heap::per_frame()?);
    session::measure(effort, &mut report);
    bare::measure(effort, &mut report);
    let mut venue = Venue::start(false)?;
    sockets::blast(effort, &mut report, &venue)?;
    sockets::sparse(effort, &mut report, &mut venue)?;
    latency::measure(effort, &mut report, &venue)?;
    latency::tuning(effort, &venue)?;
    load::memory(effort, &mut report)?;
    simulation(effort, &mut report);
    println!("{}", report.to_json());
    Ok(())
}

/// How fast a day without faults is played.
fn simulation(effort: Effort, report: &mut Report) {
    let span = Duration::from_secs(3_600 * effort.pick(6, 24));
    let options = SimOptions::of(Exchange::Okx).span(span).faults(FaultKinds::none());
    let start = process_nanos();
    let simulated = simulate(7, &options).simulated;
    let hours = simulated.as_secs_f64() / 3_600.0 / ((process_nanos() - start) as f64 / 1e9);
    println!(
        "\n## Simulation\n\n{hours:.0} connection-hours of OKX in a second of the processor.\n"
    );
    report.note("sim_hours_per_cpu_s", hours);
}
