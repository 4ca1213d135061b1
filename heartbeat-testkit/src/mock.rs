//! A mock exchange: one connection, seen from the venue's side, without IO.

mod account;
mod action;
mod calendar;
mod dialect;
mod engine;
mod fault;
mod observation;
mod operator;
mod options;
mod orders;
mod scale;
mod schedule;
mod venues;
mod windows;

use std::collections::VecDeque;

use heartbeat_core::{Frame, Timestamp};
use heartbeat_platforms::{CloseRule, Exchange};

pub use account::Account;
pub use action::{MockAction, MockCounters};
pub use fault::{Fault, FaultError, FaultPlan};
pub use observation::{CancelledBy, Departure, HeartbeatKind, Observation, Offence, Surprise};
pub use options::{DataFrom, MockOptions};
pub use windows::{ConnectWindow, TooManyConnects};

use crate::OwnedFrame;
use engine::{Effect, Engine};
use schedule::{Change, Schedule};

/// The venue's side of one connection: sends the venue's heartbeat, answers what the venue
/// answers, and ends the connection of a client that breaks a rule, with the venue's own code.
///
/// Feed it with [`handle_frame`](Self::handle_frame) and [`handle_closed`](Self::handle_closed),
/// then drain it with [`poll`](Self::poll) until it waits. Like the core it reads no clock: the
/// same state machine serves a simulation in virtual time, a stream in memory and a socket.
///
/// The rules are those of [`Exchange::rules`]. What they leave open is played strictly:
///
/// - Only messages count against a venue's idle timer, never ping and pong frames.
/// - A pong with a payload that was not sent, while a ping is open, ends the connection; an
///   empty pong, or a second one, is only [observed](Observation::Unexpected).
/// - Who sends more messages than [`Facts::message_budget`](heartbeat_platforms::Facts) allows is
///   closed with code 1008; a connection of the greatest age is cut, without a close frame.
/// - At a venue that sends challenges and beats, beats come half-way between challenges.
///
/// ```
/// use heartbeat_core::{Frame, Timestamp};
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{MockAction, MockExchange, MockOptions, Observation, OwnedFrame};
///
/// let at = Timestamp::from_millis;
/// let mut okx = MockExchange::new(Exchange::Okx, MockOptions::default(), at(0));
/// assert_eq!(okx.poll(at(0)), MockAction::Observe(Observation::Connected));
/// assert_eq!(okx.poll(at(0)), MockAction::Wait(Some(at(30_000))));
/// okx.handle_frame(at(10_000), Frame::Text("ping"));
/// assert_eq!(okx.poll(at(10_000)), MockAction::Observe(Observation::ProbeReceived));
/// assert_eq!(okx.poll(at(10_000)), MockAction::Send(OwnedFrame::text("pong")));
/// assert_eq!(okx.poll(at(10_000)), MockAction::Wait(Some(at(40_000))));
/// // Thirty seconds of silence, and this venue is gone.
/// assert!(matches!(okx.poll(at(40_000)), MockAction::Observe(Observation::Kicked { .. })));
/// assert!(matches!(okx.poll(at(40_000)), MockAction::Close { code: Some(4004), .. }));
/// assert_eq!(okx.poll(at(40_000)), MockAction::Wait(None));
/// ```
#[derive(Debug)]
pub struct MockExchange {
    exchange: Exchange,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
    schedule: Schedule,
    engine: Engine,
    actions: VecDeque<MockAction>,
    effects: VecDeque<Effect>,
    late: VecDeque<(Timestamp, OwnedFrame)>,
    flood: u32,
    over: bool,
}

/// How many late answers can be under way; probes beyond it stay unanswered.
const LATE_MAX: usize = 4_096;

impl MockExchange {
    /// Begins on a connection that was just upgraded, with an account of its own.
    pub fn new(exchange: Exchange, options: MockOptions, now: Timestamp) -> Self {
        Self::with_account(exchange, options, Account::new(), now)
    }

    /// Begins on one of a venue's connections, which all have the one account.
    pub fn with_account(
        exchange: Exchange,
        options: MockOptions,
        account: Account,
        now: Timestamp,
    ) -> Self {
        let engine = Engine::new(exchange, &options, account, now);
        let greeting = engine.greeting();
        let mut mock = Self {
            exchange,
            now,
            schedule: Schedule::new(options.faults, now),
            engine,
            actions: VecDeque::from([MockAction::Observe(Observation::Connected)]),
            effects: VecDeque::new(),
            late: VecDeque::new(),
            flood: 0,
            over: false,
        };
        mock.effects.extend(greeting.map(Effect::Reply));
        mock
    }

    /// Takes a frame that the client sent.
    pub fn handle_frame(&mut self, now: Timestamp, frame: Frame<'_>) {
        let now = self.advance(now);
        if self.over || !self.takes_input() {
            return;
        }
        if let Frame::Close { code, .. } = frame {
            self.observe(Observation::Closed { code });
            self.disconnect(now);
            if !self.schedule.is_muted() {
                let reason = String::new();
                self.actions.push_back(MockAction::Close { code, reason });
            }
            return;
        }
        self.engine.handle(now, frame, &mut self.effects);
    }

    /// Notes that the transport ended, by the client or by itself.
    pub fn handle_closed(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if !self.over {
            self.observe(Observation::Closed { code: None });
            self.disconnect(now);
        }
    }

    /// Returns the next thing to do at `now`. Polling early or twice does nothing.
    pub fn poll(&mut self, now: Timestamp) -> MockAction {
        let now = self.advance(now);
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            if self.over {
                return MockAction::Wait(None);
            }
            if let Some(change) = self.schedule.take_due(now) {
                self.on_change(now, change);
                continue;
            }
            if self.step(now) {
                continue;
            }
            return MockAction::Wait(self.next_at());
        }
    }

    /// Tells whether the venue reads at all right now. While it does not, whoever drives it
    /// leaves the client's bytes where they are, as a half-open line does.
    pub fn takes_input(&self) -> bool {
        !self.schedule.is_on(Fault::HalfOpen)
    }

    /// Tells whether the venue has ended the connection, or seen it end.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Returns the venue that is played.
    pub const fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// Returns what was counted so far.
    pub const fn counters(&self) -> MockCounters {
        self.engine.counters
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        self.now
    }

    fn next_at(&self) -> Option<Timestamp> {
        let engine = if self.schedule.is_muted() { None } else { self.engine.next_at() };
        let late = self.late.front().map(|(at, _)| *at);
        // The orders are the venue's, not the line's: the timer over them runs in silence too.
        let lapse = self.engine.desk.next_at();
        [self.schedule.next_at(), engine, late, lapse].into_iter().flatten().min()
    }

    /// Does one thing that is due; `false` if nothing is.
    fn step(&mut self, now: Timestamp) -> bool {
        if let Some(effect) = self.effects.pop_front() {
            self.apply(now, effect);
            return true;
        }
        if self.late.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, frame)) = self.late.pop_front() {
                self.send(now, frame);
            }
            return true;
        }
        if let Some(cancelled) = self.engine.desk.poll(now) {
            self.observe(cancelled);
            return true;
        }
        if self.schedule.is_muted() {
            return false;
        }
        if self.flood > 0 {
            self.flood -= 1;
            let data = self.engine.data(now);
            self.apply(now, Effect::Data(data));
            return true;
        }
        self.engine.poll(now, &mut self.effects);
        !self.effects.is_empty()
    }

    fn on_change(&mut self, now: Timestamp, change: Change) {
        match change {
            Change::Begins(fault) => {
                self.observe(Observation::FaultBegan { fault });
                match fault {
                    Fault::Cut => self.end(now, CloseRule::Cut),
                    Fault::Close(code) => self.end(now, CloseRule::Code { code, reason: "" }),
                    Fault::Flood(messages) => self.flood = self.flood.saturating_add(messages),
                    Fault::Silent
                    | Fault::HalfOpen
                    | Fault::Zombie
                    | Fault::LateAnswer(_)
                    | Fault::WrongEcho
                    | Fault::DuplicateAnswer => {}
                }
            }
            Change::Ends(fault) => {
                self.observe(Observation::FaultEnded { fault });
                let was_muted = matches!(fault, Fault::Silent | Fault::HalfOpen);
                if was_muted && !self.schedule.is_muted() {
                    self.engine.resume(now);
                }
            }
        }
    }

    fn apply(&mut self, now: Timestamp, effect: Effect) {
        match effect {
            Effect::Heartbeat(kind, frame) => {
                if self.send(now, frame) {
                    self.observe(Observation::HeartbeatSent { kind });
                }
            }
            Effect::Data(frame) => {
                if !self.schedule.is_on(Fault::Zombie) && self.send(now, frame) {
                    self.engine.counters.data += 1;
                }
            }
            Effect::Answer { answer, wrong } => self.answer(now, answer, wrong),
            Effect::Reply(frame) => {
                self.send(now, frame);
            }
            Effect::Observe(observation) => self.observe(observation),
            Effect::Kick(why, close) => {
                self.observe(Observation::Kicked { why, code: code_of(close) });
                self.end(now, close);
            }
            Effect::Leave(why, close) => {
                self.observe(Observation::Left { why, code: code_of(close) });
                self.end(now, close);
            }
        }
    }

    fn answer(&mut self, now: Timestamp, answer: OwnedFrame, wrong: OwnedFrame) {
        let frame = if self.schedule.is_on(Fault::WrongEcho) { wrong } else { answer };
        let lateness = self.schedule.find(|fault| match fault {
            Fault::LateAnswer(lateness) => Some(lateness),
            Fault::Silent
            | Fault::HalfOpen
            | Fault::Zombie
            | Fault::Cut
            | Fault::Close(_)
            | Fault::WrongEcho
            | Fault::DuplicateAnswer
            | Fault::Flood(_) => None,
        });
        let copies = if self.schedule.is_on(Fault::DuplicateAnswer) { 2 } else { 1 };
        for _ in 0..copies {
            match lateness {
                Some(_) if self.late.len() >= LATE_MAX => {}
                Some(lateness) => {
                    let at = now.checked_add(lateness).unwrap_or(now);
                    // Order is kept even when one lateness follows another.
                    let at = self.late.back().map_or(at, |(last, _)| at.max(*last));
                    self.late.push_back((at, frame.clone()));
                }
                None => {
                    self.send(now, frame.clone());
                }
            }
        }
    }

    /// Sends unless a fault forbids it; tells which.
    fn send(&mut self, now: Timestamp, frame: OwnedFrame) -> bool {
        if self.over || self.schedule.is_muted() {
            return false;
        }
        if matches!(frame, OwnedFrame::Text(_) | OwnedFrame::Binary(_)) {
            self.engine.handle_sent(now);
        }
        self.actions.push_back(MockAction::Send(frame));
        true
    }

    /// Notes that the connection is over, and lets the venue do what it does about the orders.
    fn disconnect(&mut self, now: Timestamp) {
        self.over = true;
        self.actions.extend(self.engine.desk.disconnect(now).map(MockAction::Observe));
    }

    fn observe(&mut self, observation: Observation) {
        self.actions.push_back(MockAction::Observe(observation));
    }

    fn end(&mut self, now: Timestamp, close: CloseRule) {
        self.disconnect(now);
        self.effects.clear();
        self.late.clear();
        self.actions.push_back(match close {
            CloseRule::Cut => MockAction::Cut,
            CloseRule::Code { code, reason } => {
                MockAction::Close { code: Some(code), reason: reason.to_owned() }
            }
        });
    }
}

const fn code_of(close: CloseRule) -> Option<u16> {
    match close {
        CloseRule::Code { code, .. } => Some(code),
        CloseRule::Cut => None,
    }
}
