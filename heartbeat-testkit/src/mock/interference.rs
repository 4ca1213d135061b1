//! What planned faults make of a connection.

use heartbeat_core::Timestamp;
use heartbeat_platforms::CloseRule;

use super::engine::Effect;
use super::noise::Sound;
use super::outgoing::Parcel;
use super::schedule::Change;
use super::{Fault, MockAction, MockExchange, Observation};
use crate::OwnedFrame;

/// How many late answers can be under way; probes beyond it stay unanswered.
const LATE_MAX: usize = 4_096;

/// What fills an oversize message.
const FILLING: &str = "x";

impl MockExchange {
    /// Returns when there is something to do without an input, but for the timer over the
    /// orders, which is not this connection's alone.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        let schedule = self.schedule.next_at();
        if self.schedule.is_on(Fault::Stall) {
            return schedule;
        }
        let late = self.late.front().map(|(at, _)| *at);
        let waits = [schedule, late, self.outgoing.next_at()];
        // A venue whose own buffer is full waits until it is not.
        let is_idle = self.schedule.is_idle() || self.outgoing.is_full();
        let speaks = if is_idle {
            None
        } else if self.schedule.is_on(Fault::ZeroWindow) {
            self.engine.next_sending()
        } else {
            self.engine.next_at()
        };
        let noise = if is_idle { None } else { self.noise.next_at(self.now) };
        waits.into_iter().chain([speaks, noise]).flatten().min()
    }

    /// Does one thing that is due; `false` if nothing is.
    pub(super) fn step(&mut self, now: Timestamp) -> bool {
        if let Some(cancelled) = self.engine.desk.poll(now) {
            self.observe(cancelled);
            return true;
        }
        if self.schedule.is_on(Fault::Stall) {
            return false;
        }
        if let Some(effect) = self.effects.pop_front() {
            self.apply(now, effect);
            return true;
        }
        if self.release(now) {
            return true;
        }
        if self.late.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, frame)) = self.late.pop_front()
                && !self.schedule.is_idle()
            {
                self.send(now, frame, None);
            }
            return true;
        }
        if self.schedule.is_idle() || self.outgoing.is_full() {
            return false;
        }
        if let Some(sound) = self.noise.take_due(now) {
            self.sound(now, sound);
            return true;
        }
        if self.schedule.is_on(Fault::ZeroWindow) {
            self.engine.send_due(now, now, &mut self.effects);
        } else {
            self.engine.poll(now, &mut self.effects);
        }
        !self.effects.is_empty()
    }

    /// Lets one thing go that was late and is due; `false` if nothing is.
    pub(super) fn release(&mut self, now: Timestamp) -> bool {
        let Some(parcel) = self.outgoing.take_due(now) else {
            return false;
        };
        let is_lost = matches!(parcel, Parcel::Frame(..)) && self.schedule.is_muted();
        if !is_lost {
            self.deliver(now, parcel);
        }
        true
    }

    fn sound(&mut self, now: Timestamp, sound: Sound) {
        match sound {
            Sound::Data => {
                let data = self.engine.data(now);
                self.effects.push_back(Effect::Data(data));
            }
            Sound::Heartbeat => self.engine.extra_heartbeat(now, &mut self.effects),
            Sound::Garbage(frame) => {
                self.send(now, frame, None);
            }
        }
    }

    pub(super) fn on_change(&mut self, now: Timestamp, change: Change) {
        match change {
            Change::Begins(fault) => {
                self.observe(Observation::FaultBegan { fault });
                self.begin(now, fault);
            }
            Change::Ends(fault) => {
                self.observe(Observation::FaultEnded { fault });
                self.recover(now, fault);
            }
        }
    }

    fn begin(&mut self, now: Timestamp, fault: Fault) {
        match fault {
            Fault::Cut => self.end(now, CloseRule::Cut),
            Fault::Close(code) => self.end(now, CloseRule::Code { code, reason: "" }),
            Fault::ProtocolError => self.actions.push_back(MockAction::SendInvalid),
            Fault::Flood(a_second) => self.noise.set_flood(now, Some(a_second)),
            Fault::Jumps => self.engine.skip_beats(true),
            Fault::Burst(messages) => self.noise.add_burst(messages),
            Fault::Garbage => self.noise.set_garbage(Some(now)),
            Fault::Oversize(bytes) => {
                let text = FILLING.repeat(usize::try_from(bytes).unwrap_or(usize::MAX));
                self.send(now, OwnedFrame::Text(text), None);
            }
            Fault::Silent
            | Fault::HalfOpen
            | Fault::AckThenSilence
            | Fault::ZeroWindow
            | Fault::Stall
            | Fault::Slow(_)
            | Fault::Zombie
            | Fault::LateAnswer(_)
            | Fault::WrongEcho
            | Fault::DuplicateAnswer
            | Fault::Refuse
            | Fault::Http(_) => {}
        }
    }

    fn recover(&mut self, now: Timestamp, fault: Fault) {
        if matches!(fault, Fault::Flood(_)) {
            self.noise.set_flood(now, None);
        } else if fault == Fault::Jumps {
            self.engine.skip_beats(false);
        } else if fault == Fault::Garbage {
            self.noise.set_garbage(None);
        }
        // Whatever else keeps the venue from working goes on, and ends in its own way.
        if !fault.excuses() || self.schedule.any(Fault::excuses) {
            return;
        }
        if fault == Fault::Stall {
            self.engine.catch_up(now, &mut self.effects);
        } else if fault.idles() {
            self.engine.resume(now);
        } else {
            self.engine.forgive(now);
        }
    }

    pub(super) fn answer(&mut self, now: Timestamp, answer: OwnedFrame, wrong: OwnedFrame) {
        let frame = if self.schedule.is_on(Fault::WrongEcho) { wrong } else { answer };
        let copies = if self.schedule.is_on(Fault::DuplicateAnswer) { 2 } else { 1 };
        for _ in 0..copies {
            match self.schedule.lateness() {
                Some(_) if self.late.len() >= LATE_MAX => {}
                Some(lateness) => {
                    let at = now.checked_add(lateness).unwrap_or(now);
                    // Order is kept even when one lateness follows another.
                    let at = self.late.back().map_or(at, |(last, _)| at.max(*last));
                    self.late.push_back((at, frame.clone()));
                }
                None => {
                    self.send(now, frame.clone(), None);
                }
            }
        }
    }
}
