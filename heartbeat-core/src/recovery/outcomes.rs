//! What becomes of attempts and connections, and what follows from it.

use core::ops::RangeInclusive;
use core::time::Duration;

use super::remedy::Remedy;
use super::rotation::Rotation;
use super::setback::YoungEnd;
use super::state::{Told, Tries, tells_to_leave};
use super::{AttemptPhase, GiveUp, Outcome, Recovery, Refusal, RefusalCode, RotationReason};
use crate::{NoticeKind, Settlement, Timestamp};

impl Recovery {
    pub(super) fn on_attempt(&mut self, now: Timestamp, outcome: Outcome) {
        let reached = match outcome {
            Outcome::Dialed => AttemptPhase::Upgrade,
            Outcome::Upgraded => AttemptPhase::Arm,
            Outcome::Armed => AttemptPhase::Ready,
            Outcome::Ready => AttemptPhase::Live,
            Outcome::Live => return self.go_live(now),
            Outcome::Progress => {
                return self.progress(now, AttemptPhase::Ready..=AttemptPhase::Ready);
            }
            Outcome::Receiving => {
                return self.progress(now, AttemptPhase::Arm..=AttemptPhase::Live);
            }
            Outcome::Failed(failure) => {
                let remedy = Remedy::of_failure(failure, &self.config);
                return self.fail_attempt(now, remedy);
            }
            Outcome::Ended(cause) => {
                let in_maintenance = self.attempt.as_ref().is_some_and(|it| it.in_maintenance);
                let remedy = Remedy::of_cause(cause, in_maintenance, &self.config);
                let remedy = self.weigh(remedy);
                return self.fail_attempt(now, remedy);
            }
            Outcome::Notice { kind, deadline } => {
                if let Some(attempt) = &mut self.attempt {
                    attempt.note(now, kind, deadline);
                }
                return;
            }
        };
        let within = self.config.phase_within(reached);
        if let Some(attempt) = &mut self.attempt {
            attempt.reach(now, reached, within);
        }
    }

    /// Gives the attempt's phase its time again, if it is one of these.
    fn progress(&mut self, now: Timestamp, phases: RangeInclusive<AttemptPhase>) {
        if let Some(attempt) = self.attempt.as_mut().filter(|it| phases.contains(&it.phase)) {
            let within = self.config.phase_within(attempt.phase);
            attempt.progress(now, within, self.config.longest_ready());
        }
    }

    fn go_live(&mut self, now: Timestamp) {
        let Some(attempt) = self.attempt.take() else {
            return;
        };
        let told = attempt.told;
        let (permit, living) = attempt.into_living(now);
        self.ledger.settle(permit, Settlement::Success);
        self.leaving = self.live.replace(living);
        self.setbacks.let_in();
        self.setback = None;
        self.due = now;
        if let Some(told) = told {
            self.leave_as_told(now, told);
        }
    }

    pub(super) fn on_live(&mut self, now: Timestamp, outcome: Outcome) {
        let in_maintenance = self.live.as_ref().is_some_and(|live| live.in_maintenance);
        match outcome {
            Outcome::Failed(failure) => {
                self.end_live(now, Remedy::of_failure(failure, &self.config));
            }
            Outcome::Ended(cause) => {
                self.end_live(now, Remedy::of_cause(cause, in_maintenance, &self.config));
            }
            Outcome::Notice { kind, deadline } if tells_to_leave(kind) => {
                let ends = deadline.map(|deadline| now.saturating_add(deadline));
                self.leave_as_told(now, Told { kind, ends });
            }
            Outcome::Notice { kind, .. } => {
                if let Some(live) = &mut self.live {
                    live.note(kind);
                }
            }
            Outcome::Dialed
            | Outcome::Upgraded
            | Outcome::Armed
            | Outcome::Progress
            | Outcome::Receiving
            | Outcome::Ready
            | Outcome::Live => {}
        }
    }

    // ----------------------------------------------------------------- planned

    /// Plans the rotation of the living connection that the venue calls for.
    fn leave_as_told(&mut self, now: Timestamp, told: Told) {
        // Half of the time that we are given stays for connecting.
        let given = told.ends.map(|ends| ends.saturating_since(now));
        let given = given.map(|given| given.checked_div(2).unwrap_or_default());
        let reason = RotationReason::Notice(told.kind);
        let Some(live) = &mut self.live else {
            return;
        };
        if live.told.is_some_and(|before| before.kind == told.kind) {
            // The moment is drawn once; only a nearer end moves it.
            if let Some(given) = given
                && let Some(planned) = live.rotation.as_mut().filter(|it| it.reason == reason)
            {
                planned.at = planned.at.min(now.saturating_add(given));
            }
            return;
        }
        live.told = Some(told);
        let spread = match (told.kind, given) {
            (_, Some(given)) => given.min(self.config.rotation_spread()),
            // It is mute already, and its keys are its own.
            (NoticeKind::SessionExpired, None) => self.config.backoff_bound(0),
            (_, None) => self.config.notice_spread(),
        };
        let at = now.saturating_add(self.rng.span_up_to(spread));
        live.rotate_by(Rotation { at, reason });
        let is_young = !self.setbacks.are_outlived(live.since, now, &self.config);
        if is_young && !core::mem::replace(&mut live.has_counted, true) {
            let is_stable = live.is_stable();
            self.die_young_as_told(now, is_stable, given);
        }
    }

    /// Counts a connection that is told to go before it has proven anything: the next is put off
    /// as after one that died.
    /// The rotation waits no longer than the connection is left; should it end before, what
    /// follows it waits for the whole.
    fn die_young_as_told(&mut self, now: Timestamp, is_stable: bool, given: Option<Duration>) {
        let remedy = if let Some(refusal) = self.setbacks.end_young(YoungEnd::Told) {
            Remedy::Pause { refusal, code: None, asked: None }
        } else {
            Remedy::BackOff(Settlement::Failure)
        };
        if !is_stable {
            self.failures = self.failures.saturating_add(1);
            if remedy.settlement() == Settlement::Failure {
                self.ledger.record_young_death();
            }
        }
        let before = self.due;
        self.put_off(now, remedy);
        let put_off = self.due;
        if let Some(given) = given {
            self.due = put_off.min(now.saturating_add(given)).max(before);
        }
        if let Some(live) = &mut self.live {
            live.put_off = put_off;
        }
    }

    // ------------------------------------------------------------------ failed

    /// Takes an end that says nothing by itself for what many of them look like.
    fn weigh(&mut self, remedy: Remedy) -> Remedy {
        let (how, code) = match remedy {
            Remedy::Closed(code) => (YoungEnd::Closed(code), code),
            Remedy::OwnLimit => (YoungEnd::OwnLimit, None),
            Remedy::Broke => (YoungEnd::Broke, None),
            Remedy::BackOff(_)
            | Remedy::Pause { .. }
            | Remedy::Deny { .. }
            | Remedy::RefuseCredentials(_)
            | Remedy::GiveUp(_) => return remedy,
        };
        match self.setbacks.end_young(how) {
            Some(refusal) => {
                Remedy::Pause { refusal, code: code.map(RefusalCode::Close), asked: None }
            }
            None => remedy,
        }
    }

    pub(super) fn fail_attempt(&mut self, now: Timestamp, remedy: Remedy) {
        let Some(attempt) = self.attempt.take() else {
            return;
        };
        self.ledger.settle(attempt.permit, remedy.settlement());
        if self.live.is_some() && remedy != Remedy::GiveUp(GiveUp::Stopped) {
            self.fail_rotation(now, attempt.phase, remedy);
        } else {
            self.failures = self.failures.saturating_add(1);
            self.apply(now, remedy);
        }
    }

    /// A rotation that fails leaves a connection that is well. What is refused is tried a few
    /// times, slowly, and what cannot be reached as often as anything else. Only a pause that
    /// concerns all outlives the connection: should it die, there is an outage to mend.
    fn fail_rotation(&mut self, now: Timestamp, phase: AttemptPhase, remedy: Remedy) {
        let Some(live) = &mut self.live else {
            return;
        };
        let is_refused =
            phase >= AttemptPhase::Arm || remedy != Remedy::BackOff(Settlement::Failure);
        live.tries.failed = live.tries.failed.saturating_add(1);
        live.tries.refused = live.tries.refused.saturating_add(u32::from(is_refused));
        let Tries { failed, refused } = live.tries;
        let (generation, reason) = (live.generation, live.reason());

        let pause = self.pause_for(now, remedy);
        let delay = self.rng.span_up_to(self.config.backoff_bound(failed));
        if pause.is_shared {
            self.due = self.due.max(pause.ends.saturating_add(delay));
        }
        let slowly = if is_refused {
            self.config.escalated(self.config.rotation_pause(), refused)
        } else {
            Duration::ZERO
        };
        let again = pause.ends.max(now.saturating_add(slowly)).saturating_add(delay);
        let is_final = matches!(remedy, Remedy::GiveUp(_));
        let has_failed = is_final || refused >= self.config.rotation_tries().get();
        let escalation_cap = self.config.escalation_cap();
        if let Some(live) = &mut self.live {
            // It grows old all the same, whatever else it was to be left for.
            let aging = live.aging.map(|planned| {
                let is_past = reason == RotationReason::Age || planned.at <= now;
                let at = if is_past { now.saturating_add(escalation_cap) } else { planned.at };
                Rotation { at, ..planned }
            });
            live.rotation = if has_failed { aging } else { Some(Rotation { at: again, reason }) };
            // Whoever asks for another meanwhile does not hasten it.
            live.rotates_from = again;
            if has_failed {
                live.tries = Tries::NONE;
                self.reports.failed_rotation = Some((generation, reason, failed));
            }
        }
    }

    fn end_live(&mut self, now: Timestamp, remedy: Remedy) {
        let Some(live) = self.live.take() else {
            return;
        };
        let is_outlived = self.setbacks.are_outlived(live.since, now, &self.config);
        let is_denied = matches!(remedy, Remedy::Pause { refusal: Refusal::Denied, .. });
        let remedy = if is_outlived && is_denied {
            // By a policy that it kept to for long; nobody says which.
            Remedy::BackOff(Settlement::Failure)
        } else if is_outlived || live.has_counted {
            remedy
        } else {
            self.weigh(remedy)
        };
        if !live.is_stable() && !live.has_counted {
            self.failures = self.failures.saturating_add(1);
            if remedy.settlement() == Settlement::Failure {
                self.ledger.record_young_death();
            }
        }
        self.due = self.due.max(live.put_off);
        // The driver has not left the old one yet.
        self.live = self.leaving.take();
        self.apply(now, remedy);
    }

    /// Plans the next attempt, or none.
    fn apply(&mut self, now: Timestamp, remedy: Remedy) {
        if let Some(why) = self.ends_it(remedy) {
            return self.give_up(why);
        }
        let exhausted = self.config.give_up_after().is_some_and(|most| self.failures >= most.get());
        if exhausted && self.live.is_none() && self.attempt.is_none() {
            return self.give_up(GiveUp::Exhausted { failures: self.failures });
        }
        self.put_off(now, remedy);
    }

    /// Tells whether a failure is the last.
    fn ends_it(&mut self, remedy: Remedy) -> Option<GiveUp> {
        let status = |code| match code {
            Some(RefusalCode::Status(status)) => Some(status),
            Some(RefusalCode::Close(_)) | None => None,
        };
        match remedy {
            Remedy::GiveUp(why) => Some(why),
            Remedy::RefuseCredentials(code) => self
                .setbacks
                .refuse_credentials(&self.config)
                .then(|| GiveUp::Unauthorized { status: status(code) }),
            Remedy::Deny { code, .. } => {
                let tries = self.setbacks.deny(&self.config)?;
                Some(match status(code) {
                    Some(status) => GiveUp::Denied { status, tries },
                    None => GiveUp::Unauthorized { status: None },
                })
            }
            Remedy::BackOff(_)
            | Remedy::Closed(_)
            | Remedy::OwnLimit
            | Remedy::Broke
            | Remedy::Pause { .. } => None,
        }
    }

    /// Puts the next attempt off: by the pause that the remedy calls for, and by a backoff after
    /// so many failures in a row. Never to earlier than it was.
    fn put_off(&mut self, now: Timestamp, remedy: Remedy) {
        let pause = self.pause_for(now, remedy);
        let delay = self.rng.span_up_to(self.config.backoff_bound(self.failures));
        self.due = self.due.max(pause.ends.saturating_add(delay));
    }

    /// Begins the pause that a remedy calls for, and has all keep it whom it concerns.
    fn pause_for(&mut self, now: Timestamp, remedy: Remedy) -> Pause {
        let refused = match remedy {
            Remedy::BackOff(_)
            | Remedy::Closed(_)
            | Remedy::OwnLimit
            | Remedy::Broke
            | Remedy::GiveUp(_) => None,
            Remedy::Pause { refusal, code, asked } | Remedy::Deny { refusal, code, asked } => {
                Some((refusal, code, asked))
            }
            Remedy::RefuseCredentials(code) => Some((Refusal::Credentials, code, None)),
        };
        self.setback = refused.map(|(refusal, code, asked)| {
            self.setbacks.pause(now, (refusal, code, asked), &self.config)
        });
        let ends = now.saturating_add(self.setback.map_or(Duration::ZERO, |it| it.pause));
        let is_shared =
            refused.is_some_and(|(refusal, code, asked)| concerns_all(refusal, code, asked));
        self.waits_for_gate = is_shared;
        if is_shared {
            self.ledger.hold_until(ends);
        }
        Pause { ends, is_shared }
    }
}

/// A pause that has begun.
struct Pause {
    ends: Timestamp,
    /// Whether all who share the gate keep it.
    is_shared: bool,
}

/// Tells whether a pause is to be kept by all who share the gate: it is about an address or a
/// venue, and not about one connection's key or path.
const fn concerns_all(
    refusal: Refusal,
    code: Option<RefusalCode>,
    asked: Option<Duration>,
) -> bool {
    match refusal {
        Refusal::RateLimited | Refusal::Banned | Refusal::Maintenance => true,
        Refusal::Restarting => code.is_some() || asked.is_some(),
        Refusal::Credentials
        | Refusal::SessionExpired
        | Refusal::Blocked
        | Refusal::Denied
        | Refusal::Displaced
        | Refusal::Unknown => asked.is_some(),
    }
}
