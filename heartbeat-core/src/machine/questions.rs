//! What the machine can be asked at any time.

use super::Machine;
use super::message::Message;
use crate::{Clock, Config, Evidence, Health, Level, Phase, Timestamp};

impl Machine {
    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn health(&self) -> Health {
        let clock_misses = Clock::ALL.map(|clock| self.clocks.reading(clock).misses);
        let mut counters = self.counters;
        counters.events_dropped = self.reports.dropped();
        counters.events_coalesced = self.reports.coalesced();
        Health {
            phase: self.phase(),
            live_since: self.live_since,
            level: self.level(),
            failures_in_a_row: clock_misses
                .into_iter()
                .fold(self.responses_failed.max(self.probes_failed), u8::max)
                .max(self.keepalives.failures()),
            last_read: self.clocks.moved(Clock::Transport),
            last_session: self.clocks.moved(Clock::Session),
            last_data: self.clocks.moved(Clock::Data),
            last_beat: self.beat.map(|(at, _)| at),
            last_challenge: self.last_challenge,
            last_answer: self.last_answer,
            cancel_on_disconnect: self.cancel.standing(),
            dead_man: self.dead_man.standing(),
            response_time: self.response_time.summary(),
            round_trip: self.round_trip.summary(),
            counters,
        }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let clocks = Clock::ALL.map(|clock| self.clocks.reading(clock));
        let at = self.ended.unwrap_or(self.now);
        Evidence::new(at, &self.inputs, self.probes.unanswered(), clocks)
    }

    /// Tells whether probes are ping frames now, whatever the platform's words.
    pub(crate) const fn probes_by_ping(&self) -> bool {
        self.probes.are_by_ping()
    }

    pub(super) fn level(&self) -> Level {
        self.response_time.level().max(self.round_trip.level())
    }

    /// Tells whether the venue's heartbeat is armed, and its terms are known where they have to be.
    pub(super) fn is_ready(&self) -> bool {
        let is_done = |message| matches!(message, Message::Unneeded | Message::Done);
        is_done(self.arm) && is_done(self.terms)
    }

    /// Returns the longest time from the last sign of life to the verdict, as things stand.
    pub(crate) const fn silence_bound(&self) -> core::time::Duration {
        self.silence_bound
    }

    fn phase(&self) -> Phase {
        if self.verdict.is_reached() {
            Phase::Finished
        } else if !self.is_ready() {
            Phase::Arming
        } else if self.live_since.is_some() {
            Phase::Live
        } else {
            Phase::Ready
        }
    }
}
