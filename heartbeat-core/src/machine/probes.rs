//! The cycle of probes: due, queued, written, answered or given up. One is out at most.

use core::time::Duration;

use super::growth::{Excuse, Growth};
use crate::evidence::Unanswered;
use crate::{Config, OutstandingProbe, Pace, ProbeId, Probing, Timestamp};

/// The cycle of probes.
///
/// ```text
///         due                 handed out
///  Idle ───────► Queued ─────────────────► Out
///   ▲               ▲   │                   │ │
///   │               └───┴── given up ◄──────┘ │
///   └──────────────────────────── answered ◄──┘
/// ```
#[derive(Clone, Debug)]
pub(super) struct Probes {
    plan: Option<Probing>,
    state: State,
    /// The id of the next probe; every lower one has been used.
    next: ProbeId,
    /// Those that were given up since the last answer.
    unanswered: Unanswered,
    /// How much of its grace this row of probes has used up.
    excuse: Excuse,
    grace: Duration,
    /// Whether the answer to a probe that was given up may still come. Matters only where
    /// answers carry no id.
    owed: bool,
    /// Whether to probe again as soon as the probe that is out has been answered.
    again: bool,
    opening: Opening,
}

/// What was said first on the connection, as far as it matters to probes.
#[derive(Clone, Copy, Debug)]
struct Opening {
    /// Whether probes are ping frames for now, whatever the platform's words.
    by_ping: bool,
    /// Whether a message has left, ours or the application's, and not only control frames.
    has_spoken: bool,
    /// Whether the probe that is queued must not leave before the first message does.
    withheld: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// None is due; `since` is when the last became due.
    Idle { since: Timestamp },
    /// Due, and waiting for the transport.
    Queued { probe: ProbeId, due: Timestamp },
    /// Handed to the transport, which wrote it out at `written`. Its answer is waited for from
    /// `since`, which is when it was due, less what is excused.
    Out { probe: ProbeId, due: Timestamp, since: Timestamp, written: Option<Timestamp> },
}

/// What an answer turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The answer to the probe that is out.
    Settled { probe: ProbeId, round_trip: Option<Duration> },
    /// The answer to a probe of ours that was given up. It is named, or it can be no other.
    Late { probe: ProbeId, round_trip: Option<Duration> },
    /// Another answer to a probe of ours that has had its answer.
    Repeated,
    /// The answer to a probe that we never sent.
    Foreign,
}

impl Probes {
    pub(super) fn new(config: &Config, now: Timestamp) -> Self {
        let mut probes = Self {
            plan: config.probing(),
            state: State::Idle { since: now },
            next: ProbeId::from_number(1),
            unanswered: Unanswered::new(),
            excuse: Excuse::NONE,
            grace: config.grace(),
            owed: false,
            again: false,
            opening: Opening {
                by_ping: config.ping_until_first_send(),
                has_spoken: false,
                withheld: false,
            },
        };
        if config.probe_at_once() {
            probes.queue(now);
        }
        probes
    }

    /// Notes that the application has sent something.
    pub(super) const fn note_first_send(&mut self) {
        self.opening.by_ping = false;
    }

    pub(super) const fn are_by_ping(&self) -> bool {
        self.opening.by_ping
    }

    pub(super) const fn has_spoken(&self) -> bool {
        self.opening.has_spoken
    }

    pub(super) const fn outstanding(&self) -> Option<OutstandingProbe> {
        match self.state {
            State::Idle { .. } => None,
            State::Queued { probe, due } => Some(OutstandingProbe { probe, due, written: None }),
            State::Out { probe, due, written, .. } => {
                Some(OutstandingProbe { probe, due, written })
            }
        }
    }

    /// Returns when the next step is due: the next probe, or the end of the wait for this one.
    pub(super) fn deadline(&self, read: Timestamp, written: Timestamp) -> Option<Timestamp> {
        let plan = self.plan?;
        match self.state {
            State::Idle { since } => {
                let idle_since = match plan.pace {
                    Pace::Unconditional => since,
                    Pace::InboundIdle => since.max(read),
                    Pace::OutboundIdle => since.max(written),
                };
                idle_since.checked_add(plan.every)
            }
            State::Queued { .. } if self.opening.withheld => None,
            State::Queued { due, .. } => due.checked_add(plan.answer_within),
            State::Out { due, since, .. } => {
                let overdue = since.checked_add(plan.answer_within)?;
                let next = self.next_while_out(due, since, plan.every);
                Some(next.map_or(overdue, |next| overdue.min(next)))
            }
        }
    }

    /// Returns when the next probe leaves beside the one that is out: the venue may want to hear
    /// from us in the usual rhythm, whatever it sends. Only while all of the wait is excused.
    fn next_while_out(
        &self,
        due: Timestamp,
        since: Timestamp,
        every: Duration,
    ) -> Option<Timestamp> {
        let next = due.checked_add(every).filter(|_| since > due)?;
        self.excuse.covers(next.saturating_since(since), self.grace).then_some(next)
    }

    /// Tells whether a probe waits for the transport.
    pub(super) const fn is_queued(&self) -> bool {
        matches!(self.state, State::Queued { .. })
    }

    /// Leaves out of the wait for an answer that a message grew: a peer in the middle of one
    /// cannot answer.
    pub(super) fn excuse(&mut self, growth: Growth) {
        if let State::Out { since, written: Some(_), .. } = &mut self.state {
            *since = self.excuse.shift(*since, growth);
        }
    }

    /// Leaves a span out of the time of the probe that has yet to be handed out.
    pub(super) fn excuse_queued(&mut self, span: Growth) {
        if let State::Queued { due, .. } = &mut self.state {
            *due = Excuse::default().shift(*due, span);
        }
    }

    /// Takes the wait for one more answer out of the grace; `false` if it does not cover that.
    pub(super) fn wait_longer(&mut self) -> bool {
        let answer_within = self.plan.map_or(Duration::MAX, |plan| plan.answer_within);
        self.excuse.spend(answer_within, self.grace)
    }

    /// Returns the probes that were not answered: those given up since the last answer, and the
    /// one that waits.
    pub(super) fn unanswered(&self) -> Unanswered {
        let mut unanswered = self.unanswered;
        if let Some(outstanding) = self.outstanding() {
            unanswered.push(outstanding);
        }
        unanswered
    }

    /// Queues a probe if none is due yet.
    pub(super) fn queue(&mut self, now: Timestamp) {
        if let State::Idle { .. } = self.state
            && self.plan.is_some()
        {
            self.state = State::Queued { probe: self.next, due: now };
            self.next = self.next.next();
        }
    }

    /// Hands out the queued probe.
    pub(super) fn hand_out(&mut self) -> Option<ProbeId> {
        let State::Queued { probe, due } = self.state else {
            return None;
        };
        if self.opening.withheld {
            return None;
        }
        self.state = State::Out { probe, due, since: due, written: None };
        Some(probe)
    }

    /// Takes back the probe that was handed out last: it must not leave before the first message.
    pub(super) const fn withhold(&mut self) {
        if let State::Out { probe, due, .. } = self.state {
            self.state = State::Queued { probe, due };
            self.opening.withheld = true;
        }
    }

    /// Notes that a message left, and lets a probe that was withheld follow, with its full time
    /// from `now`; `false` if none was.
    pub(super) const fn note_message(&mut self, now: Timestamp) -> bool {
        self.opening.has_spoken = true;
        let was_withheld = core::mem::replace(&mut self.opening.withheld, false);
        if let State::Queued { due, .. } = &mut self.state
            && was_withheld
        {
            *due = now;
        }
        was_withheld
    }

    /// Notes that `probe` was written out, unless it has been given up meanwhile.
    pub(super) fn written(&mut self, probe: ProbeId, now: Timestamp) {
        if let State::Out { probe: out, written, .. } = &mut self.state
            && *out == probe
        {
            *written = Some(now);
        }
    }

    /// Gives up the probe whose deadline passed, and returns it.
    pub(super) fn give_up(&mut self, now: Timestamp) -> Option<OutstandingProbe> {
        let given_up = self.outstanding()?;
        self.owed |= matches!(self.state, State::Out { .. });
        self.state = State::Idle { since: now };
        self.again = false;
        self.unanswered.push(given_up);
        Some(given_up)
    }

    /// Takes all of the wait for the probe that is out for excused, if it may still be answered
    /// in time although the next is due: a message has been growing.
    pub(super) fn pass_over(&mut self, now: Timestamp) -> bool {
        let (State::Out { since, .. }, Some(plan)) = (self.state, self.plan) else { return false };
        let waited = now.saturating_since(since);
        waited < plan.answer_within && self.excuse.spend(waited, self.grace)
    }

    /// Takes an answer, which names a probe where the dialect's answers carry an id.
    pub(super) fn answer(&mut self, now: Timestamp, named: Option<ProbeId>) -> Answer {
        if let State::Out { probe, due, written, .. } = self.state
            && named.is_none_or(|named| named == probe)
        {
            let ambiguous = named.is_none() && core::mem::take(&mut self.owed);
            let round_trip =
                written.filter(|_| !ambiguous).map(|written| now.saturating_since(written));
            self.unanswered.forget_up_to(probe);
            self.excuse = Excuse::NONE;
            self.state = State::Idle { since: due };
            if core::mem::take(&mut self.again) {
                self.queue(now);
            }
            return Answer::Settled { probe, round_trip };
        }
        let late = match named {
            Some(named) => self.unanswered.take(named),
            None if core::mem::take(&mut self.owed) => self.unanswered.take_all(),
            None => None,
        };
        let Some(late) = late else {
            let was_sent = named.is_some_and(|named| self.was_sent(named));
            return if was_sent { Answer::Repeated } else { Answer::Foreign };
        };
        self.excuse = Excuse::NONE;
        let written = late.written.filter(|_| named.is_some());
        let round_trip = written.map(|written| now.saturating_since(written));
        Answer::Late { probe: late.probe, round_trip }
    }

    /// Gives the outstanding probe its full span from `now`, or probes at once: we slept, so
    /// the peer gets a fresh chance before it is judged. If the answer to a probe from before
    /// the sleep is all that waits for us, another probe follows it: the venue has not heard
    /// from us for as long as we slept, and may be about to lose its patience.
    pub(super) fn absolve(&mut self, now: Timestamp) {
        match &mut self.state {
            State::Idle { .. } => self.queue(now),
            State::Queued { due, .. } => *due = now,
            State::Out { due, since, .. } => {
                (*due, *since) = (now, now);
                self.again = true;
            }
        }
    }

    /// Ids are given out in order, so every one below the next has been used.
    fn was_sent(&self, probe: ProbeId) -> bool {
        (1..self.next.number()).contains(&probe.number())
    }
}
