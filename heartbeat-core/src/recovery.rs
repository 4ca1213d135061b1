//! When to connect, and when to connect anew: one recovery for one connection.

mod action;
mod config;
mod input;
mod operator;
mod outcomes;
mod poll;
mod refusal;
mod remedy;
mod rotation;
mod setback;
mod state;

use crate::rng::Rng;
use crate::{Settlement, Timestamp};
pub use action::{GiveUp, LeaveReason, Purpose, RecoveryAction, RotationReason};
pub use config::{RecoveryBuilder, RecoveryConfig, RecoveryError};
pub use input::{AttemptFailure, AttemptPhase, Generation, Outcome};
pub use refusal::{Refusal, RefusalCode};
pub use rotation::{RotationOrder, RotationWindow};
pub use setback::Setback;
use setback::Setbacks;
use state::{Attempt, End, Ledger, Living, Parting};

/// The one authority that decides when a connection is made, and made anew.
///
/// Holds no socket, reads no clock, allocates nothing and cannot fail. Like a
/// [`Session`](crate::Session), it is fed and then drained:
///
/// - **Inputs** - [`handle`](Self::handle) for all that becomes of an attempt and of the
///   connection it led to, and the operator's hand: [`request_rotation`](Self::request_rotation),
///   [`reconnect_now`](Self::reconnect_now), [`pause`](Self::pause), [`resume`](Self::resume),
///   [`stop`](Self::stop).
/// - **Output** - [`poll`](Self::poll), after every input and at every deadline, until it
///   returns [`RecoveryAction::Wait`]. There is no other way to learn the deadline. Polling
///   early or twice does nothing.
/// - **Question** - [`status`](Self::status), at any time.
///
/// Every attempt has a [`Generation`], and what is reported of an old one does nothing, so that
/// no straggler can connect twice. It cannot be cloned: there is one authority.
///
/// After a failure the next attempt comes after a delay drawn between zero and a bound that
/// doubles with each failure in a row (full jitter); after a pause that the venue asked for, no
/// sooner than that pause. Failures count until a connection has been live for
/// [`stable_for`](RecoveryConfig::stable_for); one that dies younger is a failure itself, and so is
/// one that is told to leave younger. The [`Gate`](crate::Gate) has the last word, and those whom
/// it turns away come back spread out.
///
/// What a venue says by a status or a close code is taken by its meaning, the [`Refusal`]. What it
/// asks for can make a pause of ours longer and never shorter, refusals of a kind in a row make it
/// grow, and a single answer that may pass ends nothing. The [`Setback`] in the
/// [`status`](Self::status) says what is waited for.
///
/// A rotation that is refused beside a living connection is no outage: it is tried a few times,
/// slowly, and then told as failed.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::*;
///
/// let at = Timestamp::from_millis;
/// let mut gate = Gate::new(Breaker::new(BreakerConfig::builder().build().unwrap()), ());
/// let config = RecoveryConfig::builder().phase_within(AttemptPhase::Dial, Duration::from_secs(2));
/// let mut recovery = Recovery::new(config.build().unwrap(), 7, at(0));
///
/// let RecoveryAction::Dial { generation, purpose } = recovery.poll(at(0), &mut gate) else {
///     panic!("the first attempt is due at once");
/// };
/// assert_eq!(purpose, Purpose::Connect);
/// assert_eq!(recovery.poll(at(0), &mut gate), RecoveryAction::Wait(Some(at(2_000))));
///
/// // It was never heard of again.
/// let (phase, within) = (AttemptPhase::Dial, Duration::from_secs(2));
/// let abandon = RecoveryAction::Abandon { generation, phase, within };
/// assert_eq!(recovery.poll(at(2_000), &mut gate), abandon);
///
/// // And what it says now says nothing.
/// recovery.handle(at(2_001), generation, Outcome::Live);
/// assert_eq!(recovery.status().live, None);
/// ```
#[derive(Debug)]
pub struct Recovery {
    config: RecoveryConfig,
    rng: Rng,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
    /// How many attempts there were.
    dialled: u64,
    /// No attempt before this.
    due: Timestamp,
    /// Whether it is the gate, or a pause that all keep, that `due` waits for.
    waits_for_gate: bool,
    /// How often the gate had been lifted when it was last asked.
    lifts: u32,
    attempt: Option<Attempt>,
    live: Option<Living>,
    /// The connection that `live` replaced, until the driver was told.
    leaving: Option<Living>,
    /// The connection that is left before there is another, until it has ended.
    parting: Option<Parting>,
    /// Failures in a row.
    failures: u32,
    setbacks: Setbacks,
    /// What the next attempt waits for, or waited for.
    setback: Option<Setback>,
    /// Whether the operator wants the next attempt at once.
    is_forced: bool,
    is_paused: bool,
    /// What the driver has yet to hear.
    reports: Reports,
    ledger: Ledger,
    end: End,
}

/// What the driver has yet to hear, one of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Reports {
    rotated: Option<(Generation, Generation, RotationReason)>,
    withdrawn: Option<Generation>,
    left: Option<(Generation, LeaveReason)>,
    failed_rotation: Option<(Generation, RotationReason, u32)>,
}

/// Where a recovery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecoveryStatus {
    /// The connection that is live.
    pub live: Option<Generation>,
    /// The attempt that is under way, and its phase.
    pub attempt: Option<(Generation, AttemptPhase)>,
    /// When the next attempt is due, if one is planned; the gate may put it off.
    pub next_attempt: Option<Timestamp>,
    /// How many failures there were in a row.
    pub failures: u32,
    /// What the venue has against the next attempt, if that is known: how often it said so, and
    /// the pause that is taken. `None` once a connection is live, or failed otherwise.
    pub setback: Option<Setback>,
    /// How many attempts to rotate the connection that is live came to nothing.
    pub rotation_failures: u32,
    /// Whether the operator has paused it.
    pub is_paused: bool,
    /// Why no attempt will be made any more.
    pub given_up: Option<GiveUp>,
}

impl Recovery {
    /// Begins without a connection; the first attempt is due at once.
    ///
    /// All randomness comes from `seed`: give each member of a fleet another, and the same one
    /// again to see the same run again.
    pub const fn new(config: RecoveryConfig, seed: u64, now: Timestamp) -> Self {
        Self {
            config,
            rng: Rng::from_seed(seed),
            now,
            dialled: 0,
            due: now,
            attempt: None,
            live: None,
            waits_for_gate: false,
            lifts: 0,
            leaving: None,
            parting: None,
            failures: 0,
            setbacks: Setbacks::NONE,
            setback: None,
            is_forced: false,
            is_paused: false,
            reports: Reports { rotated: None, withdrawn: None, left: None, failed_rotation: None },
            ledger: Ledger::EMPTY,
            end: End::Open,
        }
    }

    /// Takes what became of an attempt, or of the connection it led to.
    pub fn handle(&mut self, now: Timestamp, generation: Generation, outcome: Outcome) {
        let now = self.advance(now);
        let is_end = matches!(outcome, Outcome::Failed(_) | Outcome::Ended(_));
        let is = |of: Option<Generation>| of == Some(generation);
        if self.end != End::Open {
            if is_end && is(self.live.as_ref().map(|live| live.generation)) {
                self.live = None;
            }
        } else if is(self.attempt.as_ref().map(|attempt| attempt.generation)) {
            self.on_attempt(now, outcome);
        } else if is(self.live.as_ref().map(|live| live.generation)) {
            self.on_live(now, outcome);
        } else if is(self.leaving.as_ref().map(|leaving| leaving.generation)) && is_end {
            // There is nothing left to leave.
            self.leaving = None;
        } else if is_end && is(self.parting.map(|parting| parting.generation)) {
            // The venue has seen it go: the next may come.
            self.parting = None;
        }
    }

    /// Returns where it stands.
    pub fn status(&self) -> RecoveryStatus {
        let planned = self.next_attempt().filter(|_| self.attempt.is_none());
        RecoveryStatus {
            live: self.live.as_ref().map(|live| live.generation),
            attempt: self.attempt.as_ref().map(|attempt| (attempt.generation, attempt.phase)),
            next_attempt: planned.filter(|_| self.end == End::Open).map(|(due, _)| due),
            failures: self.failures,
            setback: self.setback,
            rotation_failures: self.live.as_ref().map_or(0, |live| live.tries.failed),
            is_paused: self.is_paused,
            given_up: self.end.why(),
        }
    }

    /// Returns the settings.
    pub const fn config(&self) -> &RecoveryConfig {
        &self.config
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        if let Some(live) = &mut self.live {
            if live.proves_stable(self.now, self.config.stable_for()) {
                self.failures = 0;
            }
            if self.setbacks.are_outlived(live.since, self.now, &self.config) {
                self.setbacks = Setbacks::NONE;
            }
        }
        self.now
    }

    fn give_up(&mut self, why: GiveUp) {
        if self.end != End::Open {
            return;
        }
        self.end = End::Reached(why);
        if let Some(attempt) = self.attempt.take() {
            self.ledger.settle(attempt.permit, Settlement::Neutral);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_of_thousands_does_not_mind_its_size() {
        assert!(size_of::<Recovery>() <= 1_024, "{} bytes", size_of::<Recovery>());
    }
}
