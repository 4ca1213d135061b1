//! What keeps a connection that the venue would end for our silence, and that nobody answers.
//!
//! It proves nothing: it moves no clock, waits for nothing, and is no probe. That it leaves at all
//! is held to a deadline, as a response is.

use core::time::Duration;

use super::growth::{Excuse, Growth};
use super::{Machine, Write};
use crate::{Cause, Config, Event, Failure, Timestamp};

/// The cycle of keepalives.
///
/// ```text
///         due           handed out
///  Idle ───────► Queued ──────────► Out
///   ▲                                │
///   └──────────── written ◄──────────┘
/// ```
#[derive(Clone, Debug)]
pub(super) struct Keepalives {
    every: Option<Duration>,
    state: State,
    /// How many deadlines passed in a row.
    failures: u8,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// None is due; `since` is when the last became due.
    Idle { since: Timestamp },
    /// Due since `due`, and waiting for the transport; its deadline runs from `since`.
    Queued { due: Timestamp, since: Timestamp },
    /// With the transport, which has not reported.
    Out { due: Timestamp, since: Timestamp },
}

impl Keepalives {
    pub(super) const fn new(config: &Config, now: Timestamp) -> Self {
        let state = State::Idle { since: now };
        Self { every: config.keepalive_every(), state, failures: 0 }
    }

    /// Sets another period, which holds from the last one on.
    pub(super) const fn set_every(&mut self, every: Option<Duration>) {
        self.every = every;
    }

    pub(super) const fn failures(&self) -> u8 {
        self.failures
    }

    pub(super) const fn is_queued(&self) -> bool {
        matches!(self.state, State::Queued { .. })
    }

    /// Returns when the next is due, or until when this one must have been written.
    pub(super) fn deadline(&self, write_within: Duration) -> Option<Timestamp> {
        match self.state {
            State::Idle { since } => since.checked_add(self.every?),
            State::Queued { since, .. } | State::Out { since, .. } => {
                since.checked_add(write_within)
            }
        }
    }

    pub(super) const fn hand_out(&mut self) -> bool {
        if let State::Queued { due, since } = self.state {
            self.state = State::Out { due, since };
            return true;
        }
        false
    }

    /// Notes that it was written. One that came as late as the next was due stands for that too.
    pub(super) fn written(&mut self, now: Timestamp) {
        self.failures = 0;
        if let State::Out { due, .. } = self.state {
            let is_late = self.every.is_some_and(|every| now.saturating_since(due) >= every);
            self.state = State::Idle { since: if is_late { now } else { due } };
        }
    }

    /// Leaves a span out of the time of the one that has yet to be handed out.
    pub(super) fn excuse_queued(&mut self, span: Growth) {
        if let State::Queued { since, .. } = &mut self.state {
            *since = Excuse::default().shift(*since, span);
        }
    }

    /// Gives the one that waits its full span from `now`: we slept.
    pub(super) const fn absolve(&mut self, now: Timestamp) {
        if let State::Queued { since, .. } | State::Out { since, .. } = &mut self.state {
            *since = now;
        }
    }
}

impl Machine {
    pub(super) fn next_keepalive(&mut self) -> Option<Write> {
        self.keepalives.hand_out().then_some(Write::Keepalive)
    }

    /// The next is due, or the transport has not taken this one in time. It keeps waiting.
    pub(super) fn on_keepalive_due(&mut self, at: Timestamp) {
        let keepalives = &mut self.keepalives;
        let (State::Queued { due, since } | State::Out { due, since }) = &mut keepalives.state
        else {
            keepalives.state = State::Queued { due: at, since: at };
            return;
        };
        *since = at;
        let waited = self.now.saturating_since(*due);
        keepalives.failures = keepalives.failures.saturating_add(1);
        let failures = keepalives.failures;
        let failure = Failure::TransmitStalled;
        self.reports.notify(Event::Timeout { failure });
        self.fail(failure, failures, Cause::TransmitStalled { failures, waited });
    }
}
