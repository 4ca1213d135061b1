//! When not to try: one breaker a venue, so that a venue that is down is not besieged.

mod config;

use crate::Timestamp;
use config::Rule;
pub use config::{BreakerBuilder, BreakerConfig, BreakerError};

/// Stops attempts to connect to a venue while they would be in vain.
///
/// - **Closed**: attempts are admitted. The last outcomes are kept in a rolling window; when
///   it holds enough of them and too many are failures, the breaker opens.
/// - **Open**: nothing is admitted before a stated time, which doubles from one opening to the
///   next up to a cap. An outage with a known end opens it until that end.
/// - **Half open**: one attempt, a trial, is admitted, and another each
///   [`trial_every`](BreakerConfig::trial_every) for as long as none is settled: a client whose
///   own line is dead must not hold up those who could connect. The first success closes the
///   breaker, the first failure opens it for longer, and if nobody says within
///   [`trial_within`](BreakerConfig::trial_within) what became of a trial, it has failed.
///
/// An attempt holds the [`Permit`] it was admitted with and hands it back with what became of
/// it. A permit from before the breaker last opened or closed has nothing to say any more.
/// Time that steps back counts as no time passed.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{Breaker, BreakerConfig, BreakerState, Settlement, Timestamp};
///
/// let at = Timestamp::from_millis;
/// let config = BreakerConfig::builder().min_outcomes(2).open_for(Duration::from_secs(1));
/// let mut breaker = Breaker::new(config.build().unwrap());
/// for _ in 0..2 {
///     let permit = breaker.admit(at(0)).unwrap();
///     breaker.settle(at(0), permit, Settlement::Failure);
/// }
/// assert_eq!(breaker.state(at(0)), BreakerState::Open { until: at(1_000) });
/// assert_eq!(breaker.admit(at(999)).unwrap_err(), at(1_000));
/// // One trial, and nobody else for half a second, unless it is settled before.
/// let trial = breaker.admit(at(1_000)).unwrap();
/// assert_eq!(breaker.admit(at(1_000)).unwrap_err(), at(1_500));
/// breaker.settle(at(1_100), trial, Settlement::Success);
/// assert!(breaker.admit(at(1_100)).is_ok());
/// ```
#[derive(Debug)]
pub struct Breaker {
    rule: Rule,
    state: State,
    /// Counts the changes of state; a permit of another epoch is void.
    epoch: u64,
    outcomes: Outcomes,
    /// How often it opened since it was last closed.
    openings: u32,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
}

/// What a [`Breaker`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a breaker has three states")]
pub enum BreakerState {
    /// It admits attempts.
    Closed,
    /// It admits none before this time.
    Open {
        /// The time.
        until: Timestamp,
    },
    /// It admits one attempt now and then.
    HalfOpen,
}

impl BreakerState {
    /// Returns the state as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The right to one attempt. It cannot be copied, and is spent by telling what became of it.
#[derive(Debug)]
#[must_use = "a breaker learns only from permits that are settled"]
pub struct Permit {
    epoch: u64,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a breaker must know each of them")]
pub enum Settlement {
    /// The connection works.
    Success,
    /// The venue did not let us connect, or not for long.
    Failure,
    /// It says nothing about the venue: given up by us, or refused for what we asked. A trial
    /// makes way for another.
    Neutral,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: Timestamp },
    HalfOpen(Trials),
}

/// The trials that are out while the breaker is half open.
#[derive(Clone, Copy, Debug)]
struct Trials {
    out: u32,
    /// When the next is admitted.
    next_at: Timestamp,
    /// When one has failed that nobody settles; `None` while none is out.
    overdue_at: Option<Timestamp>,
}

impl Breaker {
    /// Makes a closed breaker.
    pub const fn new(config: BreakerConfig) -> Self {
        Self {
            rule: config.rule(),
            state: State::Closed,
            epoch: 0,
            outcomes: Outcomes::NONE,
            openings: 0,
            now: Timestamp::ZERO,
        }
    }

    /// Admits an attempt that starts now.
    ///
    /// # Errors
    ///
    /// When to ask again, which is later than now. While trials are under way that is when the
    /// next is admitted, for nobody knows when they end.
    pub fn admit(&mut self, now: Timestamp) -> Result<Permit, Timestamp> {
        self.opens(now)?;
        Ok(self.force(now))
    }

    /// Tells whether an attempt that starts now would be admitted, or when to ask again.
    pub(crate) fn opens(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let now = self.advance(now);
        match self.state {
            State::Open { until } => Err(until),
            State::HalfOpen(trials) if now < trials.next_at => {
                let overdue_at = trials.overdue_at.unwrap_or(trials.next_at);
                Err(trials.next_at.min(overdue_at))
            }
            State::Closed | State::HalfOpen(_) => Ok(()),
        }
    }

    /// Admits an attempt that starts now, whatever speaks against it. One that is made while it
    /// is open has nothing to say of it.
    pub(crate) fn force(&mut self, now: Timestamp) -> Permit {
        let now = self.advance(now);
        if let State::HalfOpen(trials) = &mut self.state {
            trials.out = trials.out.saturating_add(1);
            trials.next_at = now.saturating_add(self.rule.trial_every);
            trials.overdue_at.get_or_insert(now.saturating_add(self.rule.trial_within));
        }
        Permit { epoch: self.epoch }
    }

    /// Takes back a permit with what became of its attempt.
    #[expect(clippy::needless_pass_by_value, reason = "a permit is spent by settling it")]
    pub fn settle(&mut self, now: Timestamp, permit: Permit, settlement: Settlement) {
        let now = self.advance(now);
        if permit.epoch != self.epoch {
            return;
        }
        match (&mut self.state, settlement) {
            (State::Closed, Settlement::Success) => self.outcomes.push(false, self.rule.window),
            (State::Closed, Settlement::Failure) => self.count_failure(now),
            (State::HalfOpen(_), Settlement::Success) => {
                self.openings = 0;
                self.outcomes = Outcomes::NONE;
                self.enter(State::Closed);
            }
            (State::HalfOpen(_), Settlement::Failure) => self.open(now),
            (State::HalfOpen(trials), Settlement::Neutral) => {
                trials.out = trials.out.saturating_sub(1);
                if trials.out == 0 {
                    *trials = Trials::none(now);
                }
            }
            (State::Closed, Settlement::Neutral) | (State::Open { .. }, _) => {}
        }
    }

    /// Counts a failure without an attempt: a connection that was live and died too young.
    pub fn record_failure(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if matches!(self.state, State::Closed) {
            self.count_failure(now);
        }
    }

    /// Opens it until a known end. An end that is past, or earlier than the one that holds,
    /// changes nothing, and neither does it lengthen the next opening.
    pub fn hold_until(&mut self, now: Timestamp, end: Timestamp) {
        let now = self.advance(now);
        let holds = match self.state {
            State::Open { until } => until,
            State::Closed | State::HalfOpen(_) => now,
        };
        if end > holds {
            self.enter(State::Open { until: end });
        }
    }

    /// Ends an opening before its time: it is half open from now on. A closed one stays closed.
    pub fn lift(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if matches!(self.state, State::Open { .. }) {
            self.enter(State::HalfOpen(Trials::none(now)));
        }
    }

    /// Returns what it does at `now`.
    pub fn state(&self, now: Timestamp) -> BreakerState {
        let now = self.now.max(now);
        let mut state = self.state;
        while let Some(next) = self.passed(state, now) {
            state = next;
        }
        match state {
            State::Closed => BreakerState::Closed,
            State::Open { until } => BreakerState::Open { until },
            State::HalfOpen(_) => BreakerState::HalfOpen,
        }
    }

    /// Lets pass what time alone changes, and returns the time.
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        while let Some(next) = self.passed(self.state, self.now) {
            if matches!(next, State::Open { .. }) {
                self.openings = self.openings.saturating_add(1);
            }
            self.enter(next);
        }
        self.now
    }

    /// Returns what time alone makes of a state, if it makes another of it. Twice at most in
    /// a row: an overdue trial opens it, and the opening ends.
    fn passed(&self, state: State, now: Timestamp) -> Option<State> {
        match state {
            State::Open { until } if now >= until => Some(State::HalfOpen(Trials::none(until))),
            State::HalfOpen(Trials { overdue_at: Some(overdue_at), .. }) if now >= overdue_at => {
                let until = overdue_at.saturating_add(self.rule.open_for(self.openings));
                Some(State::Open { until })
            }
            State::Closed | State::Open { .. } | State::HalfOpen(_) => None,
        }
    }

    fn count_failure(&mut self, now: Timestamp) {
        self.outcomes.push(true, self.rule.window);
        if self.rule.is_broken(self.outcomes.len, self.outcomes.failures()) {
            self.open(now);
        }
    }

    fn open(&mut self, now: Timestamp) {
        let span = self.rule.open_for(self.openings);
        self.openings = self.openings.saturating_add(1);
        self.outcomes = Outcomes::NONE;
        self.enter(State::Open { until: now.saturating_add(span) });
    }

    const fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch = self.epoch.wrapping_add(1);
    }
}

impl Trials {
    const fn none(now: Timestamp) -> Self {
        Self { out: 0, next_at: now, overdue_at: None }
    }
}

/// The last outcomes, one bit each, at most 64; the lowest bit is the latest.
#[derive(Clone, Copy, Debug)]
struct Outcomes {
    failed: u64,
    len: u32,
}

impl Outcomes {
    const NONE: Self = Self { failed: 0, len: 0 };

    fn push(&mut self, failed: bool, window: u32) {
        let kept = u64::MAX.checked_shr(u64::BITS.saturating_sub(window)).unwrap_or(0);
        self.failed = (self.failed.wrapping_shl(1) | u64::from(failed)) & kept;
        self.len = self.len.saturating_add(1).min(window);
    }

    const fn failures(self) -> u32 {
        self.failed.count_ones()
    }
}

#[cfg(test)]
mod tests;
