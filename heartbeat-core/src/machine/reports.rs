//! What waits to be told to observers, and what was measured.

use core::time::Duration;

use super::CHALLENGES_MAX;
use crate::fifo::Fifo;
use crate::latency::LevelTracker;
use crate::{
    Event, LatencyKind, LatencySample, LatencySummary, LatencyWindow, Level, Levels, Timestamp,
};

/// How many reports can wait: three for each heartbeat of a driver's largest batch, and some
/// that come once.
const REPORTS_MAX: usize = 3 * CHALLENGES_MAX + 8;

/// What observers are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Report {
    Event(Event),
    Latency(LatencySample),
}

/// How many reports of what a peer can do as often as it likes are told in a second, one by one.
const ROUTINE_MAX: u16 = 256;

/// How many notices are.
const NOTICES_MAX: u16 = 8;

const SECOND: Duration = Duration::from_secs(1);

/// The reports that wait, less those that monitoring would have to be on for.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    waiting: Fifo<Report, REPORTS_MAX>,
    monitoring: bool,
    dropped: u64,
    coalesced: u64,
    now: Timestamp,
    second: Second,
}

/// What was told in a second, and what was not.
#[derive(Clone, Copy, Debug)]
struct Second {
    began: Timestamp,
    routine: u16,
    notices: u16,
    coalesced: u64,
    jumped: bool,
    /// What was due at the first jump that was not told, and what came at the last.
    jump: Option<(u64, u64)>,
}

impl Second {
    const fn begin(now: Timestamp) -> Self {
        Self { began: now, routine: 0, notices: 0, coalesced: 0, jumped: false, jump: None }
    }
}

impl Reports {
    pub(super) const fn new(monitoring: bool, now: Timestamp) -> Self {
        let second = Second::begin(now);
        Self { waiting: Fifo::new(), monitoring, dropped: 0, coalesced: 0, now, second }
    }

    /// Lets time pass. What a second has left out is told when it is over and something happens.
    pub(super) fn pass(&mut self, now: Timestamp) {
        self.now = now;
        if now.saturating_since(self.second.began) < SECOND {
            return;
        }
        let jumped = self.second.jump.is_some();
        self.tell_jump();
        let next = Second { jumped, ..Second::begin(now) };
        let told = core::mem::replace(&mut self.second, next);
        if told.coalesced > 0 {
            self.coalesced = self.coalesced.saturating_add(told.coalesced);
            self.notify(Event::Coalesced { reports: told.coalesced });
        }
    }

    pub(super) fn notify(&mut self, event: Event) {
        if !self.monitoring && event.is_telemetry() {
            return;
        }
        if let Event::CounterJump { expected, got } = event {
            return self.jump(expected, got);
        }
        let is_told = if let Event::Notice { .. } = event {
            take(&mut self.second.notices, NOTICES_MAX)
        } else {
            !event.is_routine() || take(&mut self.second.routine, ROUTINE_MAX)
        };
        if is_told {
            self.push(Report::Event(event));
        } else {
            self.second.coalesced = self.second.coalesced.saturating_add(1);
        }
    }

    pub(super) fn record(&mut self, kind: LatencyKind, value: Duration) {
        if !self.monitoring {
            return;
        }
        if take(&mut self.second.routine, ROUTINE_MAX) {
            self.push(Report::Latency(LatencySample { kind, value }));
        } else {
            self.second.coalesced = self.second.coalesced.saturating_add(1);
        }
    }

    /// Tells of a jump at once, unless another was told in this second.
    fn jump(&mut self, expected: u64, got: u64) {
        if core::mem::replace(&mut self.second.jumped, true) {
            let (expected, _) = self.second.jump.unwrap_or((expected, got));
            self.second.jump = Some((expected, got));
        } else {
            self.push(Report::Event(Event::CounterJump { expected, got }));
        }
    }

    /// Returns when the jumps that were not told one by one are to be told as one.
    pub(super) fn jump_due(&self) -> Option<Timestamp> {
        self.second.jump.and(self.second.began.checked_add(SECOND))
    }

    pub(super) fn tell_jump(&mut self) {
        if let Some((expected, got)) = self.second.jump.take() {
            self.push(Report::Event(Event::CounterJump { expected, got }));
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

    /// Returns how many were not told one by one.
    pub(super) const fn coalesced(&self) -> u64 {
        self.coalesced.saturating_add(self.second.coalesced)
    }

    fn push(&mut self, report: Report) {
        if self.waiting.push(report).is_err() {
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

/// Takes one of `most`, if any is left.
const fn take(taken: &mut u16, most: u16) -> bool {
    let is_left = *taken < most;
    if is_left {
        *taken = taken.saturating_add(1);
    }
    is_left
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
