//! The last hundred measurements, and the level that they mean.

use core::time::Duration;

use crate::Levels;

/// The last [`CAPACITY`](Self::CAPACITY) measurements of one kind.
///
/// Kept in whole microseconds, at most 71 minutes each. Nothing here allocates.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::LatencyWindow;
///
/// let mut window = LatencyWindow::new();
/// assert_eq!(window.summary(), None);
/// for millis in 1..=101 {
///     window.push(Duration::from_millis(millis));
/// }
/// let summary = window.summary().unwrap();
/// // The first of the 101 has left.
/// assert_eq!(summary.count, 100);
/// assert_eq!(summary.min, Duration::from_millis(2));
/// assert_eq!(summary.median, Duration::from_millis(51));
/// assert_eq!(summary.p99, Duration::from_millis(100));
/// assert_eq!(summary.max, Duration::from_millis(101));
/// ```
#[derive(Clone, Debug)]
pub struct LatencyWindow {
    micros: [u32; Self::CAPACITY],
    /// The places of the measurements, the smallest first. Whoever looks need not sort, and they
    /// look more often than is measured.
    sorted: [u8; Self::CAPACITY],
    len: u8,
    next: u8,
}

/// The shape of a [`LatencyWindow`]. Percentiles are by nearest rank: each is a value that
/// was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LatencySummary {
    /// How many measurements there are.
    pub count: usize,
    /// The smallest.
    pub min: Duration,
    /// The one that half of them do not exceed.
    pub median: Duration,
    /// The one that 99 of 100 do not exceed.
    pub p99: Duration,
    /// The largest.
    pub max: Duration,
}

impl LatencyWindow {
    /// How many measurements are kept.
    pub const CAPACITY: usize = 100;

    /// Makes an empty window.
    pub const fn new() -> Self {
        let (micros, sorted) = ([0; Self::CAPACITY], [0; Self::CAPACITY]);
        Self { micros, sorted, len: 0, next: 0 }
    }

    /// Adds a measurement, in place of the oldest if the window is full.
    pub fn push(&mut self, value: Duration) {
        let place = self.next;
        let micros = u32::try_from(value.as_micros()).unwrap_or(u32::MAX);
        let is_full = usize::from(self.len) == Self::CAPACITY;
        if is_full && let Some(rank) = self.places().iter().position(|at| *at == place) {
            // To the end, where the new one is taken from.
            self.places_from(rank).rotate_left(1);
        }
        let others = usize::from(self.len).saturating_sub(usize::from(is_full));
        let smaller = self.places().get(..others).unwrap_or_default();
        let rank = smaller.partition_point(|at| self.at(*at) <= micros);
        if let Some(slot) = self.micros.get_mut(usize::from(place)) {
            *slot = micros;
        }
        if !is_full {
            self.len = self.len.saturating_add(1);
        }
        let behind = self.places_from(rank);
        behind.rotate_right(1);
        if let Some(first) = behind.first_mut() {
            *first = place;
        }
        let next = place.saturating_add(1);
        self.next = if usize::from(next) == Self::CAPACITY { 0 } else { next };
    }

    /// Returns the shape of the window, or `None` if it is empty.
    pub fn summary(&self) -> Option<LatencySummary> {
        let len = usize::from(self.len);
        let rank = |percent: usize| {
            let rank = len.saturating_mul(percent).div_ceil(100).saturating_sub(1);
            let place = self.places().get(rank)?;
            Some(Duration::from_micros(u64::from(self.at(*place))))
        };
        Some(LatencySummary {
            count: len,
            min: rank(0)?,
            median: rank(50)?,
            p99: rank(99)?,
            max: rank(100)?,
        })
    }

    fn at(&self, place: u8) -> u32 {
        self.micros.get(usize::from(place)).copied().unwrap_or_default()
    }

    /// Returns the places that are taken, the smallest measurement first.
    fn places(&self) -> &[u8] {
        self.sorted.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn places_from(&mut self, rank: usize) -> &mut [u8] {
        self.sorted.get_mut(rank..usize::from(self.len)).unwrap_or_default()
    }
}

/// A place fits into a byte.
const _: () = assert!(LatencyWindow::CAPACITY <= 255);

impl Default for LatencyWindow {
    fn default() -> Self {
        Self::new()
    }
}

/// How good a connection's latency is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "three bounds make four levels")]
pub enum Level {
    /// Below the target.
    #[default]
    Target,
    /// Between target and warning.
    Elevated,
    /// Above the warning bound.
    Warning,
    /// Above the critical bound.
    Critical,
}

impl Level {
    /// Returns the level as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Elevated => "elevated",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    fn of(value: Duration, levels: &Levels) -> Self {
        if value > levels.critical {
            Self::Critical
        } else if value > levels.warning {
            Self::Warning
        } else if value >= levels.target {
            Self::Elevated
        } else {
            Self::Target
        }
    }
}

/// A level with hysteresis: it changes when enough samples in a row call for it, and then
/// only as far as the mildest of them does, so that a value that flaps makes no alerts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LevelTracker {
    level: Level,
    /// The mildest level that the run of samples on the other side calls for, and its length.
    run: Option<(Level, u8)>,
}

impl LevelTracker {
    pub(crate) const fn level(self) -> Level {
        self.level
    }

    pub(crate) fn push(&mut self, value: Duration, levels: &Levels) {
        let called = Level::of(value, levels);
        let worse = called > self.level;
        self.run = match self.run {
            _ if called == self.level => None,
            Some((mildest, count)) if (mildest > self.level) == worse => {
                let nearest = if worse { mildest.min(called) } else { mildest.max(called) };
                Some((nearest, count.saturating_add(1)))
            }
            _ => Some((called, 1)),
        };
        if let Some((level, count)) = self.run
            && count >= levels.samples
        {
            self.level = level;
            self.run = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn levels_after(millis: &[u64]) -> Level {
        let mut tracker = LevelTracker::default();
        for millis in millis {
            tracker.push(Duration::from_millis(*millis), &Levels::DEFAULT);
        }
        tracker.level()
    }

    #[test]
    fn a_level_changes_only_after_three_samples_in_a_row() {
        assert_eq!(levels_after(&[3_000, 3_000]), Level::Target);
        assert_eq!(levels_after(&[3_000, 3_000, 3_000]), Level::Critical);
        assert_eq!(levels_after(&[3_000, 3_000, 100, 3_000, 3_000]), Level::Target);
        assert_eq!(levels_after(&[3_000, 3_000, 3_000, 100, 100]), Level::Critical);
        assert_eq!(levels_after(&[3_000, 3_000, 3_000, 100, 100, 100]), Level::Target);
    }

    #[test]
    fn a_level_moves_no_further_than_the_mildest_of_the_samples() {
        assert_eq!(levels_after(&[3_000, 1_500, 3_000]), Level::Warning);
        assert_eq!(levels_after(&[3_000, 3_000, 3_000, 100, 1_500, 100]), Level::Warning);
    }

    #[test]
    fn the_bounds_belong_to_the_level_between_target_and_warning() {
        assert_eq!(levels_after(&[499; 3]), Level::Target);
        assert_eq!(levels_after(&[500; 3]), Level::Elevated);
        assert_eq!(levels_after(&[1_000; 3]), Level::Elevated);
        assert_eq!(levels_after(&[1_001; 3]), Level::Warning);
        assert_eq!(levels_after(&[2_000; 3]), Level::Warning);
        assert_eq!(levels_after(&[2_001; 3]), Level::Critical);
    }

    #[test]
    fn a_window_of_one_is_its_own_summary() {
        let mut window = LatencyWindow::new();
        window.push(Duration::from_secs(1 << 40));
        let summary = window.summary().unwrap();
        // Saturated, not wrapped.
        assert_eq!(summary.min, Duration::from_micros(u64::from(u32::MAX)));
        assert_eq!((summary.min, summary.median), (summary.p99, summary.max));
    }

    #[test]
    fn a_window_is_always_what_sorting_it_would_tell() {
        let mut window = LatencyWindow::new();
        let mut all = Vec::new();
        for step in 0_u64..350 {
            // Up and down, and many that are equal.
            let micros = step.wrapping_mul(7_919) % 97;
            window.push(Duration::from_micros(micros));
            all.push(micros);
            let mut last = all.iter().rev().take(LatencyWindow::CAPACITY).collect::<Vec<_>>();
            last.sort_unstable();
            let at = |percent: usize| {
                let rank = (last.len() * percent).div_ceil(100).saturating_sub(1);
                Duration::from_micros(**last.get(rank).unwrap())
            };
            let summary = window.summary().unwrap();
            let got = (summary.min, summary.median, summary.p99, summary.max);
            assert_eq!(got, (at(0), at(50), at(99), at(100)), "after {step}");
            assert_eq!(summary.count, last.len());
        }
    }
}
