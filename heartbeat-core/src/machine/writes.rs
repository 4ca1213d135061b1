//! What leaves next, and what becomes of what cannot.

use super::challenges::Stage;
use super::{InFlight, Machine, Retry, Step, Write};
use crate::{Cause, Safeguard, Timestamp};

impl Machine {
    /// Takes back a write that the platform could not make.
    pub(crate) fn unwritable(&mut self, write: Write) {
        self.in_flight = None;
        match write {
            Write::Response(layer) => {
                self.challenges.settle(Stage::HandedOut);
                self.on_unanswerable(layer);
            }
            Write::CancelOnDisconnect => {
                self.note_refused(Safeguard::CancelOnDisconnect);
            }
            Write::DeadMan => {
                self.note_refused(Safeguard::DeadMan);
            }
            Write::SwitchOff | Write::Farewell => self.said(write),
            // A platform that cannot say what its dialect demands leaves us unprotected.
            Write::Arm | Write::Probe(_) | Write::Keepalive => self.decide(Cause::TransmitFailed),
        }
    }

    /// Takes back a probe that must not leave before the first message does.
    pub(crate) const fn withhold_probe(&mut self) {
        self.in_flight = None;
        self.probes.withhold();
    }

    /// Tells whether a message has left on this connection, ours or the application's.
    pub(crate) const fn has_spoken(&self) -> bool {
        self.probes.has_spoken()
    }

    /// Notes that a message left. A probe that had to wait for it leaves next.
    pub(super) fn note_message(&mut self, now: Timestamp) {
        if self.probes.note_message(now) {
            self.settled = false;
        }
    }

    /// Returns the token of the challenge whose response was asked for last.
    pub(crate) fn token(&self) -> &[u8] {
        self.challenges.handed_out_token()
    }

    /// Picks what leaves next: a retry, then responses, then what we say unasked.
    pub(super) fn next_write(&mut self) -> Option<Step> {
        if let Some(in_flight) = &mut self.in_flight {
            let write = in_flight.write;
            return match in_flight.retry {
                Retry::Unused | Retry::Used => None,
                Retry::Anew => {
                    in_flight.retry = Retry::Unused;
                    Some(Step::Write(write))
                }
                Retry::Due => {
                    in_flight.retry = Retry::Used;
                    Some(Step::WriteAgain(write))
                }
            };
        }
        let write = if let Some(write) = self.next_in_turn() {
            write
        } else if let Some(layer) = self.challenges.hand_out() {
            Write::Response(layer)
        } else if self.arm.is_queued() {
            self.arm.hand_out();
            self.arm_ack_owed = true;
            Write::Arm
        } else if let Some(write) = self.next_safety_write() {
            write
        } else if self.farewell.is_queued() {
            self.farewell.hand_out();
            Write::Farewell
        } else {
            self.next_regular()?
        };
        self.in_flight = Some(InFlight { write, retry: Retry::Unused });
        Some(Step::Write(write))
    }

    /// Picks what leaves before the responses, because it was passed over for them the last time
    /// that our own brake let one message out.
    fn next_in_turn(&mut self) -> Option<Write> {
        let waits = self.probes.is_queued() || self.keepalives.is_queued();
        let is_its_turn = waits && self.hold.puts_regular_first();
        if is_its_turn { self.next_regular() } else { None }
    }

    fn next_regular(&mut self) -> Option<Write> {
        let probe = self.probes.hand_out().map(Write::Probe);
        probe.or_else(|| self.next_keepalive())
    }
}
