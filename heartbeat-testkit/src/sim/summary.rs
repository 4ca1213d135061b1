//! What came of many simulations together.

use core::fmt;
use core::time::Duration;

use super::{FaultKind, SimReport};

/// What came of many simulations, in the order in which their reports were added.
///
/// Its `Display` is the report of `cargo xtask sim`; its last line is made for programs.
///
/// ```
/// use heartbeat_testkit::Summary;
///
/// let nothing = Summary::default().to_string();
/// let last = nothing.lines().last().unwrap();
/// assert_eq!(last, "simulated 0 connection-hours, 0 seeds, 0 faults, 0 violations");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Summary {
    simulated: Duration,
    seeds: u64,
    connections: u64,
    verdicts: u64,
    /// In the order of [`FaultKind::ALL`]; empty before the first report.
    faults: Vec<u64>,
    responses: u64,
    answers: u64,
    beats: u64,
    orders_placed: u64,
    orders_lost: u64,
    detections: Vec<Duration>,
    returns: Vec<Duration>,
    /// The longest detection as a share of its bound, in thousandths.
    closest: u128,
    false_verdicts: u64,
    violations: u64,
    fingerprint: u64,
}

impl Summary {
    /// Adds a report.
    pub fn add(&mut self, report: &SimReport) {
        self.simulated += report.simulated;
        self.seeds += 1;
        self.connections += report.connections;
        self.verdicts += report.verdicts;
        self.faults.resize(FaultKind::ALL.len(), 0);
        for (sum, count) in self.faults.iter_mut().zip(report.faults) {
            *sum += count;
        }
        self.responses += report.responses;
        self.answers += report.answers;
        self.beats += report.beats;
        self.orders_placed += report.orders_placed;
        self.orders_lost += report.orders_lost;
        let bound = report.detection_bound.as_nanos().max(1);
        for took in &report.detections {
            self.closest = self.closest.max(took.as_nanos().saturating_mul(1_000) / bound);
        }
        self.detections.extend_from_slice(&report.detections);
        self.returns.extend_from_slice(&report.returns);
        self.fingerprint = self.fingerprint.rotate_left(5).wrapping_add(report.fingerprint);
        if let Some(broken) = &report.broken {
            self.violations += 1;
            self.false_verdicts += u64::from(broken.violation.oracle == "verdicts");
        }
    }

    /// Returns how many rules were broken.
    pub const fn violations(&self) -> u64 {
        self.violations
    }

    fn write_detections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "detections:     {}", Spread(&self.detections))?;
        if self.detections.is_empty() {
            return writeln!(f);
        }
        writeln!(f, "; the closest took {}.{} % of its bound", self.closest / 10, self.closest % 10)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "connections:    {}, {} verdicts", self.connections, self.verdicts)?;
        write!(f, "faults:        ")?;
        for kind in FaultKind::ALL {
            let count = self.faults.get(kind.index()).copied().unwrap_or_default();
            write!(f, " {} {count}", kind.as_str())?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "heartbeats:     {} challenges answered by us, {} probes by the venue, {} beats",
            self.responses, self.answers, self.beats
        )?;
        self.write_detections(f)?;
        writeln!(f, "recoveries:     {}", Spread(&self.returns))?;
        let (placed, lost) = (self.orders_placed, self.orders_lost);
        writeln!(f, "orders lost:    {lost} of {placed}")?;
        writeln!(f, "false verdicts: {}", self.false_verdicts)?;
        writeln!(f, "fingerprint:    {:016x}", self.fingerprint)?;
        writeln!(
            f,
            "simulated {} connection-hours, {} seeds, {} faults, {} violations",
            self.simulated.as_secs() / 3_600,
            self.seeds,
            self.faults.iter().sum::<u64>(),
            self.violations,
        )
    }
}

/// How many spans there are, and how long the middle, the longest but a hundredth, and the longest
/// is.
struct Spread<'a>(&'a [Duration]);

impl fmt::Display for Spread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.to_vec();
        sorted.sort_unstable();
        let Some(longest) = sorted.last() else {
            return f.write_str("none");
        };
        let percentile = |percent: usize| {
            let index = (sorted.len() * percent / 100).min(sorted.len() - 1);
            Seconds(sorted.get(index).copied().unwrap_or_default())
        };
        let (count, longest) = (sorted.len(), Seconds(*longest));
        write!(f, "{count}: p50 {}, p99 {}, max {longest}", percentile(50), percentile(99))
    }
}

/// A span in seconds and milliseconds.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0.as_secs(), self.0.subsec_millis())
    }
}
