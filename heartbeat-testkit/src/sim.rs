//! Days of clients' lives in moments: a few of them, one venue, and whatever goes wrong.

mod day;
mod kind;
mod options;
mod plan;
mod report;
mod summary;

use heartbeat_core::Platform;

pub use kind::{FaultKind, FaultKinds, UnknownFaultKind};
pub use options::SimOptions;
pub use report::{Broken, SimReport};
pub use summary::Summary;

use day::Day;

/// Runs a [`Fleet`](crate::Fleet) of a venue's clients for as long as the options say, under
/// faults that the seed chooses, with every [oracle](crate::FleetOracles) looking on.
///
/// Whoever loses its connection gets another, as its recovery decides. Ends early at the first
/// violation. The same seed and options give the same report, its
/// [fingerprint](SimReport::fingerprint) included, on every machine.
///
/// The seed also chooses which of the kinds of faults take part at all, each with an even
/// chance: what hides behind a frequent fault shows in a run without it.
///
/// # Panics
///
/// If client and venue spin, as [`Fleet::step`](crate::Fleet::step); the seed and
/// the last steps are printed.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{SimOptions, simulate};
///
/// let options = SimOptions::of(Exchange::Okx).span(Duration::from_secs(3_600));
/// let report = simulate(7, &options);
/// assert!(report.broken.is_none(), "{report}");
/// assert_eq!(simulate(7, &options).fingerprint, report.fingerprint);
/// ```
#[track_caller]
pub fn simulate<P: Platform + Clone>(seed: u64, options: &SimOptions<P>) -> SimReport {
    let guard = Guard { seed };
    let report = Day::new(seed, options).live();
    drop(guard);
    report
}

/// Says whose run it was if it ends in a panic.
struct Guard {
    seed: u64,
}

impl Drop for Guard {
    #[expect(clippy::print_stderr, reason = "a run that fails must say how to see it fail again")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("simulation of seed {}", self.seed);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_platforms::Exchange;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn another_seed_is_another_day_and_the_same_is_the_same() {
        let options = SimOptions::of(Exchange::Deribit).span(2 * HOUR);
        let (one, same, other) =
            (simulate(1, &options), simulate(1, &options), simulate(2, &options));
        assert_eq!(one.to_string(), same.to_string());
        assert_eq!(one.fingerprint, same.fingerprint);
        assert_ne!(one.fingerprint, other.fingerprint);
    }

    #[test]
    fn a_day_without_faults_is_one_connection_a_client() {
        let options =
            SimOptions::of(Exchange::BinanceSpot).span(2 * HOUR).faults(FaultKinds::none());
        let report = simulate(3, &options);
        assert_eq!((report.connections, report.verdicts), (3, 0), "{report}");
        assert_eq!(report.simulated, 3 * 2 * HOUR);
        assert_eq!(report.returns.len(), 3, "each was connected once");
        assert!(report.responses >= 3 * (2 * 3_600 / 20 - 1), "{report}");
        assert_eq!(report.faults.iter().sum::<u64>(), 0);
    }

    #[test]
    fn a_day_of_dead_lines_is_many_connections_each_found_in_time() {
        let options = SimOptions::of(Exchange::Okx)
            .span(6 * HOUR)
            .faults(FaultKinds::none().with(FaultKind::HalfOpen))
            .fault_every(HOUR / 12);
        let reports = (0..8).map(|seed| simulate(seed, &options));
        let busiest = reports.max_by_key(|report| report.connections).unwrap();
        assert!(busiest.connections > 5, "{busiest}");
        assert!(busiest.detections.len() > 5, "{busiest}");
        assert!(busiest.broken.is_none(), "{busiest}");
    }
}
