//! The state machine: signals and time in, steps out. It knows no bytes but the token of a
//! challenge, and is not generic; [`Session`](crate::Session) is the thin shell around it.

mod cancel;
mod challenges;
mod clocks;
mod dead_man;
mod failures;
mod flood;
mod growth;
mod hold;
mod keepalives;
mod message;
mod probes;
mod questions;
mod reports;
mod safety;
mod signals;
mod terms;
mod timers;
mod writes;

use core::time::Duration;

use crate::evidence::{InputRing, SignalClass};
use crate::{
    Cause, Clock, Config, Counters, Disposition, Event, FrameKind, InputRecord, Layer, Outlet,
    ProbeId, Signal, Timestamp,
};
use cancel::CancelOnDisconnect;
pub use challenges::CHALLENGES_MAX;
use challenges::{Challenges, Stage};
use clocks::Clocks;
use dead_man::DeadManSwitch;
use flood::FloodMeter;
use growth::Excuse;
use hold::Hold;
use keepalives::Keepalives;
use message::Message;
use probes::Probes;
pub(crate) use reports::Report;
use reports::{Latency, Reports};

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
    /// Ask the venue to cancel the orders when the connection ends.
    CancelOnDisconnect,
    /// Wind up the dead-man switch.
    DeadMan,
    /// Switch the dead-man switch off.
    SwitchOff,
    Farewell,
    Probe(ProbeId),
    /// Say what nobody answers.
    Keepalive,
}

/// Whether the session is over, and whether the driver was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Open,
    Reached(Cause),
    Announced,
}

impl Verdict {
    const fn is_reached(self) -> bool {
        !matches!(self, Self::Open)
    }
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
    /// It was never composed: the platform is to be asked for it again.
    Anew,
    Due,
    Used,
}

#[derive(Clone, Debug)]
pub(crate) struct Machine {
    config: Config,
    started: Timestamp,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
    /// What the last `Wait` promised.
    deadline: Option<Timestamp>,
    /// After this point in time a wake-up is so late that we must have slept.
    stalled_after: Option<Timestamp>,
    /// Whether a stall has been forgiven and nothing was read since.
    forgiven: bool,
    /// Whether `deadline` still holds: no input since has made work or moved a deadline closer,
    /// and nothing waits for the outlet.
    settled: bool,
    verdict: Verdict,
    /// When the verdict fell.
    ended: Option<Timestamp>,
    arm: Message,
    arm_excuse: Excuse,
    arm_ack_owed: bool,
    /// The venue's terms, where nothing else notices a dead line: waited for as an arming is.
    terms: Message,
    terms_excuse: Excuse,
    /// As things stand: what the venue states may make it shorter.
    silence_bound: Duration,
    cancel: CancelOnDisconnect,
    dead_man: DeadManSwitch,
    switch_off: Message,
    farewell: Message,
    live_since: Option<Timestamp>,
    in_flight: Option<InFlight>,
    challenges: Challenges,
    probes: Probes,
    keepalives: Keepalives,
    clocks: Clocks,
    /// When bytes last came in of a message that is not whole yet.
    receiving: Option<Timestamp>,
    hold: Hold,
    flood: FloodMeter,
    /// When anything was last written, by us or by the application: paces idle probes.
    written: Timestamp,
    responses_failed: u8,
    probes_failed: u8,
    panics: u8,
    beat: Option<(Timestamp, Option<u64>)>,
    last_challenge: Option<Timestamp>,
    last_answer: Option<Timestamp>,
    response_time: Latency,
    round_trip: Latency,
    counters: Counters,
    inputs: InputRing,
    reports: Reports,
}

impl Machine {
    pub(crate) fn new(config: &Config, must_arm: bool, now: Timestamp) -> Self {
        let mut machine = Self {
            config: *config,
            started: now,
            now,
            deadline: None,
            stalled_after: None,
            forgiven: false,
            settled: false,
            verdict: Verdict::Open,
            ended: None,
            arm_excuse: Excuse::NONE,
            arm: if must_arm { Message::Queued { since: now } } else { Message::Unneeded },
            arm_ack_owed: false,
            terms: if config.depends_on_terms() {
                Message::HandedOut { since: now }
            } else {
                Message::Unneeded
            },
            terms_excuse: Excuse::NONE,
            silence_bound: config.silence_bound(),
            cancel: CancelOnDisconnect::new(),
            dead_man: DeadManSwitch::new(config),
            switch_off: Message::Unneeded,
            farewell: Message::Unneeded,
            live_since: None,
            in_flight: None,
            challenges: Challenges::new(config.respond_within()),
            probes: Probes::new(config, now),
            keepalives: Keepalives::new(config, now),
            clocks: Clocks::new(config, now),
            receiving: None,
            hold: Hold::NONE,
            flood: FloodMeter::new(now),
            written: now,
            responses_failed: 0,
            probes_failed: 0,
            panics: 0,
            beat: None,
            last_challenge: None,
            last_answer: None,
            response_time: Latency::default(),
            round_trip: Latency::default(),
            counters: Counters::default(),
            inputs: InputRing::new(),
            reports: Reports::new(config.monitoring(), now),
        };
        machine.reports.notify(Event::Started);
        if !must_arm {
            machine.reports.notify(Event::Armed);
        }
        machine
    }

    pub(crate) const fn set_transport_answers_pings(&mut self) {
        self.challenges.set_transport_answers_pings();
    }

    // ------------------------------------------------------------------ inputs

    pub(crate) fn handle_signal(
        &mut self,
        now: Timestamp,
        kind: FrameKind,
        len: usize,
        signal: Signal,
    ) -> Disposition {
        let now = self.advance(now);
        if self.verdict.is_reached() {
            let is_data = matches!(signal, Signal::Data | Signal::Mixed { .. });
            return if is_data { Disposition::Deliver } else { Disposition::Absorb };
        }
        self.counters.frames = self.counters.frames.saturating_add(1);
        self.clocks.advance(Clock::Transport, now);
        self.forgiven = false;
        self.receiving = None;
        // Data makes no work and only pushes deadlines away, unless it ends a doubt; anything
        // else may do more.
        self.settled &= signal == Signal::Data && !self.dead_man.is_withheld();
        self.inputs.push(InputRecord {
            at: now,
            len: u32::try_from(len).unwrap_or(u32::MAX),
            kind,
            class: SignalClass::of(&signal),
        });
        if signal != Signal::Data
            && let Some(limit) = self.config.flood_limit()
            && let Some(heartbeats) = self.flood.count(now, &limit)
        {
            self.decide(Cause::Flood { heartbeats, within: limit.within });
            return Disposition::Absorb;
        }
        let disposition = self.on_signal(now, kind, signal);
        if self.live_since.is_none() && self.is_ready() && !self.verdict.is_reached() {
            self.live_since = Some(now);
            self.reports.notify(Event::Live);
        }
        disposition
    }

    /// Notes that the application wrote something. Paces idle probes and moves no clock: a
    /// send proves nothing about the peer.
    pub(crate) fn handle_sent(&mut self, now: Timestamp) {
        self.written = self.advance(now);
        self.probes.note_first_send();
        self.note_message(now);
    }

    /// Ends the session for what the machine cannot see by itself.
    pub(crate) fn end(&mut self, now: Timestamp, cause: Cause) {
        self.advance(now);
        self.decide(cause);
    }

    pub(crate) fn handle_transmitted(&mut self, now: Timestamp) {
        let now = self.advance(now);
        let Some(in_flight) = self.in_flight.take() else {
            return;
        };
        self.settled = false;
        self.written = now;
        if !matches!(in_flight.write, Write::Response(Layer::Control) | Write::Probe(_)) {
            self.note_message(now);
        }
        match in_flight.write {
            Write::Response(_) => {
                if let Some(challenge) = self.challenges.settle(Stage::HandedOut) {
                    self.on_responded(now, challenge);
                }
            }
            Write::Arm | Write::CancelOnDisconnect | Write::DeadMan => {}
            Write::Keepalive => {
                self.keepalives.written(now);
                self.counters.keepalives = self.counters.keepalives.saturating_add(1);
                self.reports.notify(Event::KeepaliveSent);
            }
            Write::SwitchOff | Write::Farewell => self.said(in_flight.write),
            Write::Probe(probe) => {
                self.probes.written(probe, now);
                self.counters.probes = self.counters.probes.saturating_add(1);
                self.reports.notify(Event::ProbeSent { probe });
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
                self.on_transmit_failed(1);
            }
            // Reported twice for one hand-out: the second report says nothing new.
            Retry::Due | Retry::Anew => {}
            Retry::Used => {
                self.in_flight = None;
                self.on_transmit_failed(2);
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

    // ----------------------------------------------------------------- outputs

    pub(crate) fn poll(&mut self, now: Timestamp, outlet: Outlet) -> Step {
        let now = self.advance(now);
        if self.verdict == Verdict::Announced {
            return Step::Wait(None);
        }
        self.note_hold(now, outlet);
        if self.settled
            && self.reports.is_empty()
            && self.deadline.is_none_or(|deadline| now < deadline)
        {
            return Step::Wait(self.deadline);
        }
        loop {
            if outlet == Outlet::Ready
                && !self.verdict.is_reached()
                && let Some(step) = self.next_write()
            {
                return step;
            }
            if let Some(report) = self.reports.pop() {
                return Step::Report(report);
            }
            if let Verdict::Reached(cause) = self.verdict {
                self.verdict = Verdict::Announced;
                return Step::Disconnect(cause);
            }
            if !self.fire_due(now) {
                return self.settle(outlet);
            }
        }
    }
}
