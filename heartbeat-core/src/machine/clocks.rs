//! The three clocks, each moved by inbound evidence alone.

use core::time::Duration;

use super::growth::{Excuse, Growth};
use crate::{Clock, ClockReading, Config, Heard, Timestamp};

/// The three clocks of a connection.
#[derive(Clone, Debug)]
pub(super) struct Clocks {
    transport: State,
    session: State,
    data: State,
}

#[derive(Clone, Copy, Debug)]
struct State {
    limit: Option<Duration>,
    moved: Option<Timestamp>,
    /// Where the current span of `limit` began: the last move, miss or absolution.
    since: Timestamp,
    misses: u8,
    excuse: Excuse,
    /// Whether the limit is the venue's own word, which is broken at once.
    is_promised: bool,
}

impl Clocks {
    pub(super) const fn new(config: &Config, now: Timestamp) -> Self {
        Self {
            transport: State::new(config.transport_limit(), now),
            session: State::new(config.session_limit(), now),
            data: State::new(config.data_limit(), now),
        }
    }

    /// Takes the venue's word to be heard, from now on, in place of any that it gave before. A
    /// limit of ours that is found broken sooner stays.
    pub(super) fn promise(&mut self, config: &Config, heard: Option<Heard>, now: Timestamp) {
        let limits = [
            (Clock::Transport, config.transport_limit()),
            (Clock::Session, config.session_limit()),
            (Clock::Data, config.data_limit()),
        ];
        for (clock, limit) in limits {
            let threshold = u32::from(config.failure_threshold());
            let ours = limit.map(|limit| limit.saturating_mul(threshold));
            let promised = heard.filter(|heard| heard.clock == clock).map(|heard| heard.within);
            let taken = promised.filter(|within| ours.is_none_or(|ours| *within < ours));
            let state = self.state_mut(clock);
            if taken.is_some() || state.is_promised {
                // Said again, it moves no clock.
                let since = if state.is_promised { state.since } else { now };
                let is_promised = taken.is_some();
                let moved = state.moved;
                *state = State { moved, is_promised, ..State::new(taken.or(limit), since) };
            }
        }
    }

    /// Tells whether the clock's limit is the venue's own word.
    pub(super) const fn is_promised(&self, clock: Clock) -> bool {
        self.state(clock).is_promised
    }

    /// Moves a clock: evidence came in.
    pub(super) const fn advance(&mut self, clock: Clock, now: Timestamp) {
        let state = self.state_mut(clock);
        state.moved = Some(now);
        state.since = now;
        state.misses = 0;
        state.excuse = Excuse::NONE;
    }

    /// Leaves out of what each clock counts as silence that a message grew.
    pub(super) fn excuse(&mut self, growth: Growth) {
        for clock in Clock::ALL {
            let state = self.state_mut(clock);
            state.since = state.excuse.shift(state.since, growth);
        }
    }

    /// Returns when the clock last moved; `None` if it never did.
    pub(super) const fn moved(&self, clock: Clock) -> Option<Timestamp> {
        self.state(clock).moved
    }

    pub(super) fn deadline(&self, clock: Clock) -> Option<Timestamp> {
        let state = self.state(clock);
        state.since.checked_add(state.limit?)
    }

    /// Counts a miss of a clock that ran into its limit, and returns how many in a row.
    pub(super) const fn miss(&mut self, clock: Clock, now: Timestamp) -> u8 {
        let state = self.state_mut(clock);
        state.since = now;
        state.misses = state.misses.saturating_add(1);
        state.misses
    }

    /// Gives every clock its full span from `now`: we slept, not the peer.
    pub(super) fn absolve(&mut self, now: Timestamp) {
        for clock in Clock::ALL {
            self.state_mut(clock).since = now;
        }
    }

    pub(super) fn reading(&self, clock: Clock) -> ClockReading {
        let State { limit, moved, misses, .. } = *self.state(clock);
        ClockReading { clock, moved, limit, misses }
    }

    const fn state(&self, clock: Clock) -> &State {
        match clock {
            Clock::Transport => &self.transport,
            Clock::Session => &self.session,
            Clock::Data => &self.data,
        }
    }

    const fn state_mut(&mut self, clock: Clock) -> &mut State {
        match clock {
            Clock::Transport => &mut self.transport,
            Clock::Session => &mut self.session,
            Clock::Data => &mut self.data,
        }
    }
}

impl State {
    const fn new(limit: Option<Duration>, now: Timestamp) -> Self {
        let excuse = Excuse::NONE;
        Self { limit, moved: None, since: now, misses: 0, excuse, is_promised: false }
    }
}
