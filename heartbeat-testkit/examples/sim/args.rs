//! The command line.

use core::fmt::Display;
use core::str::FromStr;
use core::time::Duration;

use heartbeat_platforms::Exchange;
use heartbeat_testkit::{FaultKinds, FleetOptions, SimReport};

pub(crate) const HELP: &str = "\
Simulates clients of mock exchanges that lose their connections and get them back, under faults,
every oracle looking on. Without faults (`--faults none`) it measures the speed of a simulation.

Options:
  --from-seed N   the first seed [0]
  --seeds N       how many seeds, one simulation each [100]
  --hours H       how long each simulation is, in its own time [24]
  --venue NAME    one venue; without it the venues take turns
  --faults LIST   kinds to choose from: all, none, or names with commas [all]
  --every SECS    the average time from one fault to the next [600]
  --clients N     how many clients each simulation has [3]

Each seed turns off some of the kinds. The last line reads
`simulated N connection-hours, M seeds, F faults, V violations`; the exit code is 1 when V is
not 0, and each violation comes with its seed, its last hundred steps and the command that
repeats it.
";

/// What to simulate.
#[derive(Clone, Debug)]
pub(crate) struct Args {
    pub(crate) from_seed: u64,
    pub(crate) seeds: u64,
    pub(crate) span: Duration,
    pub(crate) venue: Option<Exchange>,
    pub(crate) faults: FaultKinds,
    pub(crate) fault_every: Duration,
    pub(crate) clients: usize,
    /// The words for what is not left to the defaults, but for the seeds and the venue.
    rest: String,
}

/// What the command line asks for.
pub(crate) enum Request {
    Run(Args),
    Help,
}

impl Args {
    /// Reads the words after the program's name; the error is one line.
    pub(crate) fn parse(words: &[String]) -> Result<Request, String> {
        let mut args = Self {
            from_seed: 0,
            seeds: 100,
            span: Duration::from_secs(24 * 3_600),
            venue: None,
            faults: FaultKinds::all(),
            fault_every: Duration::from_secs(600),
            clients: FleetOptions::<Exchange>::CLIENTS,
            rest: String::new(),
        };
        let mut words = words.iter();
        while let Some(name) = words.next() {
            if matches!(name.as_str(), "--help" | "-h") {
                return Ok(Request::Help);
            }
            let mut value = || words.next().ok_or_else(|| format!("{name} must have a value"));
            match name.as_str() {
                "--from-seed" => args.from_seed = read(name, value()?)?,
                "--seeds" => args.seeds = read(name, value()?)?,
                "--venue" => args.venue = Some(read(name, value()?)?),
                "--hours" => {
                    let hours = value()?;
                    args.span = hours_of(read(name, hours)?)?;
                    args.keep(name, hours);
                }
                "--faults" => {
                    let list = value()?;
                    args.faults = read(name, list)?;
                    args.keep(name, list);
                }
                "--every" => {
                    let secs = value()?;
                    args.fault_every = Duration::from_secs(read(name, secs)?);
                    args.keep(name, secs);
                }
                "--clients" => {
                    let clients = value()?;
                    args.clients = clients_of(read(name, clients)?)?;
                    args.keep(name, clients);
                }
                _ => return Err(format!("unexpected argument `{name}`; see --help")),
            }
        }
        Ok(Request::Run(args))
    }

    /// Returns the command that repeats the run of this report.
    pub(crate) fn again(&self, report: &SimReport) -> String {
        let SimReport { seed, venue, .. } = report;
        let rest = &self.rest;
        format!("cargo xtask sim --from-seed {seed} --seeds 1 --venue {venue}{rest}")
    }

    fn keep(&mut self, name: &str, value: &str) {
        for word in [name, value] {
            self.rest.push(' ');
            self.rest.push_str(word);
        }
    }
}

fn read<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|error| format!("{name} `{value}`: {error}"))
}

/// The axis of a simulation is 584 years long.
fn hours_of(hours: u64) -> Result<Duration, String> {
    const HOURS_MAX: u64 = 500 * 365 * 24;
    if hours > HOURS_MAX {
        return Err(format!("--hours ({hours}) must be at most {HOURS_MAX}"));
    }
    Ok(Duration::from_secs(hours * 3_600))
}

fn clients_of(clients: usize) -> Result<usize, String> {
    let most = FleetOptions::<Exchange>::CLIENTS_MAX;
    if (1..=most).contains(&clients) {
        return Ok(clients);
    }
    Err(format!("--clients ({clients}) must be from 1 to {most}"))
}
