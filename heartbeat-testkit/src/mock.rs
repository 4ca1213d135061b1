//! A mock exchange: one connection, seen from the venue's side, without IO.

mod account;
mod action;
mod admission;
mod calendar;
mod channel;
mod dialect;
mod engine;
mod fault;
mod interference;
mod market;
mod noise;
mod observation;
mod operator;
mod options;
mod orders;
mod outgoing;
mod reasons;
mod rule_book;
mod scale;
mod schedule;
mod venues;
mod windows;
mod wire;

use std::collections::VecDeque;

use heartbeat_core::{Frame, Timestamp};
use heartbeat_platforms::CloseRule;

pub use account::Account;
pub use action::{MockAction, MockCounters};
pub use admission::Admission;
pub(crate) use calendar::wall_time;
pub use channel::channel_number;
pub use dialect::{Challenge, Dialect, Meaning, StreamChange};
pub use fault::{Fault, FaultError, FaultPlan};
pub use observation::Observation;
pub use options::{DataFrom, MockOptions};
pub(crate) use orders::is_mocks_own;
pub use reasons::{CancelledBy, Departure, HeartbeatKind, Offence, Surprise};
pub use rule_book::RuleBook;
pub(crate) use scale::{divided, scaled};
pub use windows::{ConnectWindow, TooManyConnects};
pub use wire::WireError;
pub(crate) use wire::may_travel;

use crate::OwnedFrame;
use engine::{Effect, Engine};
use noise::Noise;
use outgoing::{Outgoing, Parcel};
use schedule::Schedule;

/// The venue's side of one connection: sends the venue's heartbeat, answers what the venue
/// answers, and ends the connection of a client that breaks a rule, with the venue's own code.
///
/// Feed it with [`handle_frame`](Self::handle_frame) and [`handle_closed`](Self::handle_closed),
/// then drain it with [`poll`](Self::poll) until it waits. Like the core it reads no clock: the
/// same state machine serves a simulation in virtual time, a stream in memory and a socket.
///
/// The rules are those of its [`RuleBook`]. What they leave open is played strictly:
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
    book: RuleBook,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
    schedule: Schedule,
    engine: Engine,
    actions: VecDeque<MockAction>,
    effects: VecDeque<Effect>,
    /// Answers that are given too late.
    late: VecDeque<(Timestamp, OwnedFrame)>,
    /// What leaves too late.
    outgoing: Outgoing,
    noise: Noise,
    over: bool,
    /// When something is due next, as last worked out; the account's timer is not in it.
    deadline: Option<Timestamp>,
    /// Until when that holds; zero after any input.
    rests_until: Timestamp,
}

/// The end of the axis.
const FOREVER: Timestamp = Timestamp::from_nanos(u64::MAX);

impl MockExchange {
    /// Begins on a connection that was just upgraded, with an account of its own.
    pub fn new(venue: impl Into<RuleBook>, options: MockOptions, now: Timestamp) -> Self {
        Self::with_account(venue, options, Account::new(), now)
    }

    /// Begins on one of a venue's connections, which all have the one account.
    pub fn with_account(
        venue: impl Into<RuleBook>,
        options: MockOptions,
        account: Account,
        now: Timestamp,
    ) -> Self {
        let book = venue.into();
        let engine = Engine::new(book.clone(), &options, account, now);
        let greeting = engine.greeting();
        let mut schedule = Schedule::new(options.faults, now);
        for plan in options.venue_faults {
            schedule.join(plan, options.venue_since.unwrap_or(now), now);
        }
        let mut mock = Self {
            book,
            now,
            schedule,
            engine,
            actions: VecDeque::from([MockAction::Observe(Observation::Connected)]),
            effects: VecDeque::new(),
            late: VecDeque::new(),
            outgoing: Outgoing::default(),
            noise: Noise::new(),
            over: false,
            deadline: None,
            rests_until: Timestamp::ZERO,
        };
        mock.effects.extend(greeting.map(Effect::Reply));
        mock
    }

    /// Takes the target of the request that opened the connection, such as `/ws/btcusdt@trade`:
    /// where the venue's URL chooses streams, those are sent and no others. To be called first, by
    /// whoever has a request.
    pub fn handle_request(&mut self, now: Timestamp, target: &str) {
        let now = self.advance(now);
        self.engine.open_at(now, target, &mut self.effects);
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
            if !self.schedule.is_idle() {
                self.close(now, code, String::new());
            }
            return;
        }
        self.engine.handle(now, frame, &mut self.effects);
    }

    /// Takes what is no frame of RFC 6455: the client is thrown out with the code for that, and
    /// nothing that it sends is read any more. A venue that can say nothing cuts the line.
    pub fn handle_breach(&mut self, now: Timestamp, breach: WireError) {
        let now = self.advance(now);
        if self.over {
            return;
        }
        let close = if self.schedule.is_muted() { CloseRule::Cut } else { breach.close() };
        self.apply(now, Effect::Kick(Offence::Breach(breach), close));
    }

    /// Notes that the client has read nothing for a while though much waits for it: a venue that
    /// does not bear slow readers throws it out, others wait.
    pub fn handle_backlog(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if self.over || !self.engine.minds_slow_readers() {
            return;
        }
        self.outgoing.clear();
        let why = Offence::SlowReader;
        self.apply(now, Effect::Kick(why, self.engine.close_for(why)));
    }

    /// Notes that the transport ended, by the client or by itself.
    pub fn handle_closed(&mut self, now: Timestamp) {
        let now = self.advance(now);
        self.outgoing.clear();
        if !self.over {
            self.observe(Observation::Closed { code: None });
            self.disconnect(now);
        }
    }

    /// Returns the next thing to do at `now`. Polling early or twice does nothing.
    pub fn poll(&mut self, now: Timestamp) -> MockAction {
        let now = self.now.max(now);
        if let Some(wait) = self.rests(now) {
            return wait;
        }
        self.advance(now);
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            if self.over {
                if self.release(now) {
                    continue;
                }
                return MockAction::Wait(self.outgoing.next_at());
            }
            if let Some(change) = self.schedule.take_due(now) {
                self.on_change(now, change);
                continue;
            }
            if self.step(now) {
                continue;
            }
            return self.rest();
        }
    }

    /// Tells whether the venue reads at all right now. While it does not, whoever drives it
    /// leaves the client's bytes where they are, as a half-open line or a full window does.
    pub fn takes_input(&self) -> bool {
        !self.schedule.any(Fault::deafens)
    }

    /// Tells whether the venue has ended the connection, or seen it end.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Returns the venue that is played.
    pub const fn rule_book(&self) -> &RuleBook {
        &self.book
    }

    /// Returns what was counted so far.
    pub const fn counters(&self) -> MockCounters {
        self.engine.counters
    }

    /// Begins an input: what was known of the next deadline may not hold after it.
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.rests_until = Timestamp::ZERO;
        self.now = self.now.max(now);
        self.now
    }

    /// Returns what [`poll`](Self::poll) waits for, if nothing was due when it last looked and
    /// nothing came since. Most polls come here: whoever drives both ends of a line polls the one
    /// for every deadline of the other.
    fn rests(&self, now: Timestamp) -> Option<MockAction> {
        if now >= self.rests_until {
            return None;
        }
        // Another connection may have wound the account's timer up.
        let lapse = self.engine.desk.next_at();
        let is_due = lapse.is_some_and(|at| at <= now);
        (!is_due).then(|| MockAction::Wait([self.deadline, lapse].into_iter().flatten().min()))
    }

    /// Works the next deadline out, and rests until then.
    fn rest(&mut self) -> MockAction {
        self.deadline = self.next_at();
        self.rests_until = self.deadline.unwrap_or(FOREVER);
        // The orders are the venue's, not the line's: the timer over them runs in silence too.
        let lapse = self.engine.desk.next_at();
        MockAction::Wait([self.deadline, lapse].into_iter().flatten().min())
    }

    fn apply(&mut self, now: Timestamp, effect: Effect) {
        let acks_only = self.schedule.is_on(Fault::AckThenSilence);
        match effect {
            Effect::Heartbeat(..)
            | Effect::Data(_)
            | Effect::Answer { .. }
            | Effect::Receipt(_)
                if acks_only => {}
            Effect::Heartbeat(kind, frame) => {
                self.send(now, frame, Some(Observation::HeartbeatSent { kind }));
            }
            Effect::Data(frame) => {
                if !self.schedule.is_on(Fault::Zombie) && self.send(now, frame, None) {
                    self.engine.counters.data += 1;
                }
            }
            Effect::Answer { answer, wrong } => self.answer(now, answer, wrong),
            Effect::Reply(frame) | Effect::Receipt(frame) => {
                self.send(now, frame, None);
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

    /// Sends unless a fault forbids it; tells which. Observers are told when it leaves.
    fn send(&mut self, now: Timestamp, frame: OwnedFrame, note: Option<Observation>) -> bool {
        if self.over || self.schedule.is_muted() {
            return false;
        }
        let parcel = Parcel::Frame(frame, note);
        match self.schedule.slowness() {
            None if self.outgoing.is_empty() => {
                self.deliver(now, parcel);
                true
            }
            late => self.outgoing.push(now, late.unwrap_or_default(), parcel),
        }
    }

    /// Hands over what is to leave now.
    fn deliver(&mut self, now: Timestamp, parcel: Parcel) {
        match parcel {
            Parcel::Frame(frame, note) => {
                if matches!(frame, OwnedFrame::Text(_) | OwnedFrame::Binary(_)) {
                    self.engine.handle_sent(now);
                }
                self.actions.push_back(MockAction::Send(frame));
                self.actions.extend(note.map(MockAction::Observe));
            }
            Parcel::Close { code, reason } => {
                self.actions.push_back(MockAction::Close { code, reason });
            }
        }
    }

    fn close(&mut self, now: Timestamp, code: Option<u16>, reason: String) {
        let parcel = Parcel::Close { code, reason };
        match self.schedule.slowness() {
            None if self.outgoing.is_empty() => self.deliver(now, parcel),
            late => {
                self.outgoing.push(now, late.unwrap_or_default(), parcel);
            }
        }
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
        match close {
            CloseRule::Cut => {
                self.outgoing.clear();
                self.actions.push_back(MockAction::Cut);
            }
            CloseRule::Bare => self.close(now, None, String::new()),
            CloseRule::Code { code, reason } => self.close(now, Some(code), reason.to_owned()),
        }
    }
}

const fn code_of(close: CloseRule) -> Option<u16> {
    match close {
        CloseRule::Code { code, .. } => Some(code),
        CloseRule::Bare | CloseRule::Cut => None,
    }
}
