//! The state machine: signals and time in, steps out. It knows no bytes but the token of a
//! challenge, and is not generic; [`Session`](crate::Session) is the thin shell around it.

mod challenges;
mod clocks;
mod probes;

use core::time::Duration;

use crate::evidence::{InputRing, SignalClass};
use crate::fifo::Fifo;
use crate::latency::LevelTracker;
use crate::{
    Cause, Clock, Config, Counters, Disposition, Event, Evidence, Failure, FrameKind, Health,
    InputRecord, LatencyKind, LatencySample, LatencyWindow, Layer, Outlet, Phase, ProbeId, Signal,
    Timestamp,
};
use challenges::{Challenge, Challenges, Stage};
use clocks::Clocks;
use probes::{Answer, Probes};

/// How many reports can wait. One input makes fewer than half as many, and a drain follows.
const REPORTS_MAX: usize = 16;

/// What the session must do next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Have the platform write this and hand it out.
    Write(Write),
    /// Hand out again what was handed out last.
    WriteAgain(Write),
    /// Hand on.
    Report(Report),
    /// Hand on, once.
    Disconnect(Cause),
    /// Nothing is left to do before this point in time.
    Wait(Option<Timestamp>),
}

/// What can be written. One at a time is with the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Response(Layer),
    Arm,
    Farewell,
    Probe(ProbeId),
}

/// What observers are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Report {
    Event(Event),
    Latency(LatencySample),
}

/// Everything that time alone can bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Response,
    Probe,
    Clock(Clock),
    Arm,
    Farewell,
}

impl Timer {
    const ALL: [Self; 7] = [
        Self::Response,
        Self::Probe,
        Self::Clock(Clock::Transport),
        Self::Clock(Clock::Session),
        Self::Clock(Clock::Data),
        Self::Arm,
        Self::Farewell,
    ];
}

/// What is with the transport.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    write: Write,
    retry: Retry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    Unused,
    Due,
    Used,
}

/// Something to be said to the venue once: arming, farewell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Unneeded,
    Queued { since: Timestamp },
    HandedOut { since: Timestamp },
    Done,
}

impl Message {
    const fn since(self) -> Option<Timestamp> {
        match self {
            Self::Queued { since } | Self::HandedOut { since } => Some(since),
            Self::Unneeded | Self::Done => None,
        }
    }

    const fn is_queued(self) -> bool {
        matches!(self, Self::Queued { .. })
    }

    const fn hand_out(&mut self) {
        if let Self::Queued { since } = *self {
            *self = Self::HandedOut { since };
        }
    }

    const fn restart(&mut self, now: Timestamp) {
        if let Self::Queued { since } | Self::HandedOut { since } = self {
            *since = now;
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Machine {
    config: Config,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
    /// What the last `Wait` promised, valid while `settled`.
    deadline: Option<Timestamp>,
    /// After this point in time a wake-up is so late that we must have slept.
    stalled_after: Option<Timestamp>,
    /// Whether a stall has been forgiven and nothing was read since. Forgiving every stall
    /// would let a dead peer live for as long as we keep stumbling.
    forgiven: bool,
    /// Whether a drain ended and no input since has made work or moved a deadline forward.
    settled: bool,
    verdict: Option<Cause>,
    announced: bool,
    arm: Message,
    farewell: Message,
    live: bool,
    in_flight: Option<InFlight>,
    challenges: Challenges,
    probes: Probes,
    clocks: Clocks,
    /// When anything was last written, by us or by the application: paces idle probes.
    written: Timestamp,
    responses_failed: u8,
    probes_failed: u8,
    beat: Option<(Timestamp, Option<u64>)>,
    last_challenge: Option<Timestamp>,
    last_answer: Option<Timestamp>,
    response_time: Latency,
    round_trip: Latency,
    counters: Counters,
    inputs: InputRing,
    reports: Fifo<Report, REPORTS_MAX>,
}

#[derive(Clone, Debug, Default)]
struct Latency {
    window: LatencyWindow,
    level: LevelTracker,
}

impl Machine {
    pub(crate) fn new(config: Config, must_arm: bool, now: Timestamp) -> Self {
        let mut machine = Self {
            config,
            now,
            deadline: None,
            stalled_after: None,
            forgiven: false,
            settled: false,
            verdict: None,
            announced: false,
            arm: if must_arm {
                Message::Queued { since: now }
            } else {
                Message::Unneeded
            },
            farewell: Message::Unneeded,
            live: false,
            in_flight: None,
            challenges: Challenges::new(config.respond_within()),
            probes: Probes::new(config.probing(), now),
            clocks: Clocks::new(&config, now),
            written: now,
            responses_failed: 0,
            probes_failed: 0,
            beat: None,
            last_challenge: None,
            last_answer: None,
            response_time: Latency::default(),
            round_trip: Latency::default(),
            counters: Counters::default(),
            inputs: InputRing::new(),
            reports: Fifo::new(),
        };
        machine.notify(Event::Started);
        machine
    }

    pub(crate) const fn set_transport_answers_pings(&mut self) {
        self.challenges.set_transport_answers_pings();
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    // ------------------------------------------------------------------ inputs

    pub(crate) fn handle_signal(
        &mut self,
        now: Timestamp,
        kind: FrameKind,
        len: usize,
        signal: Signal<'_>,
    ) -> Disposition {
        let now = self.advance(now);
        if self.verdict.is_some() {
            return if signal == Signal::Data {
                Disposition::Deliver
            } else {
                Disposition::Absorb
            };
        }
        self.counters.frames = self.counters.frames.saturating_add(1);
        self.clocks.advance(Clock::Transport, now);
        self.forgiven = false;
        // Data makes no work and only pushes deadlines away; anything else may do more.
        self.settled &= signal == Signal::Data;
        self.inputs.push(InputRecord {
            at: now,
            len: u32::try_from(len).unwrap_or(u32::MAX),
            kind,
            class: SignalClass::of(&signal),
        });
        let disposition = match signal {
            Signal::Data => {
                self.counters.data = self.counters.data.saturating_add(1);
                self.clocks.advance(Clock::Data, now);
                Disposition::Deliver
            }
            Signal::Beat { counter } => self.on_beat(now, counter),
            Signal::Challenge { token } => self.on_challenge(now, kind, token),
            Signal::Answer { probe } => self.on_answer(now, kind, probe),
            Signal::Armed => self.on_armed(now),
            Signal::ArmRefused => self.on_arm_refused(now),
            Signal::Notice { kind, deadline } => {
                self.notify(Event::Notice { kind, deadline });
                Disposition::Deliver
            }
            Signal::Unsolicited => Disposition::Deliver,
            Signal::Close { code } => {
                self.decide(Cause::PeerClosed { code });
                Disposition::Deliver
            }
        };
        if !self.live && self.is_armed() {
            self.live = true;
            self.notify(Event::Live);
        }
        disposition
    }

    /// Notes that the application wrote something. Paces idle probes and moves no clock: a
    /// send proves nothing about the peer.
    pub(crate) fn handle_sent(&mut self, now: Timestamp) {
        self.written = self.advance(now);
    }

    pub(crate) fn handle_transmitted(&mut self, now: Timestamp) {
        let now = self.advance(now);
        let Some(in_flight) = self.in_flight.take() else {
            return;
        };
        self.settled = false;
        self.written = now;
        match in_flight.write {
            Write::Response(_) => {
                if let Some(challenge) = self.challenges.settle(Stage::HandedOut) {
                    self.on_responded(now, challenge);
                }
            }
            Write::Arm => {}
            Write::Farewell => self.decide(Cause::Stopped),
            Write::Probe(probe) => {
                self.probes.written(probe, now);
                self.counters.probes = self.counters.probes.saturating_add(1);
                self.notify(Event::ProbeSent { probe });
            }
        }
    }

    pub(crate) fn handle_transmit_failed(&mut self, now: Timestamp) {
        self.advance(now);
        let Some(in_flight) = &mut self.in_flight else {
            return;
        };
        self.settled = false;
        match in_flight.retry {
            Retry::Unused => {
                in_flight.retry = Retry::Due;
                self.fail(Failure::TransmitFailed, 1, 2);
            }
            // Reported twice for one hand-out: the second report says nothing new.
            Retry::Due => {}
            Retry::Used => {
                self.in_flight = None;
                self.fail(Failure::TransmitFailed, 2, 2);
                self.decide(Cause::TransmitFailed);
            }
        }
    }

    pub(crate) fn handle_pongs_written(&mut self, now: Timestamp) {
        let now = self.advance(now);
        while let Some(challenge) = self.challenges.settle(Stage::TransportOwes) {
            self.settled = false;
            self.written = now;
            self.on_responded(now, challenge);
        }
    }

    pub(crate) fn handle_transport_closed(&mut self, now: Timestamp) {
        self.advance(now);
        self.decide(Cause::TransportLost);
    }

    pub(crate) fn stop(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if self.farewell == Message::Unneeded {
            self.farewell = Message::Queued { since: now };
            self.settled = false;
        }
    }

    // ----------------------------------------------------------------- outputs

    pub(crate) fn poll(&mut self, now: Timestamp, outlet: Outlet) -> Step {
        let now = self.advance(now);
        if self.settled && self.deadline.is_none_or(|deadline| now < deadline) {
            return Step::Wait(self.deadline);
        }
        loop {
            if self.verdict.is_none()
                && outlet == Outlet::Ready
                && let Some(step) = self.next_write()
            {
                return step;
            }
            if let Some(report) = self.reports.take_first(|_| true) {
                return Step::Report(report);
            }
            if let Some(cause) = self.verdict {
                if self.announced {
                    return self.settle(None);
                }
                self.announced = true;
                return Step::Disconnect(cause);
            }
            match self.due(now) {
                Some(timer) => self.fire(timer, now),
                None => return self.settle(self.next_deadline()),
            }
        }
    }

    /// Takes back a write that the platform could not make.
    pub(crate) fn unwritable(&mut self, write: Write) {
        let now = self.now;
        self.in_flight = None;
        match write {
            Write::Response(layer) => {
                self.challenges.settle(Stage::HandedOut);
                self.on_unanswerable(layer);
            }
            Write::Farewell => self.decide(Cause::Stopped),
            Write::Arm => {
                self.fail(Failure::TransmitFailed, 1, 1);
                self.decide(Cause::TransmitFailed);
            }
            Write::Probe(_) => {
                self.probes.drop_unwritten(now);
                self.on_probe_failed(Failure::TransmitFailed, Duration::ZERO);
            }
        }
    }

    /// Returns the token of the challenge whose response was asked for last.
    pub(crate) fn token(&self) -> &[u8] {
        self.challenges.handed_out_token()
    }

    pub(crate) fn health(&self) -> Health {
        let failures = Clock::ALL.map(|clock| self.clocks.reading(clock).misses);
        Health {
            phase: self.phase(),
            level: self
                .response_time
                .level
                .level()
                .max(self.round_trip.level.level()),
            failures_in_a_row: failures
                .into_iter()
                .fold(self.responses_failed.max(self.probes_failed), u8::max),
            last_read: self.clocks.moved(Clock::Transport),
            last_session: self.clocks.moved(Clock::Session),
            last_data: self.clocks.moved(Clock::Data),
            last_beat: self.beat.map(|(at, _)| at),
            last_challenge: self.last_challenge,
            last_answer: self.last_answer,
            response_time: self.response_time.window.summary(),
            round_trip: self.round_trip.window.summary(),
            counters: self.counters,
        }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let clocks = Clock::ALL.map(|clock| self.clocks.reading(clock));
        Evidence::new(self.now, self.inputs, self.probes.outstanding(), clocks)
    }

    // -------------------------------------------------------------------- time

    /// Moves time on, never back, and notices when it leapt past a promised wake-up.
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        if now < self.now {
            self.counters.clock_regressions = self.counters.clock_regressions.saturating_add(1);
            return self.now;
        }
        self.now = now;
        if self.stalled_after.is_some_and(|limit| now > limit) {
            self.on_stall(now);
        }
        now
    }

    fn on_stall(&mut self, now: Timestamp) {
        self.stalled_after = None;
        self.settled = false;
        self.counters.stalls = self.counters.stalls.saturating_add(1);
        let late = self
            .deadline
            .map_or(Duration::ZERO, |deadline| now.saturating_since(deadline));
        self.notify(Event::LocalStall { late });
        if self.forgiven {
            return;
        }
        self.forgiven = true;
        self.challenges.absolve(now);
        self.probes.absolve(now);
        self.clocks.absolve(now);
        self.arm.restart(now);
        self.farewell.restart(now);
    }

    /// Ends a drain. Evidence only pushes deadlines away, so this one stays a safe promise
    /// until an input makes work.
    fn settle(&mut self, deadline: Option<Timestamp>) -> Step {
        self.settled = true;
        self.deadline = deadline;
        self.stalled_after =
            deadline.and_then(|deadline| deadline.checked_add(self.config.stall_tolerance()));
        Step::Wait(deadline)
    }

    fn deadline_of(&self, timer: Timer) -> Option<Timestamp> {
        match timer {
            Timer::Response => self.challenges.deadline(),
            Timer::Probe => {
                let read = self.clocks.moved(Clock::Transport).unwrap_or_default();
                self.probes.deadline(read, self.written)
            }
            Timer::Clock(clock) => self.clocks.deadline(clock),
            Timer::Arm => self.arm.since()?.checked_add(self.config.arm_within()),
            Timer::Farewell => self
                .farewell
                .since()?
                .checked_add(self.config.respond_within()),
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Timer::ALL
            .into_iter()
            .filter_map(|timer| self.deadline_of(timer))
            .min()
    }

    fn due(&self, now: Timestamp) -> Option<Timer> {
        let is_due = |deadline: Timestamp| deadline <= now;
        Timer::ALL
            .into_iter()
            .find(|timer| self.deadline_of(*timer).is_some_and(is_due))
    }

    fn fire(&mut self, timer: Timer, now: Timestamp) {
        match timer {
            Timer::Response => self.on_response_overdue(now),
            Timer::Probe if self.probes.outstanding().is_none() => self.probes.queue(now),
            Timer::Probe => self.on_answer_overdue(now),
            Timer::Clock(clock) => self.on_clock_exceeded(clock, now),
            Timer::Arm => {
                self.arm = Message::Done;
                self.decide(Cause::ArmOverdue {
                    arm_within: self.config.arm_within(),
                });
            }
            Timer::Farewell => self.decide(Cause::Stopped),
        }
        debug_assert!(
            self.verdict.is_some() || self.deadline_of(timer).is_none_or(|next| next > now),
            "{timer:?} fired and stays due"
        );
    }

    // ------------------------------------------------------------------ writes

    /// Picks what leaves next: a retry, then responses, then what we say unasked.
    fn next_write(&mut self) -> Option<Step> {
        if let Some(in_flight) = &mut self.in_flight {
            if in_flight.retry != Retry::Due {
                return None;
            }
            in_flight.retry = Retry::Used;
            return Some(Step::WriteAgain(in_flight.write));
        }
        let write = if let Some(layer) = self.challenges.next_queued() {
            self.challenges.hand_out();
            Write::Response(layer)
        } else if self.arm.is_queued() {
            self.arm.hand_out();
            Write::Arm
        } else if self.farewell.is_queued() {
            self.farewell.hand_out();
            Write::Farewell
        } else {
            Write::Probe(self.probes.hand_out()?)
        };
        self.in_flight = Some(InFlight {
            write,
            retry: Retry::Unused,
        });
        Some(Step::Write(write))
    }

    // ----------------------------------------------------------------- signals

    fn on_beat(&mut self, now: Timestamp, counter: Option<u64>) -> Disposition {
        self.counters.beats = self.counters.beats.saturating_add(1);
        self.clocks.advance(Clock::Session, now);
        self.notify(Event::BeatReceived { counter });
        if let Some((before, last)) = self.beat {
            self.record(LatencyKind::BeatGap, now.saturating_since(before));
            if let (Some(last), Some(got)) = (last, counter) {
                let expected = last.wrapping_add(1);
                if got != expected {
                    self.notify(Event::CounterJump { expected, got });
                }
            }
        }
        self.beat = Some((now, counter));
        Disposition::Absorb
    }

    fn on_challenge(&mut self, now: Timestamp, kind: FrameKind, token: &[u8]) -> Disposition {
        let layer = if kind == FrameKind::Ping {
            Layer::Control
        } else {
            Layer::Dialect
        };
        self.counters.challenges = self.counters.challenges.saturating_add(1);
        self.last_challenge = Some(now);
        self.clocks.advance(Clock::Session, now);
        self.notify(Event::ChallengeReceived { layer });
        if !self.challenges.admit(now, layer, token) {
            self.on_unanswerable(layer);
        }
        Disposition::Absorb
    }

    fn on_answer(
        &mut self,
        now: Timestamp,
        kind: FrameKind,
        named: Option<ProbeId>,
    ) -> Disposition {
        let answer = self.probes.answer(now, named);
        if answer != Answer::Foreign && kind != FrameKind::Pong {
            self.clocks.advance(Clock::Session, now);
        }
        let Answer::Settled { probe, round_trip } = answer else {
            self.counters.answers_ignored = self.counters.answers_ignored.saturating_add(1);
            self.notify(Event::AnswerIgnored { probe: named });
            // Without an id it may well be the answer to a ping of the application's.
            let is_ours = named.is_some() || answer == Answer::Late;
            return if is_ours {
                Disposition::Absorb
            } else {
                Disposition::Deliver
            };
        };
        self.counters.answers = self.counters.answers.saturating_add(1);
        self.last_answer = Some(now);
        self.probes_failed = 0;
        self.settled = false;
        self.notify(Event::Answered { probe, round_trip });
        if let Some(round_trip) = round_trip {
            self.measure(LatencyKind::RoundTrip, round_trip);
        }
        Disposition::Absorb
    }

    /// An acknowledgement that nobody waits for is the application's.
    fn on_armed(&mut self, now: Timestamp) -> Disposition {
        let Message::HandedOut { .. } = self.arm else {
            return Disposition::Deliver;
        };
        self.arm = Message::Done;
        self.clocks.advance(Clock::Session, now);
        self.notify(Event::Armed);
        Disposition::Absorb
    }

    fn on_arm_refused(&mut self, now: Timestamp) -> Disposition {
        let Message::HandedOut { .. } = self.arm else {
            return Disposition::Deliver;
        };
        self.clocks.advance(Clock::Session, now);
        self.decide(Cause::ArmRefused);
        Disposition::Absorb
    }

    fn on_responded(&mut self, now: Timestamp, challenge: Challenge) {
        let response_time = now.saturating_since(challenge.read);
        self.counters.responses = self.counters.responses.saturating_add(1);
        if !challenge.overdue {
            self.responses_failed = 0;
        }
        self.notify(Event::Responded {
            layer: challenge.layer,
            response_time,
        });
        self.measure(LatencyKind::ResponseTime, response_time);
    }

    // ---------------------------------------------------------------- failures

    fn on_response_overdue(&mut self, now: Timestamp) {
        let Some(challenge) = self.challenges.expire(now) else {
            return;
        };
        self.responses_failed = self.responses_failed.saturating_add(1);
        let failures = self.responses_failed;
        let failure = match challenge.stage {
            Stage::Queued => Failure::TransmitStalled,
            Stage::HandedOut | Stage::TransportOwes => Failure::ResponseOverdue,
        };
        self.notify(Event::Timeout { failure });
        if self.fail(failure, failures, self.config.failure_threshold()) {
            self.decide(match failure {
                Failure::TransmitStalled => {
                    let waited = now.saturating_since(challenge.read);
                    Cause::TransmitStalled { failures, waited }
                }
                _ => {
                    let respond_within = self.config.respond_within();
                    Cause::ResponseOverdue {
                        failures,
                        respond_within,
                    }
                }
            });
        }
    }

    fn on_unanswerable(&mut self, layer: Layer) {
        self.counters.unanswerable = self.counters.unanswerable.saturating_add(1);
        self.responses_failed = self.responses_failed.saturating_add(1);
        let failures = self.responses_failed;
        self.notify(Event::Unanswerable { layer });
        if self.fail(
            Failure::Unanswerable,
            failures,
            self.config.failure_threshold(),
        ) {
            let respond_within = self.config.respond_within();
            self.decide(Cause::ResponseOverdue {
                failures,
                respond_within,
            });
        }
    }

    fn on_answer_overdue(&mut self, now: Timestamp) {
        let Some(probe) = self.probes.give_up(now) else {
            return;
        };
        let failure = match probe.written {
            Some(_) => Failure::AnswerOverdue { probe: probe.probe },
            None => Failure::TransmitStalled,
        };
        self.notify(Event::Timeout { failure });
        self.on_probe_failed(failure, now.saturating_since(probe.due));
    }

    fn on_probe_failed(&mut self, failure: Failure, waited: Duration) {
        self.probes_failed = self.probes_failed.saturating_add(1);
        let failures = self.probes_failed;
        if !self.fail(failure, failures, self.config.failure_threshold()) {
            return;
        }
        self.decide(match failure {
            Failure::AnswerOverdue { .. } => {
                let answer_within = self.config.probing().map(|probing| probing.answer_within);
                let answer_within = answer_within.unwrap_or_default();
                Cause::AnswerOverdue {
                    failures,
                    answer_within,
                }
            }
            Failure::TransmitStalled => Cause::TransmitStalled { failures, waited },
            _ => Cause::TransmitFailed,
        });
    }

    fn on_clock_exceeded(&mut self, clock: Clock, now: Timestamp) {
        let failures = self.clocks.miss(clock, now);
        let failure = Failure::ClockExceeded { clock };
        self.notify(Event::Timeout { failure });
        if self.fail(failure, failures, self.config.failure_threshold()) {
            let reading = self.clocks.reading(clock);
            let limit = reading.limit.unwrap_or_default();
            let silent_for = match reading.moved {
                Some(moved) => now.saturating_since(moved),
                None => limit.saturating_mul(u32::from(failures)),
            };
            self.decide(Cause::ClockExceeded {
                clock,
                limit,
                silent_for,
            });
        }
    }

    /// Counts and reports a failure; `true` if it is one too many.
    fn fail(&mut self, failure: Failure, in_a_row: u8, threshold: u8) -> bool {
        self.counters.failures = self.counters.failures.saturating_add(1);
        self.notify(Event::Failure {
            failure,
            in_a_row,
            threshold,
        });
        in_a_row >= threshold
    }

    /// Ends the session. The first verdict stands.
    fn decide(&mut self, cause: Cause) {
        if self.verdict.is_none() {
            self.verdict = Some(cause);
            self.settled = false;
            self.notify(Event::Stopped { cause });
        }
    }

    // ----------------------------------------------------------------- reports

    fn measure(&mut self, kind: LatencyKind, value: Duration) {
        let levels = self.config.levels();
        let before = self.level();
        let latency = match kind {
            LatencyKind::ResponseTime => &mut self.response_time,
            _ => &mut self.round_trip,
        };
        latency.window.push(value);
        latency.level.push(value, &levels);
        let after = self.level();
        self.record(kind, value);
        if before != after {
            self.notify(Event::LevelChanged {
                from: before,
                to: after,
            });
        }
    }

    fn record(&mut self, kind: LatencyKind, value: Duration) {
        if self.config.monitoring() {
            self.report(Report::Latency(LatencySample { kind, value }));
        }
    }

    fn notify(&mut self, event: Event) {
        if self.config.monitoring() || !event.is_telemetry() {
            self.report(Report::Event(event));
        }
    }

    fn report(&mut self, report: Report) {
        self.settled = false;
        if self.reports.push(report).is_err() {
            self.counters.events_dropped = self.counters.events_dropped.saturating_add(1);
        }
    }

    fn level(&self) -> crate::Level {
        self.response_time
            .level
            .level()
            .max(self.round_trip.level.level())
    }

    fn is_armed(&self) -> bool {
        matches!(self.arm, Message::Unneeded | Message::Done)
    }

    fn phase(&self) -> Phase {
        if self.verdict.is_some() {
            Phase::Finished
        } else if !self.is_armed() {
            Phase::Arming
        } else if self.live {
            Phase::Live
        } else {
            Phase::Ready
        }
    }
}
