//! The venue's dead-man switch: wound up by us, and only while the line is beyond doubt.

use crate::{Config, DeadMan, DeadManStanding, Standing, Timestamp};

/// The refreshes of a dead-man switch.
///
/// ```text
///                 due, no doubt          handed out            acknowledged
///   Off ──► Idle ──────────────► Queued ───────────► Idle, owed ──────────► Idle
///  request   ▲                     │                     │
///            └──── in doubt ───────┘                     └─ due again: overdue
/// ```
#[derive(Clone, Debug)]
pub(super) struct DeadManSwitch {
    plan: Option<DeadMan>,
    state: State,
    standing: Standing,
    /// When the first refresh was handed out that the venue has not acknowledged.
    owed: Option<Timestamp>,
    until: Option<Timestamp>,
    last_acknowledged: Option<Timestamp>,
    /// Whether the venue may have it wound up.
    wound_up: bool,
    withheld: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Off,
    /// The next refresh leaves at `due`, or later, when the line is beyond doubt again.
    Idle {
        due: Timestamp,
    },
    /// A refresh waits for the transport; the one after it is due at `next`.
    Queued {
        next: Timestamp,
    },
}

/// What a refresh that became due finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Whether the venue has not acknowledged the one before.
    pub(super) overdue: bool,
    /// When the switch ran out, if it did.
    pub(super) lapsed: Option<Timestamp>,
}

impl DeadManSwitch {
    pub(super) const fn new(config: &Config) -> Self {
        Self {
            plan: config.dead_man(),
            state: State::Off,
            standing: Standing::NotAsked,
            owed: None,
            until: None,
            last_acknowledged: None,
            wound_up: false,
            withheld: false,
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.state != State::Off
    }

    pub(super) const fn is_queued(&self) -> bool {
        matches!(self.state, State::Queued { .. })
    }

    /// Starts it with a refresh at once. On one that runs it does nothing.
    pub(super) fn start(&mut self, now: Timestamp) {
        if self.plan.is_some() && self.state == State::Off {
            self.state = State::Idle { due: now };
            self.standing = Standing::Asked;
        }
    }

    /// Ends it, and tells whether the venue has to be told to switch it off.
    pub(super) fn stop(&mut self) -> bool {
        self.state = State::Off;
        let at_stop = self.plan.map(|plan| plan.at_stop);
        self.wound_up && at_stop == Some(crate::AtStop::SwitchOff)
    }

    /// Notes whether refreshes are withheld now.
    pub(super) const fn withhold(&mut self, in_doubt: bool) {
        self.withheld = in_doubt;
    }

    pub(super) const fn is_withheld(&self) -> bool {
        self.withheld
    }

    /// Returns when the next refresh is due on a line beyond doubt.
    pub(super) const fn due(&self) -> Option<Timestamp> {
        match self.state {
            State::Idle { due } => Some(due),
            State::Off | State::Queued { .. } => None,
        }
    }

    /// Queues the refresh that was due at `at`.
    pub(super) fn queue(&mut self, at: Timestamp) -> Due {
        if let (State::Idle { .. }, Some(plan)) = (self.state, self.plan) {
            self.state = State::Queued { next: at.saturating_add(plan.refresh) };
        }
        let overdue = self.owed.is_some();
        if overdue {
            self.standing = Standing::Overdue;
        }
        let lapsed = self.until.filter(|until| *until <= at);
        if lapsed.is_some() {
            self.until = None;
        }
        Due { overdue, lapsed }
    }

    /// Hands out the queued refresh; one that the line came into doubt before is due again as
    /// soon as that has passed.
    pub(super) fn hand_out(&mut self, now: Timestamp, in_doubt: bool) -> bool {
        let State::Queued { next } = self.state else {
            return false;
        };
        if in_doubt {
            self.state = State::Idle { due: now };
            return false;
        }
        self.state = State::Idle { due: next };
        self.owed.get_or_insert(now);
        self.wound_up = true;
        true
    }

    /// Takes the venue's acknowledgement. Returns until when the switch is wound up at least,
    /// and whether it was not known to be; `None` if none was owed.
    pub(super) fn acknowledge(&mut self, now: Timestamp) -> Option<(Timestamp, bool)> {
        let handed_out = self.owed.take()?;
        // The venue's time began when it read the refresh. Only that this was not before we
        // handed it out is certain, nor which refresh it was if several are owed.
        let until = handed_out.saturating_add(self.plan?.timeout);
        self.until = Some(until);
        self.last_acknowledged = Some(now);
        let before = core::mem::replace(&mut self.standing, Standing::Confirmed);
        Some((until, before != Standing::Confirmed))
    }

    /// Takes the venue's refusal, or the platform's; `false` if no reply is owed. The next
    /// refresh is tried all the same.
    pub(super) const fn refuse(&mut self) -> bool {
        let is_owed = self.owed.take().is_some();
        if is_owed {
            self.standing = Standing::Refused;
        }
        is_owed
    }

    pub(super) fn standing(&self) -> Option<DeadManStanding> {
        self.plan.map(|_| DeadManStanding {
            standing: self.standing,
            until: self.until,
            last_acknowledged: self.last_acknowledged,
            withheld: self.withheld,
        })
    }
}
