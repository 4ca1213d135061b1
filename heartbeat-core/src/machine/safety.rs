//! The safety of orders: what the venue is asked for, and what it replies.

use super::message::Message;
use super::{Machine, Write};
use crate::{Cause, Clock, Disposition, Event, Safeguard, Standing, Timestamp};

impl Machine {
    /// Asks for every safeguard there is. `can_cancel` tells whether the platform has words to
    /// ask for cancelling on disconnect.
    pub(crate) fn request_order_safety(&mut self, now: Timestamp, can_cancel: bool) {
        let now = self.advance(now);
        if self.verdict.is_reached() || self.is_stopping() {
            return;
        }
        self.settled = false;
        self.dead_man.start(now);
        if !can_cancel && !self.dead_man.is_on() {
            self.reports.notify(Event::NoSafeguard);
        }
        if can_cancel {
            self.cancel.ask(now);
        }
    }

    /// Tells whether anything speaks against the line: a dead-man switch is not wound up then.
    ///
    /// A probe that is out is a doubt as well, which its answer ends: what we send is no sign
    /// of life, so each refresh follows upon one. One that failed is followed by another at
    /// once, so there is no run of failed probes without one that is out.
    pub(super) fn is_in_doubt(&self) -> bool {
        let has_missed = |clock| self.clocks.reading(clock).misses > 0;
        self.live_since.is_none()
            || self.forgiven
            || self.responses_failed > 0
            || self.challenges.are_overdue()
            || self.probes.outstanding().is_some()
            || Clock::ALL.into_iter().any(has_missed)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.switch_off != Message::Unneeded || self.farewell != Message::Unneeded
    }

    pub(super) fn on_safeguard_set(&mut self, now: Timestamp, safeguard: Safeguard) -> Disposition {
        let is_new = match safeguard {
            Safeguard::DeadMan if !self.dead_man.is_on() => return Disposition::Deliver,
            Safeguard::DeadMan => {
                let Some((until, is_new)) = self.dead_man.acknowledge(now) else {
                    return Disposition::Absorb;
                };
                self.reports.notify(Event::DeadManRefreshed { until });
                is_new
            }
            Safeguard::CancelOnDisconnect => {
                if !self.cancel.conclude(Standing::Confirmed) {
                    return Disposition::Deliver;
                }
                true
            }
        };
        self.clocks.advance(Clock::Session, now);
        if is_new {
            self.reports.notify(Event::SafeguardSet { safeguard });
        }
        Disposition::Absorb
    }

    pub(super) fn on_safeguard_refused(
        &mut self,
        now: Timestamp,
        safeguard: Safeguard,
    ) -> Disposition {
        if safeguard == Safeguard::DeadMan && !self.dead_man.is_on() {
            return Disposition::Deliver;
        }
        if self.note_refused(safeguard) {
            self.clocks.advance(Clock::Session, now);
            return Disposition::Absorb;
        }
        match safeguard {
            Safeguard::DeadMan => Disposition::Absorb,
            Safeguard::CancelOnDisconnect => Disposition::Deliver,
        }
    }

    /// Takes note of a refusal: the venue's, or that of a platform that has no words after all.
    /// Returns `false` if no reply is owed.
    pub(super) fn note_refused(&mut self, safeguard: Safeguard) -> bool {
        let is_owed = match safeguard {
            Safeguard::DeadMan => self.dead_man.refuse(),
            Safeguard::CancelOnDisconnect => self.cancel.conclude(Standing::Refused),
        };
        if is_owed {
            self.reports.notify(Event::SafeguardRefused { safeguard });
        }
        is_owed
    }

    pub(super) fn on_refresh_due(&mut self, at: Timestamp) {
        let due = self.dead_man.queue(at);
        if let Some(at) = due.lapsed {
            self.reports.notify(Event::DeadManLapsed { at });
        }
        if due.overdue {
            let safeguard = Safeguard::DeadMan;
            self.reports.notify(Event::SafeguardOverdue { safeguard });
        }
    }

    /// The venue did not reply; a late reply still counts.
    pub(super) fn on_cancel_overdue(&mut self) {
        self.cancel.give_up();
        let safeguard = Safeguard::CancelOnDisconnect;
        self.reports.notify(Event::SafeguardOverdue { safeguard });
    }

    /// Begins the end by the application's wish: what has to be said first, and the verdict.
    pub(crate) fn stop(&mut self, now: Timestamp, has_farewell: bool) {
        let now = self.advance(now);
        if self.verdict.is_reached() || self.is_stopping() {
            return;
        }
        self.settled = false;
        if self.dead_man.stop() {
            self.switch_off = Message::Queued { since: now };
        }
        if has_farewell {
            self.farewell = Message::Queued { since: now };
        }
        self.part();
    }

    /// Takes note that a last word was said, or never can be.
    pub(super) fn said(&mut self, write: Write) {
        if write == Write::SwitchOff {
            self.switch_off = Message::Done;
        } else {
            self.farewell = Message::Done;
        }
        self.part();
    }

    /// Ends the session once nothing is left to be said.
    fn part(&mut self) {
        if self.switch_off.since().is_none() && self.farewell.since().is_none() {
            self.decide(Cause::Stopped);
        }
    }

    /// Picks what leaves next for the orders' sake.
    pub(super) fn next_safety_write(&mut self) -> Option<Write> {
        if self.switch_off.is_queued() {
            self.switch_off.hand_out();
            return Some(Write::SwitchOff);
        }
        if self.cancel.hand_out() {
            return Some(Write::CancelOnDisconnect);
        }
        if !self.dead_man.is_queued() {
            return None;
        }
        let in_doubt = self.is_in_doubt();
        self.dead_man.hand_out(self.now, in_doubt).then_some(Write::DeadMan)
    }
}
