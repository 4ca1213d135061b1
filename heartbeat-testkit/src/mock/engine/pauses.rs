//! What a venue does about a time in which it could not do what it should.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::Timestamp;

use super::{Effect, Engine};
use crate::{Fault, HeartbeatKind, OwnedFrame};

impl Engine {
    /// Gives every deadline of the client's its whole time again: what it could not do must not
    /// be held against it.
    pub(in crate::mock) fn forgive(&mut self, now: Timestamp) {
        let within = self.rules.challenge.map_or(Duration::MAX, |rule| rule.respond_within);
        self.open.restart(now, within);
        self.heard = now;
        self.sent = now;
        self.unused_since = self.unused_since.map(|_| now);
    }

    /// Begins anew after a time in which nothing could leave.
    pub(in crate::mock) fn resume(&mut self, now: Timestamp) {
        self.forgive(now);
        if self.begun {
            self.start_heartbeat(now);
        }
        if self.next_data.is_some() {
            self.start_data(now);
        }
    }

    /// Sends what was due while the venue stood still, and forgives.
    pub(in crate::mock) fn catch_up(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        let begun = out.len();
        while let Some(due) = self.next_sending().filter(|due| *due <= now) {
            self.send_due(due, now, out);
            if out.len() - begun >= Fault::OWED_MAX {
                break;
            }
        }
        // The rest is dropped with what kept it.
        for next in [&mut self.next_challenge, &mut self.next_beat, &mut self.next_data] {
            *next = next.map(|due| due.max(now));
        }
        self.forgive(now);
    }

    /// Sends one heartbeat more than the rules ask for.
    pub(in crate::mock) fn extra_heartbeat(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        if self.rules.challenge.is_some() {
            let scheduled = self.next_challenge;
            self.challenge(now, now, out);
            self.next_challenge = scheduled;
            self.owed = self.owed.saturating_add(1);
        } else if self.rules.beat_every.is_some() {
            self.beat(now, out);
        } else if self.open.has_room() {
            self.owed = self.owed.saturating_add(1);
            self.counters.challenges += 1;
            let payload = self.counters.challenges.to_string().into_bytes();
            self.open.open(now, payload.clone(), Duration::MAX);
            let ping = OwnedFrame::Ping(payload);
            out.push_back(Effect::Heartbeat(HeartbeatKind::Challenge, ping));
        }
    }

    /// Leaves every other number of the beats out, or none any more.
    pub(in crate::mock) const fn skip_beats(&mut self, skips: bool) {
        self.beat_step = if skips { 2 } else { 1 };
    }
}
