//! What all connections of one client add up to, each of which counts from zero.

use core::time::Duration;
use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use heartbeat_core::{Counters, Generation, LatencyKind, LatencySample};
use serde::Serialize;

/// Counts that never go down, whichever connection made them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) frames: u64,
    pub(crate) data: u64,
    pub(crate) beats: u64,
    pub(crate) challenges: u64,
    pub(crate) responses: u64,
    pub(crate) probes: u64,
    pub(crate) answers: u64,
    pub(crate) missed: u64,
    pub(crate) stalls: u64,
}

impl Totals {
    const fn plus(self, counters: &Counters) -> Self {
        Self {
            frames: self.frames.saturating_add(counters.frames),
            data: self.data.saturating_add(counters.data),
            beats: self.beats.saturating_add(counters.beats),
            challenges: self.challenges.saturating_add(counters.challenges),
            responses: self.responses.saturating_add(counters.responses),
            probes: self.probes.saturating_add(counters.probes),
            answers: self.answers.saturating_add(counters.answers),
            missed: self.missed.saturating_add(counters.failures),
            stalls: self.stalls.saturating_add(counters.stalls),
        }
    }
}

/// Adds up the connections of one client. Bounded: the few that have not ended, and a histogram
/// of each latency.
#[derive(Debug)]
pub(crate) struct Tally {
    ended: Totals,
    /// The latest that did.
    last_ended: Option<Generation>,
    /// What was last seen of those that have not.
    open: BTreeMap<Generation, Counters>,
    response_times: Latencies,
    round_trips: Latencies,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            ended: Totals::default(),
            last_ended: None,
            open: BTreeMap::new(),
            response_times: Latencies::new(),
            round_trips: Latencies::new(),
        }
    }

    /// Takes what a connection that is live has counted so far.
    pub(crate) fn see(&mut self, generation: Generation, counters: Counters) {
        // The status may be a moment behind the report on the connection's end.
        if self.last_ended.is_none_or(|last| generation > last) {
            self.open.insert(generation, counters);
        }
    }

    /// Takes what a connection has counted in all.
    pub(crate) fn end(&mut self, generation: Generation, counters: &Counters) {
        self.open.remove(&generation);
        self.last_ended = self.last_ended.max(Some(generation));
        self.ended = self.ended.plus(counters);
    }

    pub(crate) fn measure(&mut self, sample: LatencySample) {
        match sample.kind {
            LatencyKind::ResponseTime => self.response_times.add(sample.value),
            LatencyKind::RoundTrip => self.round_trips.add(sample.value),
            LatencyKind::BeatGap | _ => {}
        }
    }

    pub(crate) fn totals(&self) -> Totals {
        self.open.values().fold(self.ended, Totals::plus)
    }

    pub(crate) fn response_time(&self) -> Option<LatencyLine> {
        self.response_times.line()
    }

    pub(crate) fn round_trip(&self) -> Option<LatencyLine> {
        self.round_trips.line()
    }
}

/// The shape of a latency.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct LatencyLine {
    pub(crate) count: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) max_us: u64,
}

/// A latency over the whole run, to within a hundredth of each value, and its true maximum.
#[derive(Debug)]
struct Latencies {
    micros: Histogram<u64>,
    max: u64,
}

impl Latencies {
    /// A minute; what takes longer counts as a minute, and stands in the maximum as it is.
    const LONGEST: u64 = 60_000_000;

    fn new() -> Self {
        // The bounds are in order and the digits are few, which is all that is asked.
        let micros = Histogram::new_with_bounds(1, Self::LONGEST, 2);
        Self { micros: micros.expect("bounds are valid"), max: 0 }
    }

    fn add(&mut self, value: Duration) {
        let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
        self.micros.saturating_record(micros);
        self.max = self.max.max(micros);
    }

    fn line(&self) -> Option<LatencyLine> {
        let at = |quantile| self.micros.value_at_quantile(quantile).min(self.max);
        (!self.micros.is_empty()).then(|| LatencyLine {
            count: self.micros.len(),
            p50_us: at(0.5),
            p99_us: at(0.99),
            max_us: self.max,
        })
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::{Breaker, BreakerConfig, ConnectBudget, Gate, Recovery, RecoveryConfig};
    use heartbeat_core::{Outcome, RecoveryAction, Timestamp};

    use super::*;

    /// Two generations, the way one comes by them.
    fn generations() -> [Generation; 2] {
        let (mut now, second) = (Timestamp::ZERO, Duration::from_secs(60));
        let config = RecoveryConfig::builder().build().expect("the defaults are valid");
        let mut recovery = Recovery::new(config, 1, now);
        let budget = ConnectBudget::<8>::new(8, second).expect("the budget is valid");
        let mut gate = Gate::new(Breaker::new(BreakerConfig::DEFAULT), budget);
        core::array::from_fn(|_| {
            loop {
                if let RecoveryAction::Dial { generation, .. } = recovery.poll(now, &mut gate) {
                    let failed = heartbeat_core::AttemptFailure::Unreachable;
                    recovery.handle(now, generation, Outcome::Failed(failed));
                    break generation;
                }
                now = now.checked_add(second).expect("time goes on");
            }
        })
    }

    fn counted(frames: u64) -> Counters {
        let mut counters = Counters::default();
        counters.frames = frames;
        counters
    }

    #[test]
    fn totals_never_go_down_and_count_nothing_twice() {
        let [first, second] = generations();
        let mut tally = Tally::new();
        tally.see(first, counted(5));
        assert_eq!(tally.totals().frames, 5);
        tally.end(first, &counted(7));
        // A status that lies behind the report.
        tally.see(first, counted(6));
        assert_eq!(tally.totals().frames, 7);
        tally.see(second, counted(1));
        assert_eq!(tally.totals().frames, 8);
    }

    #[test]
    fn a_latency_has_its_true_maximum_and_none_until_there_is_one() {
        let mut latencies = Latencies::new();
        assert!(latencies.line().is_none());
        for micros in [100, 200, 300, 120_000_000] {
            latencies.add(Duration::from_micros(micros));
        }
        let line = latencies.line().expect("there are four");
        assert_eq!((line.count, line.max_us), (4, 120_000_000));
        assert!((198..=202).contains(&line.p50_us), "{line:?}");
    }
}
