//! What the machine makes of each signal.

use core::time::Duration;

use super::challenges::{Admission, Challenge};
use super::message::Message;
use super::probes::Answer;
use super::{Latency, Machine};
use crate::{
    Cause, Clock, Disposition, Event, FrameKind, Heartbeat, LatencyKind, Layer, ProbeId, Signal,
    Timestamp, Token,
};

impl Machine {
    pub(super) fn on_signal(
        &mut self,
        now: Timestamp,
        kind: FrameKind,
        signal: Signal,
    ) -> Disposition {
        match signal {
            Signal::Data => self.on_data(now),
            Signal::Mixed { heartbeat } => {
                // Whosever the heartbeat is, the frame is the application's.
                let _whose = match heartbeat {
                    Heartbeat::Beat => self.on_beat(now, None),
                    Heartbeat::Challenge { token } => self.on_challenge(now, kind, token),
                    Heartbeat::Terms { terms, arms } => self.on_terms(now, &terms, arms),
                };
                self.on_data(now)
            }
            Signal::Beat { counter } => self.on_beat(now, counter),
            Signal::Challenge { token } => self.on_challenge(now, kind, token),
            Signal::Answer { probe } => self.on_answer(now, kind, probe),
            Signal::Armed => self.on_armed(now),
            Signal::ArmRefused => self.on_arm_refused(now),
            Signal::Terms { terms, arms } => self.on_terms(now, &terms, arms),
            Signal::SafeguardSet { safeguard } => self.on_safeguard_set(now, safeguard),
            Signal::SafeguardRefused { safeguard } => self.on_safeguard_refused(now, safeguard),
            Signal::Notice { kind, deadline } => {
                self.reports.notify(Event::Notice { kind, deadline });
                Disposition::Deliver
            }
            Signal::Unsolicited => Disposition::Deliver,
            Signal::Close { code } => {
                self.decide(Cause::PeerClosed { code });
                Disposition::Deliver
            }
        }
    }

    fn on_data(&mut self, now: Timestamp) -> Disposition {
        self.counters.data = self.counters.data.saturating_add(1);
        self.clocks.advance(Clock::Data, now);
        Disposition::Deliver
    }

    fn on_beat(&mut self, now: Timestamp, counter: Option<u64>) -> Disposition {
        self.counters.beats = self.counters.beats.saturating_add(1);
        self.clocks.advance(Clock::Session, now);
        self.reports.notify(Event::BeatReceived { counter });
        self.conclude_arming();
        if let Some((before, last)) = self.beat {
            self.reports.record(LatencyKind::BeatGap, now.saturating_since(before));
            if let (Some(last), Some(got)) = (last, counter) {
                let expected = last.wrapping_add(1);
                if got != expected {
                    self.reports.notify(Event::CounterJump { expected, got });
                }
            }
        }
        self.beat = Some((now, counter));
        Disposition::Absorb
    }

    fn on_challenge(&mut self, now: Timestamp, kind: FrameKind, token: Token) -> Disposition {
        let layer = if kind == FrameKind::Ping { Layer::Control } else { Layer::Dialect };
        self.counters.challenges = self.counters.challenges.saturating_add(1);
        self.last_challenge = Some(now);
        self.clocks.advance(Clock::Session, now);
        self.reports.notify(Event::ChallengeReceived { layer });
        if layer == Layer::Dialect {
            self.conclude_arming();
        }
        match self.challenges.admit(now, layer, token) {
            Admission::Admitted => {}
            Admission::Superseding => {
                self.counters.superseded = self.counters.superseded.saturating_add(1);
            }
            // No failure of its own: those that wait have deadlines.
            Admission::Full => self.note_unanswerable(layer),
            Admission::TooLong => self.on_unanswerable(layer),
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
        let (Answer::Settled { probe, round_trip } | Answer::Late { probe, round_trip }) = answer
        else {
            self.counters.answers_ignored = self.counters.answers_ignored.saturating_add(1);
            self.reports.notify(Event::AnswerIgnored { probe: named });
            // Without an id it may well be the answer to a ping of the application's.
            return if named.is_some() { Disposition::Absorb } else { Disposition::Deliver };
        };
        // However late it is: whoever answers is there.
        self.counters.answers = self.counters.answers.saturating_add(1);
        self.last_answer = Some(now);
        self.probes_failed = 0;
        self.reports.notify(Event::Answered { probe, round_trip });
        if let Some(round_trip) = round_trip {
            self.measure(LatencyKind::RoundTrip, round_trip);
        }
        Disposition::Absorb
    }

    /// The first acknowledgement after our message is ours; any other is the application's.
    fn on_armed(&mut self, now: Timestamp) -> Disposition {
        if !core::mem::take(&mut self.arm_ack_owed) {
            return Disposition::Deliver;
        }
        self.clocks.advance(Clock::Session, now);
        self.conclude_arming();
        Disposition::Absorb
    }

    fn on_arm_refused(&mut self, now: Timestamp) -> Disposition {
        if !core::mem::take(&mut self.arm_ack_owed) {
            return Disposition::Deliver;
        }
        self.clocks.advance(Clock::Session, now);
        self.decide(Cause::ArmRefused);
        Disposition::Absorb
    }

    /// An acknowledgement proves that the venue's heartbeat is armed, and so does the
    /// heartbeat itself.
    pub(super) fn conclude_arming(&mut self) {
        if let Message::HandedOut { .. } = self.arm {
            self.arm = Message::Done;
            self.reports.notify(Event::Armed);
        }
    }

    pub(super) fn on_responded(&mut self, now: Timestamp, challenge: Challenge) {
        let response_time = now.saturating_since(challenge.read);
        self.counters.responses = self.counters.responses.saturating_add(1);
        if !challenge.overdue {
            self.responses_failed = 0;
        }
        self.reports.notify(Event::Responded { layer: challenge.layer, response_time });
        self.measure(LatencyKind::ResponseTime, response_time);
    }

    fn measure(&mut self, kind: LatencyKind, value: Duration) {
        let levels = self.config.levels();
        let from = self.level();
        let latency: &mut Latency = match kind {
            LatencyKind::ResponseTime => &mut self.response_time,
            LatencyKind::RoundTrip | LatencyKind::BeatGap => &mut self.round_trip,
        };
        latency.push(value, &levels);
        self.reports.record(kind, value);
        let to = self.level();
        if from != to {
            self.reports.notify(Event::LevelChanged { from, to });
        }
    }
}
