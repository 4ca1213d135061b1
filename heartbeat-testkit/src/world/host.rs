//! What a client runs on: a clock, and a process that may stand still.

use core::time::Duration;

use heartbeat_core::Timestamp;

use super::FOREVER;
use crate::VirtualClock;

/// What stands still when a client freezes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the clock runs on or it does not")]
pub enum Freeze {
    /// The process alone, as under a stop signal or a long pause of the scheduler.
    Process,
    /// The machine with its monotonic clock, as when it is suspended.
    Machine,
}

#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) clock: VirtualClock,
    /// Until when, in true time.
    frozen: Option<Timestamp>,
}

impl Host {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self { clock: VirtualClock::new(now), frozen: None }
    }

    pub(super) fn freeze(&mut self, now: Timestamp, span: Duration, freeze: Freeze) {
        if freeze == Freeze::Machine {
            self.clock.freeze(now);
        }
        self.frozen = Some(now.checked_add(span).unwrap_or(FOREVER));
    }

    /// Runs again if its time has come; tells whether it did just now.
    pub(super) fn thaws(&mut self, now: Timestamp) -> bool {
        let thaws = self.frozen.take_if(|until| *until <= now).is_some();
        if thaws {
            self.clock.thaw(now);
        }
        thaws
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Returns the true time at which it does what is due at `deadline` by its own clock.
    pub(super) fn wakes_at(&self, deadline: Option<Timestamp>) -> Option<Timestamp> {
        match self.frozen {
            Some(until) => Some(until),
            None => deadline.and_then(|deadline| self.clock.when(deadline)),
        }
    }
}
