//! What the venue states of its heartbeat on the connection.

use super::Machine;
use super::message::Message;
use crate::config::{Accepted, Refused};
use crate::{Cause, Clock, Disposition, Event, Terms, Timestamp};

impl Machine {
    /// Takes the venue's terms, or ends the session for them. They acknowledge our arming if they
    /// arm and that is owed; else the message is the application's as well.
    pub(super) fn on_terms(&mut self, now: Timestamp, terms: &Terms, arms: bool) -> Disposition {
        self.clocks.advance(Clock::Session, now);
        let is_ours = arms && core::mem::take(&mut self.arm_ack_owed);
        match self.config.accept(terms) {
            Some(Ok(accepted)) => self.take_terms(now, &accepted),
            Some(Err(Refused { term, offered, limit })) => {
                self.decide(Cause::TermsRefused { term, offered, limit });
            }
            None => {}
        }
        if !is_ours {
            return Disposition::Deliver;
        }
        self.conclude_arming();
        Disposition::Absorb
    }

    fn take_terms(&mut self, now: Timestamp, accepted: &Accepted) {
        let Accepted { heard, respond_within, keepalive_every, silence_bound } = *accepted;
        self.terms = Message::Done;
        self.challenges.set_respond_within(respond_within);
        self.keepalives.set_every(keepalive_every);
        self.clocks.promise(&self.config, heard, now);
        self.silence_bound = silence_bound;
        self.reports.notify(Event::TermsTaken { silence_bound });
    }
}
