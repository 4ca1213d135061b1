//! A venue's rules at work on one connection: what it sends when, and whom it throws out.

mod challenges;
mod pauses;

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Frame, Layer, Timestamp};
use heartbeat_platforms::{Begins, BrokenBy, CloseRule, Exchange, Hazard, Rules};

use super::dialect::{Challenge, Dialect, Meaning};
use super::scale::{PERIOD_MIN, divided, scaled};
use super::venues;
use super::{DataFrom, HeartbeatKind, MockCounters, MockOptions, Observation, Offence, Surprise};
use crate::OwnedFrame;
use challenges::{Answer, Challenges};

/// What the venue wants to happen; the planned faults have the last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A challenge or a beat.
    Heartbeat(HeartbeatKind, OwnedFrame),
    /// Market data.
    Data(OwnedFrame),
    /// The answer to a probe, and one that is not its own.
    Answer { answer: OwnedFrame, wrong: OwnedFrame },
    /// What acknowledges or refuses a request.
    Reply(OwnedFrame),
    /// What says that a response was taken.
    Receipt(OwnedFrame),
    /// For observers.
    Observe(Observation),
    /// Throw the client out.
    Kick(Offence, CloseRule),
}

#[derive(Debug)]
pub(super) struct Engine {
    dialect: Box<dyn Dialect>,
    /// Divided by the time scale.
    rules: Rules,
    hazards: &'static [Hazard],
    time_scale: NonZeroU32,
    data_every: Option<Duration>,
    /// Whether challenges and beats have begun.
    begun: bool,
    /// When the client should have begun to say what it wants; `None` once it has.
    unused_since: Option<Timestamp>,
    heard: Timestamp,
    sent: Timestamp,
    next_challenge: Option<Timestamp>,
    next_beat: Option<Timestamp>,
    next_data: Option<Timestamp>,
    open: Challenges,
    data_serial: u64,
    pub(super) counters: MockCounters,
}

impl Engine {
    pub(super) fn new(exchange: Exchange, options: &MockOptions, now: Timestamp) -> Self {
        let dialect = venues::dialect_of(exchange);
        let rules = scaled(*exchange.rules(), options.time_scale);
        let streams = options.data_from == DataFrom::Opening || dialect.streams_from_opening();
        let mut engine = Self {
            dialect,
            rules,
            hazards: exchange.facts().hazards,
            time_scale: options.time_scale,
            data_every: options.data_every.map(|period| period.max(PERIOD_MIN)),
            begun: false,
            unused_since: Some(now),
            heard: now,
            sent: now,
            next_challenge: None,
            next_beat: None,
            next_data: None,
            open: Challenges::default(),
            data_serial: 0,
            counters: MockCounters::default(),
        };
        if rules.begins == Begins::Opening || (streams && rules.begins == Begins::Subscription) {
            engine.start_heartbeat(now);
        }
        if streams {
            engine.start_data(now);
        }
        engine
    }

    pub(super) fn greeting(&self) -> Option<OwnedFrame> {
        self.dialect.greeting().map(|greeting| self.dialect.pack(greeting))
    }

    // ------------------------------------------------------------------ inputs

    /// Takes a frame of the client's; not a close.
    pub(super) fn handle(&mut self, now: Timestamp, frame: Frame<'_>, out: &mut VecDeque<Effect>) {
        match frame {
            Frame::Ping(payload) => {
                self.counters.probes += 1;
                if self.rules.silence.is_some_and(|rule| rule.counts_pings) {
                    self.heard = now;
                }
                out.push_back(Effect::Observe(Observation::ProbeReceived));
                out.push_back(Effect::Answer {
                    answer: OwnedFrame::Pong(payload.to_vec()),
                    wrong: OwnedFrame::Pong(spoilt(payload)),
                });
            }
            Frame::Pong(payload) => self.on_answer(now, payload, out),
            Frame::Text(_) | Frame::Binary(_) => {
                self.counters.messages += 1;
                self.heard = now;
                let meaning = if let Frame::Text(text) = frame {
                    self.dialect.read(now, text)
                } else {
                    Meaning::Unknown
                };
                match self.hazard_met(frame.len(), &meaning) {
                    Some(why) => out.push_back(Effect::Kick(why, self.close_for(why))),
                    None => self.on_message(now, meaning, out),
                }
            }
            Frame::Close { .. } => {}
        }
    }

    /// Notes that a message really left.
    pub(super) fn handle_sent(&mut self, now: Timestamp) {
        self.sent = now;
    }

    // ----------------------------------------------------------------- outputs

    /// Returns when something is to be sent or judged next.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        [
            self.next_sending(),
            self.response_deadline(),
            self.silence_deadline(),
            self.subscription_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Returns when something is to be sent next.
    pub(super) fn next_sending(&self) -> Option<Timestamp> {
        [self.next_challenge, self.next_beat, self.next_data].into_iter().flatten().min()
    }

    /// Throws out a client that has missed a deadline, or else sends what is due, and counts the
    /// next from `now`, so that no burst follows a pause.
    pub(super) fn poll(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        if let Some(why) = self.offence(now) {
            out.push_back(Effect::Kick(why, self.close_for(why)));
            return;
        }
        self.send_due(now, now, out);
    }

    /// Sends what was due at `due`, at most one thing of each kind, and counts the next from
    /// there.
    pub(super) fn send_due(&mut self, due: Timestamp, now: Timestamp, out: &mut VecDeque<Effect>) {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= due);
        if is_due(self.next_challenge) {
            self.challenge(due, now, out);
        }
        if is_due(self.next_beat) {
            self.next_beat = self.rules.beat_every.and_then(|every| due.checked_add(every));
            self.beat(now, out);
        }
        if is_due(self.next_data) {
            self.next_data = self.data_every.and_then(|every| due.checked_add(every));
            out.push_back(Effect::Data(self.data(now)));
        }
    }

    fn beat(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        self.counters.beats += 1;
        let beat = self.dialect.beat(now, self.counters.beats);
        out.push_back(Effect::Heartbeat(HeartbeatKind::Beat, self.dialect.pack(beat)));
    }

    /// Returns the deadline that the client has missed by `now`.
    fn offence(&self, now: Timestamp) -> Option<Offence> {
        let deadlines = [
            (Offence::UnansweredChallenge, self.response_deadline()),
            (Offence::NoSubscription, self.subscription_deadline()),
            (Offence::Silence, self.silence_deadline()),
        ];
        let missed = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        deadlines.into_iter().find(|(_, at)| missed(*at)).map(|(why, _)| why)
    }

    /// Returns the hazard of the venue's that a message is.
    fn hazard_met(&self, len: usize, meaning: &Meaning) -> Option<Offence> {
        let met = |hazard: &Hazard| match hazard {
            Hazard::FrameLongerThan(bytes) => {
                (u32::try_from(len).unwrap_or(u32::MAX) > *bytes).then_some(Offence::FrameTooLong)
            }
            Hazard::MalformedText => {
                matches!(meaning, Meaning::Unknown).then_some(Offence::MalformedText)
            }
            Hazard::PingBeforeSubscribe => {
                let is_early = self.unused_since.is_some();
                (is_early && matches!(meaning, Meaning::Probe { .. })).then_some(Offence::EarlyPing)
            }
            _ => None,
        };
        self.hazards.iter().find_map(met)
    }

    fn close_for(&self, why: Offence) -> CloseRule {
        self.dialect.close_for(why, self.rules.heartbeat_close)
    }

    /// Writes the next piece of market data.
    pub(super) fn data(&mut self, now: Timestamp) -> OwnedFrame {
        self.data_serial += 1;
        self.dialect.pack(self.dialect.data(now, self.data_serial))
    }

    fn challenge(&mut self, due: Timestamp, now: Timestamp, out: &mut VecDeque<Effect>) {
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
                let payload = self.dialect.ping_payload(now, self.counters.challenges);
                (payload.clone(), OwnedFrame::Ping(payload))
            }
            Layer::Dialect => {
                let Challenge { text, token } =
                    self.dialect.challenge(now, self.counters.challenges);
                (token.into_bytes(), self.dialect.pack(text))
            }
        };
        self.open.open(now, payload, rule.respond_within);
        out.push_back(Effect::Heartbeat(HeartbeatKind::Challenge, frame));
    }

    // ---------------------------------------------------------------- messages

    fn on_message(&mut self, now: Timestamp, meaning: Meaning, out: &mut VecDeque<Effect>) {
        if matches!(meaning, Meaning::Arm { .. } | Meaning::Subscribe { .. }) {
            self.unused_since = None;
        }
        match meaning {
            Meaning::Response { token, reply } => {
                self.on_answer(now, token.as_bytes(), out);
                if !reply.is_empty() {
                    out.push_back(Effect::Receipt(self.dialect.pack(reply)));
                }
            }
            Meaning::Probe { answer, wrong } => {
                self.counters.probes += 1;
                out.push_back(Effect::Observe(Observation::ProbeReceived));
                out.push_back(Effect::Answer {
                    answer: self.dialect.pack(answer),
                    wrong: self.dialect.pack(wrong),
                });
            }
            Meaning::Arm { reply, every } => {
                out.push_back(Effect::Observe(Observation::Armed));
                self.reply(reply, out);
                if let Some(every) = every {
                    self.set_period(every);
                }
                self.start_heartbeat(now);
            }
            Meaning::Disarm { reply } => {
                self.begun = false;
                self.next_challenge = None;
                self.next_beat = None;
                self.open.clear();
                self.reply(reply, out);
            }
            Meaning::Subscribe { reply } => {
                self.reply(reply, out);
                if !self.begun && self.rules.begins == Begins::Subscription {
                    self.start_heartbeat(now);
                }
                if self.next_data.is_none() {
                    self.start_data(now);
                }
            }
            Meaning::Refused { reply } => {
                let why = Surprise::RefusedRequest;
                out.push_back(Effect::Observe(Observation::Unexpected { why }));
                self.reply(reply, out);
            }
            Meaning::Unknown => {
                let why = Surprise::UnknownMessage;
                out.push_back(Effect::Observe(Observation::Unexpected { why }));
            }
        }
    }

    /// Takes the answer to a challenge: a pong, or a response in the dialect.
    fn on_answer(&mut self, now: Timestamp, payload: &[u8], out: &mut VecDeque<Effect>) {
        match self.open.answer(now, payload) {
            Answer::Right { superseded, after } => {
                self.counters.superseded += u64::try_from(superseded).unwrap_or(u64::MAX);
                self.counters.answered += 1;
                out.push_back(Effect::Observe(Observation::Answered { after }));
            }
            Answer::Extra => {
                self.counters.extra_answers += 1;
                let why = Surprise::AnswerWithoutChallenge;
                out.push_back(Effect::Observe(Observation::Unexpected { why }));
            }
            Answer::Wrong => {
                self.counters.wrong_echoes += 1;
                out.push_back(Effect::Observe(Observation::WrongEcho));
                let why = Offence::WrongEcho;
                out.push_back(Effect::Kick(why, self.close_for(why)));
            }
        }
    }

    fn reply(&self, reply: String, out: &mut VecDeque<Effect>) {
        if !reply.is_empty() {
            out.push_back(Effect::Reply(self.dialect.pack(reply)));
        }
    }

    // ------------------------------------------------------------------ timers

    fn set_period(&mut self, every: Duration) {
        let every = divided(every, self.time_scale);
        if let Some(challenge) = &mut self.rules.challenge {
            challenge.every = every;
        }
        self.rules.beat_every = self.rules.beat_every.map(|_| every);
    }

    /// A venue that sends both sends its beats half-way between its challenges.
    fn start_heartbeat(&mut self, now: Timestamp) {
        self.begun = true;
        let challenge = self.rules.challenge;
        self.next_challenge = challenge.and_then(|rule| now.checked_add(rule.every));
        self.next_beat = self.rules.beat_every.and_then(|every| {
            let first = if challenge.is_some() { every / 2 } else { every };
            now.checked_add(first)
        });
    }

    fn start_data(&mut self, now: Timestamp) {
        self.next_data = self.data_every.and_then(|every| now.checked_add(every));
    }

    fn response_deadline(&self) -> Option<Timestamp> {
        self.open.deadline(self.rules.challenge)
    }

    fn subscription_deadline(&self) -> Option<Timestamp> {
        self.unused_since?.checked_add(self.rules.subscribe_within?)
    }

    fn silence_deadline(&self) -> Option<Timestamp> {
        let rule = self.rules.silence?;
        let broken = match rule.broken_by {
            BrokenBy::ServerMessage => self.sent,
            BrokenBy::AnyMessage => self.heard.max(self.sent),
            // Also of what is not known yet: the stricter side.
            BrokenBy::ClientMessage | _ => self.heard,
        };
        broken.checked_add(rule.limit)
    }
}

/// Returns a payload that is not `payload` and no longer than a control frame may be.
fn spoilt(payload: &[u8]) -> Vec<u8> {
    let mut spoilt = payload.to_vec();
    match spoilt.last_mut() {
        Some(last) => *last ^= 1,
        None => spoilt.push(b'?'),
    }
    spoilt
}

#[cfg(test)]
mod tests;
