//! When to connect, and when to connect anew: one recovery for one connection.

mod action;
mod config;
mod input;
mod refusal;
mod remedy;
mod rotation;
mod state;

use crate::rng::Rng;
use crate::{Budget, Gate, NoticeKind, Permit, Settlement, Timestamp};
pub use action::{GiveUp, Purpose, RecoveryAction, RotationReason};
pub use config::{RecoveryBuilder, RecoveryConfig, RecoveryError};
pub use input::{AttemptFailure, AttemptPhase, Generation, Outcome};
pub use refusal::{Refusal, RefusalCode};
use remedy::Remedy;
use rotation::Rotation;
pub use rotation::RotationWindow;
use state::{Attempt, End, Ledger, Living};

/// The one authority that decides when a connection is made, and made anew.
///
/// Holds no socket, reads no clock, allocates nothing and cannot fail. Like a
/// [`Session`](crate::Session), it is fed and then drained:
///
/// - **Inputs** - [`handle`](Self::handle) for all that becomes of an attempt and of the
///   connection it led to, [`request_rotation`](Self::request_rotation), [`stop`](Self::stop).
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
/// [`stable_for`](RecoveryConfig::stable_for); one that dies younger is a failure itself. The
/// [`Gate`] has the last word, and those whom it turns away come back spread out.
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
    attempt: Option<Attempt>,
    live: Option<Living>,
    /// The connection that `live` replaced, until the driver was told.
    leaving: Option<Living>,
    /// Failures in a row.
    failures: u32,
    ledger: Ledger,
    end: End,
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
            leaving: None,
            failures: 0,
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
        }
    }

    /// Plans a rotation of the connection that is live, at once; without one it does nothing.
    pub fn request_rotation(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if let Some(live) = &mut self.live {
            live.rotate_by(Rotation { at: now, reason: RotationReason::Requested });
        }
    }

    /// Ends it by the application's wish.
    pub fn stop(&mut self, now: Timestamp) {
        self.advance(now);
        self.give_up(GiveUp::Stopped);
    }

    /// Returns the next thing to do at `now`, with the gate of the venue that it connects to.
    ///
    /// Feed what has become of attempts before polling at a deadline, so that a late wake-up
    /// is not blamed on them. Ends with [`RecoveryAction::Wait`] after at most three calls.
    pub fn poll<B: Budget>(&mut self, now: Timestamp, gate: &mut Gate<B>) -> RecoveryAction {
        let now = self.advance(now);
        self.ledger.present(now, gate);
        if let Some(action) = self.next_report() {
            return action;
        }
        if self.end != End::Open {
            return RecoveryAction::Wait(None);
        }
        if let Some(attempt) = &self.attempt {
            if attempt.deadline.is_none_or(|deadline| now < deadline) {
                return RecoveryAction::Wait(attempt.deadline);
            }
            let (generation, phase) = (attempt.generation, attempt.phase);
            self.fail_attempt(now, Remedy::BackOff(Settlement::Failure));
            self.ledger.present(now, gate);
            let within = self.config.phase_within(phase);
            return RecoveryAction::Abandon { generation, phase, within };
        }
        let Some((due, purpose)) = self.next_attempt() else {
            return RecoveryAction::Wait(None);
        };
        if now < due {
            return RecoveryAction::Wait(Some(due));
        }
        match gate.admit(now) {
            Ok(permit) => {
                let generation = self.begin(now, permit);
                RecoveryAction::Dial { generation, purpose }
            }
            Err(again) => {
                // All who are turned away hear the same time, and must not come back as one.
                let apart = self.rng.span_up_to(self.config.backoff_bound(0));
                self.due = again.saturating_add(apart);
                RecoveryAction::Wait(Some(self.due))
            }
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
            given_up: self.end.why(),
        }
    }

    /// Returns the settings.
    pub const fn config(&self) -> &RecoveryConfig {
        &self.config
    }

    // ----------------------------------------------------------------- inputs

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        if let Some(live) = &mut self.live
            && live.proves_stable(self.now, self.config.stable_for())
        {
            self.failures = 0;
        }
        self.now
    }

    fn on_attempt(&mut self, now: Timestamp, outcome: Outcome) {
        let reached = match outcome {
            Outcome::Dialed => AttemptPhase::Upgrade,
            Outcome::Upgraded => AttemptPhase::Arm,
            Outcome::Armed => AttemptPhase::Ready,
            Outcome::Ready => AttemptPhase::Live,
            Outcome::Live => return self.go_live(now),
            Outcome::Failed(failure) => {
                let remedy = Remedy::of_failure(failure, &self.config);
                return self.fail_attempt(now, remedy);
            }
            Outcome::Ended(cause) => {
                let in_maintenance = self.attempt.as_ref().is_some_and(|it| it.in_maintenance);
                let remedy = Remedy::of_cause(cause, in_maintenance, &self.config);
                return self.fail_attempt(now, remedy);
            }
            Outcome::Notice { kind, .. } => {
                if let Some(attempt) = &mut self.attempt {
                    attempt.note(kind);
                }
                return;
            }
        };
        let deadline = now.checked_add(self.config.phase_within(reached));
        if let Some(attempt) = &mut self.attempt
            && attempt.phase < reached
        {
            attempt.phase = reached;
            attempt.deadline = deadline;
        }
    }

    fn go_live(&mut self, now: Timestamp) {
        let Some(attempt) = self.attempt.take() else {
            return;
        };
        let (permit, living) = attempt.into_living(now);
        self.ledger.settle(permit, Settlement::Success);
        self.leaving = self.live.replace(living);
        self.due = now;
    }

    fn on_live(&mut self, now: Timestamp, outcome: Outcome) {
        let in_maintenance = self.live.as_ref().is_some_and(|live| live.in_maintenance);
        match outcome {
            Outcome::Failed(failure) => {
                self.end_live(now, Remedy::of_failure(failure, &self.config));
            }
            Outcome::Ended(cause) => {
                self.end_live(now, Remedy::of_cause(cause, in_maintenance, &self.config));
            }
            Outcome::Notice { kind: NoticeKind::Shutdown, deadline } => {
                // Half of the time that we are given stays for connecting.
                let given = deadline.unwrap_or_default().checked_div(2).unwrap_or_default();
                let spread = given.min(self.config.rotation_spread());
                let at = now.saturating_add(self.rng.span_up_to(spread));
                let reason = RotationReason::Notice(NoticeKind::Shutdown);
                if let Some(live) = &mut self.live {
                    live.rotate_by(Rotation { at, reason });
                }
            }
            Outcome::Notice { kind, .. } => {
                if let Some(live) = &mut self.live {
                    live.note(kind);
                }
            }
            Outcome::Dialed
            | Outcome::Upgraded
            | Outcome::Armed
            | Outcome::Ready
            | Outcome::Live => {}
        }
    }

    fn fail_attempt(&mut self, now: Timestamp, remedy: Remedy) {
        if let Some(attempt) = self.attempt.take() {
            self.ledger.settle(attempt.permit, remedy.settlement());
            self.failures = self.failures.saturating_add(1);
            self.apply(now, remedy);
        }
    }

    fn end_live(&mut self, now: Timestamp, remedy: Remedy) {
        let Some(live) = self.live.take() else {
            return;
        };
        if !live.is_stable() {
            self.failures = self.failures.saturating_add(1);
            if remedy.settlement() == Settlement::Failure {
                self.ledger.record_young_death();
            }
        }
        // The driver has not left the old one yet.
        self.live = self.leaving.take();
        self.apply(now, remedy);
    }

    /// Plans the next attempt, or none.
    fn apply(&mut self, now: Timestamp, remedy: Remedy) {
        let pause = match remedy {
            Remedy::GiveUp(why) => return self.give_up(why),
            Remedy::BackOff(_) => None,
            Remedy::Pause(pause) => Some(pause),
        };
        let exhausted = self.config.give_up_after().is_some_and(|most| self.failures >= most.get());
        if exhausted && self.live.is_none() && self.attempt.is_none() {
            return self.give_up(GiveUp::Exhausted { failures: self.failures });
        }
        let from = match pause {
            Some(pause) => {
                let end = now.saturating_add(pause);
                self.ledger.hold_until(end);
                end
            }
            None => now,
        };
        let delay = self.rng.span_up_to(self.config.backoff_bound(self.failures));
        self.due = from.saturating_add(delay);
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

    // ----------------------------------------------------------------- outputs

    /// Returns what the driver must hear before anything else is done.
    fn next_report(&mut self) -> Option<RecoveryAction> {
        if let Some(leaving) = self.leaving.take()
            && let Some(live) = &self.live
        {
            let (from, to, reason) = (leaving.generation, live.generation, leaving.reason());
            return Some(RecoveryAction::Rotate { from, to, reason });
        }
        let End::Reached(why) = self.end else {
            return None;
        };
        self.end = End::Announced(why);
        Some(RecoveryAction::GiveUp(why))
    }

    /// Returns when the next attempt is due and what for, if one is called for.
    fn next_attempt(&self) -> Option<(Timestamp, Purpose)> {
        let Some(live) = &self.live else {
            return Some((self.due, Purpose::Connect));
        };
        let rotation = live.rotation?;
        Some((rotation.at.max(self.due), Purpose::Rotate(rotation.reason)))
    }

    fn begin(&mut self, now: Timestamp, permit: Permit) -> Generation {
        self.dialled = self.dialled.saturating_add(1);
        let generation = Generation::from_number(self.dialled);
        let rotation = self.config.aging().and_then(|aging| aging.plan(now, &mut self.rng));
        self.attempt = Some(Attempt {
            generation,
            phase: AttemptPhase::Dial,
            deadline: now.checked_add(self.config.phase_within(AttemptPhase::Dial)),
            permit,
            rotation,
            in_maintenance: false,
        });
        generation
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
