//! What goes wrong, how it is counted, and when it is enough.

use core::time::Duration;

use super::challenges::Stage;
use super::{Machine, Retry, Verdict};
use crate::{Cause, Clock, Event, Failure, Layer, Timestamp};

impl Machine {
    pub(super) fn on_response_overdue(&mut self, at: Timestamp) {
        let Some(challenge) = self.challenges.expire(at, self.is_held()) else {
            return;
        };
        let failures = self.responses_failed.saturating_add(1);
        let (failure, cause) = match challenge.stage {
            Stage::Queued => {
                let waited = self.now.saturating_since(challenge.read);
                (Failure::TransmitStalled, Cause::TransmitStalled { failures, waited })
            }
            Stage::HandedOut | Stage::TransportOwes => {
                let respond_within = self.challenges.respond_within();
                (Failure::ResponseOverdue, Cause::ResponseOverdue { failures, respond_within })
            }
        };
        self.responses_failed = failures;
        self.reports.notify(Event::Timeout { failure });
        self.fail(failure, failures, cause);
    }

    pub(super) fn note_unanswerable(&mut self, layer: Layer) {
        self.counters.unanswerable = self.counters.unanswerable.saturating_add(1);
        self.reports.notify(Event::Unanswerable { layer });
    }

    pub(super) fn on_unanswerable(&mut self, layer: Layer) {
        let failures = self.responses_failed.saturating_add(1);
        let respond_within = self.challenges.respond_within();
        self.responses_failed = failures;
        self.note_unanswerable(layer);
        let cause = Cause::ResponseOverdue { failures, respond_within };
        self.fail(Failure::Unanswerable, failures, cause);
    }

    /// The probe that is out has run into its deadline, or the next is due while a message that
    /// grows excuses this one. Either way the next leaves at once: suspicion is settled sooner
    /// than the usual rhythm would, unless it is settled already.
    pub(super) fn on_answer_due(&mut self, at: Timestamp) {
        if self.probes.pass_over(at) {
            self.probes.give_up(at);
        } else {
            self.on_answer_overdue(at);
        }
        if self.verdict == Verdict::Open {
            self.probes.queue(at);
        }
    }

    fn on_answer_overdue(&mut self, at: Timestamp) {
        let Some(given_up) = self.probes.give_up(at) else {
            return;
        };
        let failures = self.probes_failed.saturating_add(1);
        let waited = self.now.saturating_since(given_up.due);
        let (failure, cause) = match given_up.written {
            Some(_) => (
                Failure::AnswerOverdue { probe: given_up.probe },
                Cause::AnswerOverdue { failures, waited },
            ),
            None => (Failure::TransmitStalled, Cause::TransmitStalled { failures, waited }),
        };
        self.probes_failed = failures;
        self.reports.notify(Event::Timeout { failure });
        let threshold = self.config.failure_threshold();
        self.count(failure, failures, threshold);
        // Late is not never: while data is fresh, answers may come as late as the grace allows.
        let may_be_late = given_up.written.is_some() && self.is_fresh_since(given_up.due);
        if failures >= threshold && !(may_be_late && self.probes.wait_longer()) {
            self.decide(cause);
        }
    }

    pub(super) fn on_clock_exceeded(&mut self, clock: Clock, at: Timestamp) {
        let failures = self.clocks.miss(clock, at);
        let failure = Failure::ClockExceeded { clock };
        let reading = self.clocks.reading(clock);
        let limit = reading.limit.unwrap_or_default();
        let silent_for = self.now.saturating_since(reading.moved.unwrap_or(self.started));
        self.reports.notify(Event::Timeout { failure });
        let cause = Cause::ClockExceeded { clock, limit, silent_for };
        // The venue's own word needs no second chance.
        let threshold =
            if self.clocks.is_promised(clock) { 1 } else { self.config.failure_threshold() };
        self.fail_by(threshold, failure, failures, cause);
    }

    /// Notes that the platform panicked; if that was while it composed the write that was asked
    /// for last, it will be asked once more.
    pub(crate) fn handle_panicked(&mut self, now: Timestamp, composing: bool) {
        self.advance(now);
        self.settled = false;
        if composing && let Some(in_flight) = &mut self.in_flight {
            in_flight.retry = Retry::Anew;
        }
        self.on_panicked();
    }

    /// The row of panics never ends: no success shows that the platform is mended.
    fn on_panicked(&mut self) {
        self.panics = self.panics.saturating_add(1);
        self.fail(Failure::Panicked, self.panics, Cause::Panicked { panics: self.panics });
    }

    /// A write failed; the first time it is due once more, at once.
    pub(super) fn on_transmit_failed(&mut self, in_a_row: u8) {
        self.fail_by(TRANSMIT_ATTEMPTS, Failure::TransmitFailed, in_a_row, Cause::TransmitFailed);
    }

    /// Counts and reports a failure; enough of them in a row are a verdict.
    pub(super) fn fail(&mut self, failure: Failure, in_a_row: u8, cause: Cause) {
        self.fail_by(self.config.failure_threshold(), failure, in_a_row, cause);
    }

    /// The same, where as many as `threshold` are enough.
    fn fail_by(&mut self, threshold: u8, failure: Failure, in_a_row: u8, cause: Cause) {
        self.count(failure, in_a_row, threshold);
        if in_a_row >= threshold {
            self.decide(cause);
        }
    }

    fn count(&mut self, failure: Failure, in_a_row: u8, threshold: u8) {
        self.counters.failures = self.counters.failures.saturating_add(1);
        self.reports.notify(Event::Failure { failure, in_a_row, threshold });
    }

    /// Ends the session. The first verdict stands.
    pub(super) fn decide(&mut self, cause: Cause) {
        if !self.verdict.is_reached() {
            self.ended = Some(self.now);
            // Nothing that we wait for is touched any more: it is evidence.
            self.stalled_after = None;
            self.verdict = Verdict::Reached(cause);
            self.settled = false;
            self.reports.notify(Event::Stopped { cause });
        }
    }

    /// We slept: nothing that time alone would have judged counts, once. Forgiving every
    /// stall would let a dead peer live for as long as we keep stumbling.
    pub(super) fn on_stall(&mut self, now: Timestamp) {
        let late = self.deadline.map_or(Duration::ZERO, |deadline| now.saturating_since(deadline));
        self.stalled_after = None;
        self.settled = false;
        self.receiving = None;
        self.counters.stalls = self.counters.stalls.saturating_add(1);
        self.reports.notify(Event::LocalStall { late });
        if core::mem::replace(&mut self.forgiven, true) {
            return;
        }
        self.hold.absolve(now);
        self.challenges.absolve(now);
        self.probes.absolve(now);
        self.clocks.absolve(now);
        self.keepalives.absolve(now);
        self.arm.absolve(now);
        self.terms.absolve(now);
        self.cancel.absolve(now);
        self.switch_off.absolve(now);
        self.farewell.absolve(now);
    }
}

/// How often a heartbeat is tried before a transport that refuses it is given up.
const TRANSMIT_ATTEMPTS: u8 = 2;
