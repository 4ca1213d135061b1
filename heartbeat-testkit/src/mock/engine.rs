//! A venue's rules at work on one connection: what it sends when, and whom it throws out.

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Frame, Layer, Timestamp};
use heartbeat_platforms::{BrokenBy, CloseRule, Exchange, Rules};

use super::calendar::unix_millis;
use super::dialect::{Dialect, Meaning};
use super::scale::{PERIOD_MIN, divided, scaled};
use super::venues;
use super::{DataFrom, HeartbeatKind, MockCounters, MockOptions, Observation, Offence, Surprise};
use crate::OwnedFrame;

/// How many settled payloads are remembered, to tell a second answer from a wrong one.
const SETTLED_MAX: usize = 8;

/// What the venue wants to happen; the planned faults have the last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A challenge or a beat.
    Heartbeat(HeartbeatKind, OwnedFrame),
    /// Market data.
    Data(OwnedFrame),
    /// The answer to a probe, and one that is not its own.
    Answer { answer: OwnedFrame, wrong: OwnedFrame },
    /// Any other reply.
    Reply(OwnedFrame),
    /// For observers.
    Observe(Observation),
    /// Throw the client out.
    Kick(Offence, CloseRule),
}

/// A challenge that the client has yet to answer.
#[derive(Clone, Debug)]
struct Open {
    payload: Vec<u8>,
    sent: Timestamp,
    deadline: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Engine {
    dialect: Box<dyn Dialect>,
    /// Divided by the time scale.
    rules: Rules,
    time_scale: NonZeroU32,
    data_every: Option<Duration>,
    armed: bool,
    /// When the client should have begun to say what it wants; `None` once it has.
    unused_since: Option<Timestamp>,
    heard: Timestamp,
    sent: Timestamp,
    next_challenge: Option<Timestamp>,
    next_beat: Option<Timestamp>,
    next_data: Option<Timestamp>,
    open: VecDeque<Open>,
    settled: VecDeque<Vec<u8>>,
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
            time_scale: options.time_scale,
            data_every: options.data_every.map(|period| period.max(PERIOD_MIN)),
            armed: false,
            unused_since: Some(now),
            heard: now,
            sent: now,
            next_challenge: None,
            next_beat: None,
            next_data: None,
            open: VecDeque::new(),
            settled: VecDeque::new(),
            data_serial: 0,
            counters: MockCounters::default(),
        };
        if !engine.rules.must_arm {
            engine.start_heartbeat(now);
        }
        if streams {
            engine.start_data(now);
        }
        engine
    }

    pub(super) fn greeting(&self) -> Option<OwnedFrame> {
        self.dialect.greeting().map(OwnedFrame::Text)
    }

    // ------------------------------------------------------------------ inputs

    /// Takes a frame of the client's; not a close.
    pub(super) fn handle(&mut self, now: Timestamp, frame: Frame<'_>, out: &mut VecDeque<Effect>) {
        match frame {
            Frame::Ping(payload) => {
                self.counters.probes += 1;
                out.push_back(Effect::Observe(Observation::ProbeReceived));
                out.push_back(Effect::Answer {
                    answer: OwnedFrame::Pong(payload.to_vec()),
                    wrong: OwnedFrame::Pong(spoilt(payload)),
                });
            }
            Frame::Pong(payload) => self.on_pong(now, payload, out),
            Frame::Text(text) => {
                self.counters.messages += 1;
                self.heard = now;
                let meaning = self.dialect.read(now, text);
                self.on_message(now, meaning, out);
            }
            Frame::Binary(_) => {
                self.counters.messages += 1;
                self.heard = now;
                self.on_message(now, Meaning::Unknown, out);
            }
            Frame::Close { .. } => {}
        }
    }

    /// Notes that a message really left.
    pub(super) fn handle_sent(&mut self, now: Timestamp) {
        self.sent = now;
    }

    /// Begins anew after a time in which nothing could leave: what the client could not have
    /// seen must not be held against it.
    pub(super) fn resume(&mut self, now: Timestamp) {
        let challenge = self.rules.challenge;
        for open in &mut self.open {
            open.deadline = challenge.and_then(|rule| now.checked_add(rule.respond_within));
        }
        self.heard = now;
        self.sent = now;
        self.unused_since = self.unused_since.map(|_| now);
        if self.armed || !self.rules.must_arm {
            self.start_heartbeat(now);
        }
        if self.next_data.is_some() {
            self.start_data(now);
        }
    }

    // ----------------------------------------------------------------- outputs

    pub(super) fn next_at(&self) -> Option<Timestamp> {
        [
            self.next_challenge,
            self.next_beat,
            self.next_data,
            self.response_deadline(),
            self.silence_deadline(),
            self.first_message_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due, at most one thing of each kind, and counts the next from `now`, so
    /// that no burst follows a pause.
    pub(super) fn poll(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if let Some((why, close)) = self.offence(now) {
            out.push_back(Effect::Kick(why, close));
            return;
        }
        if is_due(self.next_challenge) {
            self.challenge(now, out);
        }
        if is_due(self.next_beat) {
            self.next_beat = self.rules.beat_every.and_then(|every| now.checked_add(every));
            self.counters.beats += 1;
            let beat = self.dialect.beat(now, self.counters.beats);
            out.push_back(Effect::Heartbeat(HeartbeatKind::Beat, OwnedFrame::Text(beat)));
        }
        if is_due(self.next_data) {
            self.next_data = self.data_every.and_then(|every| now.checked_add(every));
            out.push_back(Effect::Data(self.data(now)));
        }
    }

    /// Returns the rule that the client has broken by `now`, and how it is thrown out for it.
    fn offence(&self, now: Timestamp) -> Option<(Offence, CloseRule)> {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let close = self.rules.heartbeat_close;
        if is_due(self.response_deadline()) {
            Some((Offence::UnansweredChallenge, close))
        } else if is_due(self.first_message_deadline()) {
            Some((Offence::NoFirstMessage, close))
        } else if is_due(self.silence_deadline()) {
            Some((Offence::Silence, self.dialect.silence_close(close)))
        } else {
            None
        }
    }

    /// Writes the next piece of market data.
    pub(super) fn data(&mut self, now: Timestamp) -> OwnedFrame {
        self.data_serial += 1;
        OwnedFrame::Text(self.dialect.data(now, self.data_serial))
    }

    fn challenge(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        let Some(rule) = self.rules.challenge else {
            return;
        };
        self.next_challenge = now.checked_add(rule.every);
        self.counters.challenges += 1;
        let (payload, frame) = match rule.layer {
            Layer::Control => {
                // Digits, as venues send them; no two alike on one connection.
                let serial = self.counters.challenges % 1_000;
                let payload = format!("{}{serial:03}", unix_millis(now)).into_bytes();
                (payload.clone(), OwnedFrame::Ping(payload))
            }
            Layer::Dialect => (Vec::new(), OwnedFrame::Text(self.dialect.challenge())),
        };
        self.open.push_back(Open {
            payload,
            sent: now,
            deadline: now.checked_add(rule.respond_within),
        });
        out.push_back(Effect::Heartbeat(HeartbeatKind::Challenge, frame));
    }

    // ---------------------------------------------------------------- messages

    fn on_message(&mut self, now: Timestamp, meaning: Meaning, out: &mut VecDeque<Effect>) {
        let is_request = !matches!(meaning, Meaning::Unknown | Meaning::Refused { .. });
        if is_request {
            self.unused_since = None;
        }
        match meaning {
            Meaning::Response { reply } => {
                match self.open.pop_front() {
                    Some(open) => self.on_answered(now, open, out),
                    None => self.on_extra_answer(out),
                }
                out.push_back(Effect::Reply(OwnedFrame::Text(reply)));
            }
            Meaning::Probe { answer, wrong } => {
                self.counters.probes += 1;
                out.push_back(Effect::Observe(Observation::ProbeReceived));
                out.push_back(Effect::Answer {
                    answer: OwnedFrame::Text(answer),
                    wrong: OwnedFrame::Text(wrong),
                });
            }
            Meaning::Arm { reply, every } => {
                out.push_back(Effect::Observe(Observation::Armed));
                out.push_back(Effect::Reply(OwnedFrame::Text(reply)));
                self.armed = true;
                if let Some(every) = every {
                    self.set_period(every);
                }
                self.start_heartbeat(now);
            }
            Meaning::Disarm { reply } => {
                self.armed = false;
                self.next_challenge = None;
                self.next_beat = None;
                self.open.clear();
                out.push_back(Effect::Reply(OwnedFrame::Text(reply)));
            }
            Meaning::Subscribe { reply } => {
                out.push_back(Effect::Reply(OwnedFrame::Text(reply)));
                if self.next_data.is_none() {
                    self.start_data(now);
                }
            }
            Meaning::Refused { reply } => {
                let why = Surprise::RefusedRequest;
                out.push_back(Effect::Observe(Observation::Unexpected { why }));
                out.push_back(Effect::Reply(OwnedFrame::Text(reply)));
            }
            Meaning::Unknown => {
                let why = Surprise::UnknownMessage;
                out.push_back(Effect::Observe(Observation::Unexpected { why }));
            }
        }
    }

    fn on_pong(&mut self, now: Timestamp, payload: &[u8], out: &mut VecDeque<Effect>) {
        if let Some(index) = self.open.iter().position(|open| open.payload == payload) {
            // RFC 6455, section 5.5.3: a pong may answer the latest ping alone.
            self.counters.superseded += u64::try_from(index).unwrap_or(u64::MAX);
            self.open.drain(..index);
            if let Some(open) = self.open.pop_front() {
                self.on_answered(now, open, out);
            }
            return;
        }
        let is_second = self.settled.iter().any(|settled| settled == payload);
        if self.open.is_empty() || payload.is_empty() || is_second {
            // Unsolicited pongs are legal, and prove nothing.
            self.on_extra_answer(out);
        } else {
            self.counters.wrong_echoes += 1;
            out.push_back(Effect::Observe(Observation::WrongEcho));
            out.push_back(Effect::Kick(Offence::WrongEcho, self.rules.heartbeat_close));
        }
    }

    fn on_answered(&mut self, now: Timestamp, open: Open, out: &mut VecDeque<Effect>) {
        self.counters.answered += 1;
        if !open.payload.is_empty() {
            if self.settled.len() == SETTLED_MAX {
                self.settled.pop_front();
            }
            self.settled.push_back(open.payload);
        }
        let after = now.saturating_since(open.sent);
        out.push_back(Effect::Observe(Observation::Answered { after }));
    }

    fn on_extra_answer(&mut self, out: &mut VecDeque<Effect>) {
        self.counters.extra_answers += 1;
        let why = Surprise::AnswerWithoutChallenge;
        out.push_back(Effect::Observe(Observation::Unexpected { why }));
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
        self.open.front()?.deadline
    }

    fn first_message_deadline(&self) -> Option<Timestamp> {
        self.unused_since?.checked_add(self.rules.first_message_within?)
    }

    fn silence_deadline(&self) -> Option<Timestamp> {
        let rule = self.rules.silence?;
        let broken = if rule.broken_by == BrokenBy::AnyMessage {
            self.heard.max(self.sent)
        } else {
            self.heard
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
