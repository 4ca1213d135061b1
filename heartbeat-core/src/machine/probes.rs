//! The cycle of probes: due, queued, written, answered or given up. One is out at most.

use core::time::Duration;

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
    /// Whether the answer to a probe that was given up may still come. Matters only where
    /// answers carry no id.
    owed: bool,
    /// Whether to probe again as soon as the probe that is out has been answered.
    again: bool,
    /// Whether probes are ping frames for now, whatever the platform's words.
    by_ping: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// None is due; `since` is when the last became due.
    Idle { since: Timestamp },
    /// Due, and waiting for the transport.
    Queued { probe: ProbeId, due: Timestamp },
    /// Handed to the transport, which wrote it out at `written`.
    Out { probe: ProbeId, due: Timestamp, written: Option<Timestamp> },
}

/// What an answer turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The answer to the probe that is out.
    Settled { probe: ProbeId, round_trip: Option<Duration> },
    /// The answer to a probe of ours that was given up.
    Late,
    /// The answer to a probe that we never sent.
    Foreign,
}

impl Probes {
    pub(super) fn new(config: &Config, now: Timestamp) -> Self {
        let mut probes = Self {
            plan: config.probing(),
            state: State::Idle { since: now },
            next: ProbeId::from_number(1),
            owed: false,
            again: false,
            by_ping: config.ping_until_first_send(),
        };
        if config.probe_at_once() {
            probes.queue(now);
        }
        probes
    }

    /// Notes that the application has sent something.
    pub(super) const fn note_first_send(&mut self) {
        self.by_ping = false;
    }

    pub(super) const fn are_by_ping(&self) -> bool {
        self.by_ping
    }

    pub(super) const fn outstanding(&self) -> Option<OutstandingProbe> {
        match self.state {
            State::Idle { .. } => None,
            State::Queued { probe, due } => Some(OutstandingProbe { probe, due, written: None }),
            State::Out { probe, due, written } => Some(OutstandingProbe { probe, due, written }),
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
            State::Queued { due, .. } | State::Out { due, .. } => {
                due.checked_add(plan.answer_within)
            }
        }
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
        self.state = State::Out { probe, due, written: None };
        Some(probe)
    }

    /// Notes that `probe` was written out, unless it has been given up meanwhile.
    pub(super) fn written(&mut self, probe: ProbeId, now: Timestamp) {
        if let State::Out { probe: out, written, .. } = &mut self.state
            && *out == probe
        {
            *written = Some(now);
        }
    }

    /// Gives up the probe whose deadline passed and queues the next at once: suspicion is
    /// settled sooner than the usual rhythm would. Returns the probe that was given up.
    pub(super) fn give_up(&mut self, now: Timestamp) -> Option<OutstandingProbe> {
        let given_up = self.outstanding()?;
        self.owed |= matches!(self.state, State::Out { .. });
        self.state = State::Idle { since: now };
        self.again = false;
        self.queue(now);
        Some(given_up)
    }

    /// Takes an answer, which names a probe where the dialect's answers carry an id.
    pub(super) fn answer(&mut self, now: Timestamp, named: Option<ProbeId>) -> Answer {
        if let State::Out { probe, due, written } = self.state
            && named.is_none_or(|named| named == probe)
        {
            let ambiguous = named.is_none() && core::mem::take(&mut self.owed);
            let round_trip =
                written.filter(|_| !ambiguous).map(|written| now.saturating_since(written));
            self.state = State::Idle { since: due };
            if core::mem::take(&mut self.again) {
                self.queue(now);
            }
            return Answer::Settled { probe, round_trip };
        }
        match named {
            Some(named) if self.was_sent(named) => Answer::Late,
            None if core::mem::take(&mut self.owed) => Answer::Late,
            Some(_) | None => Answer::Foreign,
        }
    }

    /// Gives the outstanding probe its full span from `now`, or probes at once: we slept, so
    /// the peer gets a fresh chance before it is judged. If the answer to a probe from before
    /// the sleep is all that waits for us, another probe follows it: the venue has not heard
    /// from us for as long as we slept, and may be about to lose its patience.
    pub(super) fn absolve(&mut self, now: Timestamp) {
        match &mut self.state {
            State::Idle { .. } => self.queue(now),
            State::Queued { due, .. } => *due = now,
            State::Out { due, .. } => {
                *due = now;
                self.again = true;
            }
        }
    }

    /// Ids are given out in order, so every one below the next has been used.
    fn was_sent(&self, probe: ProbeId) -> bool {
        (1..self.next.number()).contains(&probe.number())
    }
}
