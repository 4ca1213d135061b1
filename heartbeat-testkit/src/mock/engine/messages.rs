//! What a client's messages bring about.

use std::collections::VecDeque;

use heartbeat_core::Timestamp;
use heartbeat_platforms::Begins;

use super::super::dialect::Meaning;
use super::super::orders::Outcome;
use super::super::{Observation, Offence, Surprise};
use super::challenges::Answer;
use super::streams::shown;
use super::{Effect, Engine};
use crate::OwnedFrame;

impl Engine {
    pub(super) fn on_message(
        &mut self,
        now: Timestamp,
        meaning: Meaning,
        out: &mut VecDeque<Effect>,
    ) {
        if meaning.asks_for_something() {
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
            Meaning::Streams(changes) => self.on_streams(now, changes, out),
            Meaning::Several(meanings) => {
                for meaning in meanings {
                    self.on_message(now, meaning, out);
                }
            }
            request @ (Meaning::Disarm { .. }
            | Meaning::Subscribe { .. }
            | Meaning::Unsubscribe { .. }
            | Meaning::LoggedIn { .. }
            | Meaning::Query { .. }
            | Meaning::Refused { .. }
            | Meaning::DeadMan { .. }
            | Meaning::CancelOnDisconnect { .. }
            | Meaning::Unknown) => self.on_request(now, request, out),
        }
    }

    /// Takes what is about neither the heartbeat nor a stream.
    fn on_request(&mut self, now: Timestamp, request: Meaning, out: &mut VecDeque<Effect>) {
        let reply = match request {
            Meaning::Disarm { reply } => {
                self.stop_heartbeat();
                reply
            }
            Meaning::Subscribe { reply } => {
                self.streams.start_usual();
                reply
            }
            Meaning::Unsubscribe { reply } => {
                self.streams.stop_usual();
                reply
            }
            Meaning::DeadMan { timeout, reply } => {
                self.desk.wind_up(now, timeout);
                reply
            }
            Meaning::CancelOnDisconnect { on, reply } => {
                self.desk.cancel_on_disconnect(on);
                reply
            }
            Meaning::Refused { reply } => {
                surprised(Surprise::RefusedRequest, out);
                reply
            }
            Meaning::LoggedIn { reply } | Meaning::Query { reply } => reply,
            Meaning::Response { .. }
            | Meaning::Probe { .. }
            | Meaning::Arm { .. }
            | Meaning::Streams(_)
            | Meaning::Several(_)
            | Meaning::Unknown => return surprised(Surprise::UnknownMessage, out),
        };
        self.reply(reply, out);
        self.feed(now);
    }

    /// Takes what became of a request in the mock's own protocol. Its replies are plain text at
    /// every venue, however the venue packs its own.
    pub(super) fn on_order(
        &mut self,
        now: Timestamp,
        outcome: Outcome,
        out: &mut VecDeque<Effect>,
    ) {
        let reply = match outcome {
            Outcome::Done(reply) => reply,
            Outcome::LoggedIn(reply) => {
                self.unused_since = None;
                reply
            }
            Outcome::Subscribed { channel, reply } => {
                self.unused_since = None;
                let stream = shown(&channel);
                out.push_back(Effect::Observe(Observation::Subscribed { stream }));
                self.streams.start_usual();
                self.feed(now);
                reply
            }
            Outcome::Refused(reply) => {
                surprised(Surprise::RefusedRequest, out);
                reply
            }
        };
        out.push_back(Effect::Reply(OwnedFrame::Text(reply)));
    }

    pub(super) fn on_subscription(&mut self, now: Timestamp) {
        if !self.begun && self.rules.begins == Begins::Subscription {
            self.start_heartbeat(now);
        }
        if self.next_data.is_none() {
            self.start_data(now);
        }
    }

    /// Takes the answer to a challenge: a pong, or a response in the dialect.
    pub(super) fn on_answer(&mut self, now: Timestamp, payload: &[u8], out: &mut VecDeque<Effect>) {
        match self.open.answer(now, payload) {
            Answer::Right { superseded, after } => {
                self.counters.superseded += u64::try_from(superseded).unwrap_or(u64::MAX);
                self.counters.answered += 1;
                out.push_back(Effect::Observe(Observation::Answered { after }));
            }
            Answer::Extra => {
                self.counters.extra_answers += 1;
                surprised(Surprise::AnswerWithoutChallenge, out);
            }
            Answer::Wrong => {
                self.counters.wrong_echoes += 1;
                out.push_back(Effect::Observe(Observation::WrongEcho));
                let why = Offence::WrongEcho;
                out.push_back(Effect::Kick(why, self.close_for(why)));
            }
        }
    }

    pub(super) fn reply(&self, reply: String, out: &mut VecDeque<Effect>) {
        if !reply.is_empty() {
            out.push_back(Effect::Reply(self.dialect.pack(reply)));
        }
    }
}

fn surprised(why: Surprise, out: &mut VecDeque<Effect>) {
    out.push_back(Effect::Observe(Observation::Unexpected { why }));
}
