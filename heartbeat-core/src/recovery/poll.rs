//! What a recovery wants done, one thing at a time.

use super::remedy::Remedy;
use super::state::{End, Parting};
use super::{
    Attempt, AttemptPhase, Generation, LeaveReason, Purpose, Recovery, RecoveryAction,
    RotationOrder,
};
use crate::{AttemptLimit, Gate, Permit, Settlement, Timestamp};

impl Recovery {
    /// Returns the next thing to do at `now`, with the gate of the venue that it connects to.
    ///
    /// Feed what has become of attempts before polling at a deadline, so that a late wake-up
    /// is not blamed on them. Ends with [`RecoveryAction::Wait`] after at most six calls.
    pub fn poll<B: AttemptLimit>(&mut self, now: Timestamp, gate: &mut Gate<B>) -> RecoveryAction {
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
            let within = self.time_of(attempt, now);
            self.fail_attempt(now, Remedy::BackOff(Settlement::Failure));
            self.ledger.present(now, gate);
            return RecoveryAction::Abandon { generation, phase, within };
        }
        self.heed_lift(now, gate.lifts());
        let Some((due, purpose)) = self.next_attempt() else {
            return RecoveryAction::Wait(None);
        };
        if now < due {
            return RecoveryAction::Wait(Some(due));
        }
        if let Err(again) = gate.opens(now, self.is_forced) {
            return RecoveryAction::Wait(Some(self.come_back(again)));
        }
        if let Purpose::Rotate(reason) = purpose
            && self.config.rotation_order() == RotationOrder::BreakBeforeMake
            && let Some(live) = self.live.take()
        {
            self.part(now, live.generation, LeaveReason::Rotation(reason));
            return self.next_report().unwrap_or(RecoveryAction::Wait(Some(self.due)));
        }
        match gate.admit(now, self.is_forced) {
            Ok(permit) => {
                let generation = self.begin(now, permit);
                RecoveryAction::Dial { generation, purpose }
            }
            Err(again) => RecoveryAction::Wait(Some(self.come_back(again))),
        }
    }

    /// All who are turned away hear the same time, and must not come back as one.
    fn come_back(&mut self, again: Timestamp) -> Timestamp {
        let apart = self.rng.span_up_to(self.config.backoff_bound(0));
        self.due = again.saturating_add(apart);
        self.waits_for_gate = true;
        self.due
    }

    /// Whoever waits for a gate that was lifted meanwhile waits no more.
    fn heed_lift(&mut self, now: Timestamp, lifts: u32) {
        let was_lifted = core::mem::replace(&mut self.lifts, lifts) != lifts;
        if was_lifted && self.waits_for_gate && now < self.due {
            let apart = self.rng.span_up_to(self.config.backoff_bound(0));
            self.due = self.due.min(now.saturating_add(apart));
        }
    }

    /// The time that the phase of an attempt had.
    fn time_of(&self, attempt: &Attempt, now: Timestamp) -> core::time::Duration {
        let longest = self.config.longest_ready();
        let took = now.saturating_since(attempt.began);
        if attempt.phase == AttemptPhase::Ready && took >= longest {
            longest
        } else {
            self.config.phase_within(attempt.phase)
        }
    }

    /// Returns what the driver must hear before anything else is done.
    fn next_report(&mut self) -> Option<RecoveryAction> {
        if let Some(leaving) = self.leaving.take()
            && let Some(live) = &self.live
        {
            let (from, to, reason) = (leaving.generation, live.generation, leaving.reason());
            return Some(RecoveryAction::Rotate { from, to, reason });
        }
        if let Some((from, to, reason)) = self.reports.rotated.take() {
            return Some(RecoveryAction::Rotate { from, to, reason });
        }
        if let Some(generation) = self.reports.withdrawn.take() {
            return Some(RecoveryAction::Withdraw { generation });
        }
        if let Some((generation, why)) = self.reports.left.take() {
            return Some(RecoveryAction::Leave { generation, why });
        }
        if let Some((generation, reason, tries)) = self.reports.failed_rotation.take() {
            return Some(RecoveryAction::RotationFailed { generation, reason, tries });
        }
        let End::Reached(why) = self.end else {
            return None;
        };
        self.end = End::Announced(why);
        Some(RecoveryAction::GiveUp(why))
    }

    /// Returns when the next attempt is due and what for, if one is called for.
    pub(super) fn next_attempt(&self) -> Option<(Timestamp, Purpose)> {
        if self.is_paused {
            return None;
        }
        let Some(live) = &self.live else {
            let due = self.parting.map_or(self.due, |parting| self.due.max(parting.until));
            return Some((due, Purpose::Connect));
        };
        let rotation = live.rotation?;
        let due = rotation.at.max(live.rotates_from).max(self.due);
        Some((due, Purpose::Rotate(rotation.reason)))
    }

    /// Leaves a connection before there is another.
    pub(super) fn part(&mut self, now: Timestamp, generation: Generation, why: LeaveReason) {
        let until = now.saturating_add(self.config.leave_within());
        self.parting = Some(Parting { generation, until });
        self.reports.left = Some((generation, why));
    }

    fn begin(&mut self, now: Timestamp, permit: Permit) -> Generation {
        self.dialled = self.dialled.saturating_add(1);
        let generation = Generation::from_number(self.dialled);
        let rotation = self.config.aging().and_then(|aging| aging.plan(now, &mut self.rng));
        self.is_forced = false;
        self.waits_for_gate = false;
        self.parting = None;
        self.attempt = Some(Attempt {
            generation,
            phase: AttemptPhase::Dial,
            began: now,
            deadline: now.checked_add(self.config.phase_within(AttemptPhase::Dial)),
            permit,
            rotation,
            told: None,
            in_maintenance: false,
        });
        generation
    }
}
