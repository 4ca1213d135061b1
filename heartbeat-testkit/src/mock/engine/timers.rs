//! When the venue speaks by itself, and until when the client must have spoken.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Layer, Timestamp};
use heartbeat_platforms::BrokenBy;

use super::super::HeartbeatKind;
use super::super::dialect::Challenge;
use super::super::scale::divided;
use super::{Effect, Engine};
use crate::OwnedFrame;

impl Engine {
    pub(super) fn set_period(&mut self, every: Duration) {
        let every = divided(every, self.time_scale);
        if let Some(challenge) = &mut self.rules.challenge {
            challenge.every = every;
        }
        self.rules.beat_every = self.rules.beat_every.map(|_| every);
    }

    /// A venue that sends both sends its beats half-way between its challenges.
    pub(super) fn start_heartbeat(&mut self, now: Timestamp) {
        self.begun = true;
        let challenge = self.rules.challenge;
        self.next_challenge = challenge.and_then(|rule| now.checked_add(rule.every));
        self.next_beat = self.rules.beat_every.and_then(|every| {
            let first = if challenge.is_some() { every / 2 } else { every };
            now.checked_add(first)
        });
    }

    pub(super) fn stop_heartbeat(&mut self) {
        self.begun = false;
        self.next_challenge = None;
        self.next_beat = None;
        self.open.clear();
    }

    pub(super) fn start_data(&mut self, now: Timestamp) {
        if !self.planned.is_down {
            self.next_data = self.next_data_after(now);
        }
    }

    /// Returns when market data is due after `at`: a period later, or at the channel's next time.
    pub(super) fn next_data_after(&self, at: Timestamp) -> Option<Timestamp> {
        let every = self.data_every?;
        let Some(since) = self.channel_since else {
            return at.checked_add(every);
        };
        let into = at.saturating_since(since).as_nanos().checked_rem(every.as_nanos())?;
        at.checked_add(every.saturating_sub(nanos(into)))
    }

    /// Returns the number in the channel of what is due at `at`.
    pub(super) fn number_at(&self, at: Timestamp) -> Option<u64> {
        let every = self.data_every?.as_nanos();
        let number = at.saturating_since(self.channel_since?).as_nanos().checked_div(every)?;
        u64::try_from(number).ok()
    }

    pub(super) fn response_deadline(&self) -> Option<Timestamp> {
        self.open.deadline(self.rules.challenge)
    }

    pub(super) fn subscription_deadline(&self) -> Option<Timestamp> {
        self.unused_since?.checked_add(self.rules.subscribe_within?)
    }

    pub(super) fn silence_deadline(&self) -> Option<Timestamp> {
        let rule = self.rules.silence?;
        let broken = match rule.broken_by {
            BrokenBy::ServerMessage => self.sent,
            BrokenBy::AnyMessage => self.heard.max(self.sent),
            // Also of what is not known yet: the stricter side.
            BrokenBy::ClientMessage | _ => self.heard,
        };
        broken.checked_add(rule.limit)
    }

    pub(super) fn challenge(&mut self, due: Timestamp, now: Timestamp, out: &mut VecDeque<Effect>) {
        let Some(rule) = self.rules.challenge else {
            return;
        };
        self.next_challenge = due.checked_add(rule.every);
        if !self.open.has_room() {
            return;
        }
        self.counters.challenges += 1;
        let (payload, frame) = match rule.layer {
            Layer::Control => {
                let payload = self.dialect.ping_payload(self.wall(now), self.counters.challenges);
                (payload.clone(), OwnedFrame::Ping(payload))
            }
            Layer::Dialect => {
                let Challenge { text, token } =
                    self.dialect.challenge(self.wall(now), self.counters.challenges);
                (token.into_bytes(), self.dialect.pack(text))
            }
        };
        self.open.open(now, payload, rule.respond_within);
        out.push_back(Effect::Heartbeat(HeartbeatKind::Challenge, frame));
    }
}

/// Returns a span of so many nanoseconds, of which there are no more than in the axis.
fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
