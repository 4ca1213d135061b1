//! The watch over one subscription, slow and obvious.

use core::time::Duration;

use heartbeat_core::{OnSilence, Timestamp, WatchSpec};

use super::since;

/// What a watch must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WatchDoes {
    /// Tell that the first data is overdue.
    FirstOverdue,
    /// Tell that data is overdue.
    Overdue,
    /// Tell that data came after all.
    Recovered,
    /// Ask for the subscription again.
    Resubscribe,
    /// Tell that the last of that was in vain.
    InVain,
    /// End the connection.
    End,
}

/// A watch over one subscription that is looked at once every millisecond.
///
/// It counts limits by the time that has passed since data came, and knows the world at its
/// simplest: the clock never stalls, every limit is a whole number of milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct WatchModel {
    spec: WatchSpec,
    /// When it began, or data last came.
    since: Timestamp,
    has_data: bool,
    /// How many limits had passed when it was last looked at.
    passed: u32,
    spent: bool,
}

impl WatchModel {
    /// Begins at `start`.
    pub const fn new(spec: WatchSpec, start: Timestamp) -> Self {
        Self { spec, since: start, has_data: false, passed: 0, spent: false }
    }

    /// Looks at it at `now`, when data may have come. To be called for every millisecond, the
    /// start included.
    pub fn tick(&mut self, now: Timestamp, data: bool) -> Vec<WatchDoes> {
        let mut does = Vec::new();
        if data {
            if self.passed > 0 {
                does.push(WatchDoes::Recovered);
            }
            *self = Self { since: now, has_data: true, passed: 0, spent: false, ..*self };
        }
        let passed = self.passed_by(now);
        if !self.spent && passed > self.passed {
            self.passed = passed;
            if passed == 1 && self.has_data {
                does.push(WatchDoes::Overdue);
            } else if passed == 1 {
                does.push(WatchDoes::FirstOverdue);
            }
            does.extend(self.consequence(passed));
        }
        does
    }

    fn consequence(&mut self, passed: u32) -> Option<WatchDoes> {
        let (last, then) = match self.spec.on_silence {
            OnSilence::Report => (0, None),
            OnSilence::Resubscribe { attempts } => (attempts.get(), Some(WatchDoes::InVain)),
            OnSilence::ResubscribeThenEnd { attempts } => (attempts.get(), Some(WatchDoes::End)),
            OnSilence::End { after } if passed < u32::from(after.get()) => return None,
            OnSilence::End { .. } => (0, Some(WatchDoes::End)),
        };
        if passed <= u32::from(last) {
            return Some(WatchDoes::Resubscribe);
        }
        self.spent = true;
        then
    }

    /// Counts the limits that have passed: one after another, or each twice as long as the one
    /// before where the subscription is asked for again, up to 64 times the first.
    fn passed_by(&self, now: Timestamp) -> u32 {
        let limit = if self.has_data { self.spec.then_every } else { self.spec.first_within };
        let Some(limit) = limit else {
            return 0;
        };
        let backs_off = matches!(
            self.spec.on_silence,
            OnSilence::Resubscribe { .. } | OnSilence::ResubscribeThenEnd { .. }
        );
        let silent_for = since(self.since, now);
        let (mut end, mut passed) = (Duration::ZERO, 0);
        loop {
            end += if backs_off { limit * (1 << passed.min(6)) } else { limit };
            if end > silent_for {
                return passed;
            }
            passed += 1;
        }
    }
}
