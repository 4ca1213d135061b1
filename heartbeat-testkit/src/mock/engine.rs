//! A venue's rules at work on one connection: what it sends when, and whom it throws out.

mod challenges;
mod hazards;
mod messages;
mod pauses;
mod planned;
mod streams;
mod timers;

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Frame, Timestamp};
use heartbeat_platforms::{Begins, CloseRule, Hazard, Rules};

use super::calendar::BEGINS;
use super::dialect::{Dialect, Meaning};
use super::options::Login;
use super::orders::Desk;
use super::scale::{PERIOD_MIN, scaled};
use super::windows::MessageWindow;
use super::{
    Account, DataFrom, Departure, HeartbeatKind, MockCounters, MockOptions, Observation, Offence,
    RuleBook,
};
use crate::OwnedFrame;
use challenges::Challenges;
pub(super) use planned::GOING_AWAY;
use planned::Planned;
use streams::Streams;

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
    /// Leave, which is no fault of the client's.
    Leave(Departure, CloseRule),
}

#[derive(Debug)]
pub(super) struct Engine {
    book: RuleBook,
    dialect: Box<dyn Dialect>,
    pub(super) desk: Desk,
    messages: Option<MessageWindow>,
    /// How many messages it asked for beyond its rules, which it takes beyond its budget.
    owed: u32,
    planned: Planned,
    /// Divided by the time scale.
    rules: Rules,
    hazards: &'static [Hazard],
    time_scale: NonZeroU32,
    /// What there is data of.
    streams: Streams,
    /// What the venue's clock says when the axis begins.
    clock: Duration,
    /// Whether observers are told of each message.
    tells_messages: bool,
    data_every: Option<Duration>,
    data_burst: u32,
    data_size: usize,
    /// Whether what is not understood goes back.
    echoes: bool,
    /// When market data began as a channel of the whole venue, if it is one.
    channel_since: Option<Timestamp>,
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
    /// How many of the client's requests were refused or not understood.
    errors: u32,
    data_serial: u64,
    pub(super) counters: MockCounters,
    /// The running number of the last beat.
    beat_number: u64,
    /// By how much it goes up.
    beat_step: u64,
}

impl Engine {
    pub(super) fn new(
        book: RuleBook,
        options: &MockOptions,
        account: Account,
        now: Timestamp,
    ) -> Self {
        let dialect = book.dialect();
        let mut rules = *book.rules_of();
        if options.login == Login::Demanded {
            rules.subscribe_within = rules.subscribe_within.or(rules.authenticate_within);
        }
        let rules = scaled(rules, options.time_scale);
        let from_opening = options.data_from == DataFrom::Opening;
        let streams = Streams::new(from_opening, dialect.streams_from_opening());
        let mut engine = Self {
            dialect,
            messages: MessageWindow::of(book.facts_of(), options),
            owed: 0,
            planned: Planned::new(book.facts_of(), options, now),
            desk: Desk::new(account, options),
            rules,
            hazards: book.facts_of().hazards,
            book,
            time_scale: options.time_scale,
            streams,
            clock: options.clock.unwrap_or(BEGINS),
            tells_messages: options.tells_messages,
            data_burst: options.data_burst,
            data_size: options.data_size,
            echoes: options.echoes,
            channel_since: options.channel_since,
            data_every: options.data_every.map(|period| period.max(PERIOD_MIN)),
            begun: false,
            unused_since: Some(now),
            heard: now,
            sent: now,
            next_challenge: None,
            next_beat: None,
            next_data: None,
            open: Challenges::default(),
            errors: 0,
            data_serial: 0,
            counters: MockCounters::default(),
            beat_number: 0,
            beat_step: 1,
        };
        let is_fed = engine.streams.is_any();
        if rules.begins == Begins::Opening || (is_fed && rules.begins == Begins::Subscription) {
            engine.start_heartbeat(now);
        }
        if is_fed {
            engine.start_data(now);
        }
        engine
    }

    /// Returns the time on the venue's own clock.
    fn wall(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.clock).unwrap_or(Timestamp::from_nanos(u64::MAX))
    }

    pub(super) fn greeting(&self) -> Option<OwnedFrame> {
        self.dialect.greeting().map(|greeting| self.dialect.pack(greeting))
    }

    // ------------------------------------------------------------------ inputs

    /// Takes a frame of the client's; not a close.
    pub(super) fn handle(&mut self, now: Timestamp, frame: Frame<'_>, out: &mut VecDeque<Effect>) {
        if self.owed > 0 {
            self.owed -= 1;
        } else if let Some(window) = &mut self.messages {
            let is_control = matches!(frame, Frame::Ping(_) | Frame::Pong(_));
            if let Err(limit) = window.take(now, is_control) {
                let why = Offence::TooManyMessages { count: limit.saturating_add(1), limit };
                out.push_back(Effect::Kick(why, self.close_for(why)));
                return;
            }
        }
        match frame {
            Frame::Ping(payload) => {
                self.counters.probes += 1;
                if self.rules.silence.is_some_and(|rule| rule.counts_pings) {
                    self.heard = now;
                }
                out.push_back(Effect::Observe(Observation::ProbeReceived));
                if self.is_harmful_ping() {
                    let why = Offence::HarmfulPing;
                    out.push_back(Effect::Kick(why, self.close_for(why)));
                } else if self.book.answers_pings() {
                    out.push_back(Effect::Answer {
                        answer: OwnedFrame::Pong(payload.to_vec()),
                        wrong: OwnedFrame::Pong(spoilt(payload)),
                    });
                }
            }
            Frame::Pong(payload) => self.on_answer(now, payload, out),
            Frame::Text(_) | Frame::Binary(_) => {
                self.counters.messages += 1;
                self.heard = now;
                if let Frame::Text(text) = frame
                    && let Some(outcome) = self.desk.handle(now, text)
                {
                    return self.on_order(now, outcome, out);
                }
                let meaning = self.read(now, frame);
                if self.echoes && meaning == Meaning::Unknown {
                    out.push_back(Effect::Reply(frame.into()));
                }
                if let Some(why) = self.hazard_met(frame, &meaning) {
                    out.push_back(Effect::Kick(why, self.close_for(why)));
                } else {
                    self.tell_message(frame, &meaning, out);
                    let before = out.len();
                    self.on_message(now, meaning, out);
                    self.count_errors(before, out);
                }
            }
            Frame::Close { .. } => {}
        }
    }

    fn read(&mut self, now: Timestamp, message: Frame<'_>) -> Meaning {
        let now = self.wall(now);
        match message {
            Frame::Text(text) => self.dialect.read(now, text),
            Frame::Binary(bytes) => self.dialect.read_binary(now, bytes),
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => Meaning::Unknown,
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
            self.planned.next_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Returns when a heartbeat or market data is to be sent next.
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
        if self.poll_planned(now, out) {
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
            let number = self.next_data.and_then(|at| self.number_at(at));
            self.next_data = self.next_data_after(due);
            for _ in 0..self.data_burst {
                self.all_data(now, number, out);
            }
        }
    }

    fn beat(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) {
        self.counters.beats += 1;
        self.beat_number += self.beat_step;
        let beat = self.dialect.beat(self.wall(now), self.beat_number);
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

    pub(super) fn close_for(&self, why: Offence) -> CloseRule {
        // RFC 6455, section 7.4.1, where the venue has no way of its own.
        let usual = match why {
            Offence::Breach(breach) => breach.close(),
            Offence::FrameTooLong => CloseRule::Code { code: 1009, reason: "message too big" },
            Offence::TooManyMessages { .. } => {
                CloseRule::Code { code: 1008, reason: "too many messages" }
            }
            Offence::RepeatedErrors => CloseRule::Code { code: 1008, reason: "too many errors" },
            // Whoever reads nothing does not read a close frame either.
            Offence::SlowReader => CloseRule::Cut,
            Offence::UnansweredChallenge
            | Offence::WrongEcho
            | Offence::Silence
            | Offence::NoSubscription
            | Offence::EarlyPing
            | Offence::HarmfulPing
            | Offence::MalformedText => self.rules.heartbeat_close,
        };
        self.dialect.close_for(why).unwrap_or(usual)
    }
}

/// Returns a payload that is not `payload` and no longer than a control frame may be.
fn spoilt(payload: &[u8]) -> Vec<u8> {
    let mut spoilt = payload.to_vec();
    match spoilt.last_mut() {
        // Of a number it makes none at all: another might be that of a probe before it.
        Some(last) => *last ^= 0x40,
        None => spoilt.push(b'?'),
    }
    spoilt
}

#[cfg(test)]
mod tests;
