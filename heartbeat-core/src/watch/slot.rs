//! One subscription under watch.

use core::time::Duration;

use super::{OnSilence, Silence, WatchAction, WatchEvent, WatchSpec, WatchStatus};
use crate::Timestamp;

/// The most that the wait between two resubscriptions grows: 64 limits.
const BACKOFF_MAX: u16 = 6;

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) key: u64,
    spec: WatchSpec,
    /// When the watch began.
    started: Timestamp,
    /// When data last came.
    last: Option<Timestamp>,
    /// Where the current span began: the last data, limit or absolution.
    since: Timestamp,
    /// How many spans passed in a row without data: one more than attempts at most.
    passed: u16,
    /// Whether nothing more follows from silence until data comes.
    spent: bool,
    /// Whether a stall was forgiven since data last came.
    forgiven: bool,
    /// How long it had been silent when data came after all, until that is told.
    recovered: Option<Duration>,
    /// What has yet to follow from the limit that passed last.
    due: Option<WatchAction>,
}

impl Slot {
    pub(super) const fn new(now: Timestamp, key: u64, spec: WatchSpec) -> Self {
        Self {
            key,
            spec,
            started: now,
            last: None,
            since: now,
            passed: 0,
            spent: false,
            forgiven: false,
            recovered: None,
            due: None,
        }
    }

    /// Takes data, and tells whether more follows from it than a deadline further away.
    pub(super) fn handle_data(&mut self, now: Timestamp) -> bool {
        let is_first = self.last.is_none();
        let was_silent = self.passed > 0;
        if was_silent {
            self.recovered = Some(self.silent_for(now));
            self.due = None;
        }
        self.last = Some(now);
        self.since = now;
        self.passed = 0;
        self.spent = false;
        self.forgiven = false;
        is_first || was_silent
    }

    /// Gives it its full span from `now`, once: we slept, so what it said may be unread.
    pub(super) const fn absolve(&mut self, now: Timestamp) {
        if !self.forgiven {
            self.forgiven = true;
            self.since = now;
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.spent {
            return None;
        }
        self.since.checked_add(self.span()?)
    }

    /// Returns the next thing that follows at `now`, if anything does.
    pub(super) fn next(
        &mut self,
        now: Timestamp,
        stall_tolerance: Duration,
    ) -> Option<WatchAction> {
        if let Some(silent_for) = self.recovered.take() {
            return Some(WatchAction::Notify(WatchEvent::Recovered { key: self.key, silent_for }));
        }
        if let Some(due) = self.due.take() {
            return Some(due);
        }
        let deadline = self.deadline().filter(|deadline| *deadline <= now)?;
        // The next span runs from the deadline and not from when it was noticed, or lateness
        // would add up; after a stall it runs from now.
        let punctual = now.saturating_since(deadline) <= stall_tolerance;
        self.since = if punctual { deadline } else { now };
        self.pass(now)
    }

    pub(super) fn status(&self) -> WatchStatus {
        WatchStatus { last_data: self.last, limits_passed: self.passed }
    }

    /// A limit passed: settles what follows, and returns the first of it.
    fn pass(&mut self, now: Timestamp) -> Option<WatchAction> {
        self.passed = self.passed.saturating_add(1);
        self.due = self.consequence(now);
        if self.passed > 1 {
            return self.due.take();
        }
        let (key, silent_for) = (self.key, self.silent_for(now));
        Some(WatchAction::Notify(match self.last {
            None => WatchEvent::FirstDataOverdue { key, waited: silent_for },
            Some(_) => WatchEvent::DataOverdue { key, silent_for },
        }))
    }

    fn consequence(&mut self, now: Timestamp) -> Option<WatchAction> {
        let (key, passed) = (self.key, self.passed);
        match self.spec.on_silence {
            OnSilence::Report => {
                self.spent = true;
                None
            }
            OnSilence::Resubscribe { attempts } | OnSilence::ResubscribeThenEnd { attempts }
                if passed <= u16::from(attempts.get()) =>
            {
                Some(WatchAction::Resubscribe { key, attempt: passed })
            }
            OnSilence::Resubscribe { attempts } => {
                self.spent = true;
                let attempts = attempts.get();
                Some(WatchAction::Notify(WatchEvent::ResubscribedInVain { key, attempts }))
            }
            OnSilence::End { after } if passed < u16::from(after.get()) => None,
            OnSilence::ResubscribeThenEnd { .. } | OnSilence::End { .. } => {
                self.spent = true;
                let silent_for = self.silent_for(now);
                Some(WatchAction::End(Silence { key, limits: passed, silent_for }))
            }
        }
    }

    /// Returns the span that runs now: the limit, and twice as much after each resubscription.
    fn span(&self) -> Option<Duration> {
        let limit = if self.last.is_none() { self.spec.first_within } else { self.spec.then_every };
        let doublings = match self.spec.on_silence {
            OnSilence::Report | OnSilence::End { .. } => 0,
            OnSilence::Resubscribe { .. } | OnSilence::ResubscribeThenEnd { .. } => {
                self.passed.min(BACKOFF_MAX)
            }
        };
        Some(limit?.saturating_mul(1u32.wrapping_shl(u32::from(doublings))))
    }

    fn silent_for(&self, now: Timestamp) -> Duration {
        now.saturating_since(self.last.unwrap_or(self.started))
    }
}
