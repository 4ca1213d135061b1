//! What time alone brings about: one enum of timers, one place for their deadlines, one match.

use super::{Machine, Step};
use crate::{Cause, Clock, Outlet, Timestamp};

/// Everything that time alone can bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Response,
    Probe,
    Clock(Clock),
    Keepalive,
    Arm,
    Terms,
    Cancel,
    DeadMan,
    Farewell,
    Jump,
}

impl Timer {
    /// In the order in which they fire. What is said unasked comes last: none of it leaves in the
    /// moment of a verdict.
    const ALL: [Self; 12] = [
        Self::Response,
        Self::Clock(Clock::Transport),
        Self::Clock(Clock::Session),
        Self::Clock(Clock::Data),
        Self::Arm,
        Self::Terms,
        Self::Farewell,
        Self::Probe,
        Self::Keepalive,
        Self::Cancel,
        Self::DeadMan,
        Self::Jump,
    ];
}

impl Machine {
    /// Moves time on, never back, and notices when it leapt past a promised wake-up.
    pub(super) fn advance(&mut self, now: Timestamp) -> Timestamp {
        if now < self.now {
            self.counters.clock_regressions = self.counters.clock_regressions.saturating_add(1);
            return self.now;
        }
        self.now = now;
        if self.stalled_after.is_some_and(|limit| now > limit) {
            self.on_stall(now);
        }
        self.reports.pass(now);
        now
    }

    /// Ends a drain. Evidence only pushes deadlines away, so this one stays a safe promise
    /// until an input makes work.
    pub(super) fn settle(&mut self, outlet: Outlet) -> Step {
        let withheld = self.dead_man.is_on() && self.is_in_doubt();
        self.dead_man.withhold(withheld);
        self.hold.rest();
        // With the outlet blocked something may be waiting for it to open.
        self.settled = outlet == Outlet::Ready;
        self.deadline = Timer::ALL.into_iter().filter_map(|timer| self.deadline_of(timer)).min();
        self.stalled_after =
            self.deadline.and_then(|deadline| deadline.checked_add(self.config.stall_tolerance()));
        Step::Wait(self.deadline)
    }

    fn deadline_of(&self, timer: Timer) -> Option<Timestamp> {
        match timer {
            Timer::Response if self.is_held() => self.challenges.deadline_while_held(),
            Timer::Response => self.challenges.deadline(),
            Timer::Probe if self.is_held() && self.probes.is_queued() => None,
            Timer::Arm if self.is_held() && self.arm.is_queued() => None,
            Timer::Keepalive if self.is_held() && self.keepalives.is_queued() => None,
            Timer::Keepalive => self.keepalives.deadline(self.config.respond_within()),
            Timer::Terms => self.terms.since()?.checked_add(self.config.arm_within()),
            Timer::Probe => {
                let read = self.clocks.moved(Clock::Transport).unwrap_or(self.started);
                self.probes.deadline(read, self.written)
            }
            Timer::Clock(clock) => self.clocks.deadline(clock),
            Timer::Arm => self.arm.since()?.checked_add(self.config.arm_within()),
            Timer::Cancel => self.cancel.since()?.checked_add(self.config.arm_within()),
            Timer::DeadMan => self.dead_man.due().filter(|_| !self.is_in_doubt()),
            Timer::Farewell => {
                let since = self.switch_off.since().or(self.farewell.since())?;
                since.checked_add(self.config.respond_within())
            }
            Timer::Jump => self.reports.jump_due(),
        }
    }

    /// Fires the first timer that is due; `false` if none is.
    pub(super) fn fire_due(&mut self, now: Timestamp) -> bool {
        let due = |timer: Timer| {
            let deadline = self.deadline_of(timer).filter(|deadline| *deadline <= now)?;
            Some((timer, deadline))
        };
        let Some((timer, deadline)) = Timer::ALL.into_iter().find_map(due) else { return false };
        // What follows runs from the deadline and not from when we noticed it, or every
        // wake-up's lateness would add to the detection time. After a stall it runs from now:
        // no burst makes up for what was slept through.
        let punctual = now.saturating_since(deadline) <= self.config.stall_tolerance();
        self.fire(timer, if punctual { deadline } else { now });
        // A timer that fires and stays due would spin. Several challenges can be overdue at
        // once; each firing settles one.
        debug_assert!(
            self.verdict.is_reached()
                || timer == Timer::Response
                || self.deadline_of(timer).is_none_or(|next| next > now),
            "{timer:?} fired and stays due"
        );
        true
    }

    fn fire(&mut self, timer: Timer, at: Timestamp) {
        match timer {
            Timer::Response => self.on_response_overdue(at),
            Timer::Probe if self.probes.outstanding().is_none() => self.probes.queue(at),
            Timer::Probe => self.on_answer_due(at),
            Timer::Clock(clock) => self.on_clock_exceeded(clock, at),
            Timer::Arm => self.decide(Cause::ArmOverdue { arm_within: self.config.arm_within() }),
            Timer::Keepalive => self.on_keepalive_due(at),
            Timer::Terms => {
                self.decide(Cause::TermsOverdue { arm_within: self.config.arm_within() });
            }
            Timer::Cancel => self.on_cancel_overdue(),
            Timer::DeadMan => self.on_refresh_due(at),
            Timer::Farewell => self.decide(Cause::Stopped),
            Timer::Jump => self.reports.tell_jump(),
        }
    }
}
