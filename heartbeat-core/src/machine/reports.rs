//! What waits to be told to observers, and what was measured.

use core::time::Duration;

use super::CHALLENGES_MAX;
use crate::fifo::Fifo;
use crate::latency::LevelTracker;
use crate::{Event, LatencyKind, LatencySample, LatencySummary, LatencyWindow, Level, Levels};

/// How many reports can wait: three for each heartbeat of a driver's largest batch, and some
/// that come once.
const REPORTS_MAX: usize = 3 * CHALLENGES_MAX + 8;

/// What observers are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Report {
    Event(Event),
    Latency(LatencySample),
}

/// The reports that wait, less those that monitoring would have to be on for.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    waiting: Fifo<Report, REPORTS_MAX>,
    monitoring: bool,
    dropped: u64,
}

impl Reports {
    pub(super) const fn new(monitoring: bool) -> Self {
        Self { waiting: Fifo::new(), monitoring, dropped: 0 }
    }

    pub(super) fn notify(&mut self, event: Event) {
        if self.monitoring || !event.is_telemetry() {
            self.push(Report::Event(event));
        }
    }

    pub(super) fn record(&mut self, kind: LatencyKind, value: Duration) {
        if self.monitoring {
            self.push(Report::Latency(LatencySample { kind, value }));
        }
    }

    pub(super) fn pop(&mut self) -> Option<Report> {
        self.waiting.take_first(|_| true)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns how many were lost because nobody drained.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    fn push(&mut self, report: Report) {
        if self.waiting.push(report).is_err() {
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

/// The measurements of one kind and the level they mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Latency {
    window: LatencyWindow,
    level: LevelTracker,
}

impl Latency {
    pub(super) fn push(&mut self, value: Duration, levels: &Levels) {
        self.window.push(value);
        self.level.push(value, levels);
    }

    pub(super) const fn level(&self) -> Level {
        self.level.level()
    }

    pub(super) fn summary(&self) -> Option<LatencySummary> {
        self.window.summary()
    }
}
