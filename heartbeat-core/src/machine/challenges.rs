//! The challenges that wait for their response.

use core::time::Duration;

use super::growth::{Excuse, Growth};
use crate::fifo::Fifo;
use crate::{Layer, Timestamp, Token};

/// How many challenges can wait for their response at once.
///
/// A venue sends one in five seconds or rarer. More wait only while the transport takes nothing,
/// and then the deadline of the first decides, or in a driver that reads in batches: it must
/// drain at least once for this many frames that were not the application's.
pub const CHALLENGES_MAX: usize = 8;

/// The challenges that were read and whose response has not been written out.
#[derive(Clone, Debug)]
pub(super) struct Challenges {
    waiting: Fifo<Challenge, CHALLENGES_MAX>,
    respond_within: Duration,
    /// Whether the transport answers control pings by itself.
    transport_answers_pings: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Challenge {
    token: Token,
    pub(super) layer: Layer,
    pub(super) read: Timestamp,
    /// Where the current span of `respond_within` began.
    since: Timestamp,
    pub(super) stage: Stage,
    /// Whether a deadline has passed already.
    pub(super) overdue: bool,
}

impl core::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Challenge")
            .field("layer", &self.layer)
            .field("read", &self.read)
            .field("stage", &self.stage)
            .field("overdue", &self.overdue)
            .finish_non_exhaustive()
    }
}

/// How far the response to a challenge has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// We have yet to hand it to the transport.
    Queued,
    /// The transport has it and has not reported.
    HandedOut,
    /// The transport makes it by itself and has not reported.
    TransportOwes,
}

/// What became of a challenge that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a challenge that is not admitted will not be answered"]
pub(super) enum Admission {
    Admitted,
    /// Too many wait already, and its answer will be that of the last of them.
    Superseding,
    /// Too many wait already.
    Full,
    /// What it wants echoed did not fit into a token.
    TooLong,
}

impl Challenges {
    pub(super) const fn new(respond_within: Duration) -> Self {
        Self { waiting: Fifo::new(), respond_within, transport_answers_pings: false }
    }

    pub(super) const fn set_respond_within(&mut self, span: Duration) {
        self.respond_within = span;
    }

    pub(super) const fn respond_within(&self) -> Duration {
        self.respond_within
    }

    pub(super) const fn set_transport_answers_pings(&mut self) {
        self.transport_answers_pings = true;
    }

    /// Admits a challenge. A full ring refuses the newest, so that a flood cannot push out the
    /// oldest deadline. Of pings the last may be answered alone (RFC 6455, section 5.5.3): the
    /// newest takes the place of the last that waits, and leaves it its deadline.
    pub(super) fn admit(&mut self, now: Timestamp, layer: Layer, token: Token) -> Admission {
        if token.as_bytes().is_none() {
            return Admission::TooLong;
        }
        let stage = match layer {
            Layer::Control if self.transport_answers_pings => Stage::TransportOwes,
            Layer::Control | Layer::Dialect => Stage::Queued,
        };
        let challenge = Challenge { token, layer, read: now, since: now, stage, overdue: false };
        let Err(refused) = self.waiting.push(challenge) else { return Admission::Admitted };
        let is_alike = |it: &&mut Challenge| it.layer == layer && it.stage == stage;
        match self.waiting.iter_mut().filter(is_alike).last() {
            Some(last) if layer == Layer::Control => {
                last.token = refused.token;
                Admission::Superseding
            }
            _ => Admission::Full,
        }
    }

    /// Marks the next queued challenge as handed out and returns its layer.
    pub(super) fn hand_out(&mut self) -> Option<Layer> {
        let mut waiting = self.waiting.iter_mut();
        let next = waiting.find(|waiting| waiting.stage == Stage::Queued)?;
        next.stage = Stage::HandedOut;
        Some(next.layer)
    }

    /// Returns the token of the challenge whose response is handed out.
    pub(super) fn handed_out_token(&self) -> &[u8] {
        let handed_out = self.waiting.iter().find(|waiting| waiting.stage == Stage::HandedOut);
        handed_out.and_then(|challenge| challenge.token.as_bytes()).unwrap_or_default()
    }

    /// Takes out the first challenge whose response is at this stage.
    pub(super) fn settle(&mut self, stage: Stage) -> Option<Challenge> {
        self.waiting.take_first(|challenge| challenge.stage == stage)
    }

    /// Tells whether a deadline has passed of any that waits.
    pub(super) fn are_overdue(&self) -> bool {
        self.waiting.iter().any(|challenge| challenge.overdue)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.waiting
            .iter()
            .filter_map(|challenge| challenge.since.checked_add(self.respond_within))
            .min()
    }

    /// Returns the earliest deadline of those that our own budget does not hold back.
    pub(super) fn deadline_while_held(&self) -> Option<Timestamp> {
        let waiting = self.waiting.iter().filter(|challenge| challenge.stage != Stage::Queued);
        waiting.filter_map(|challenge| challenge.since.checked_add(self.respond_within)).min()
    }

    /// Leaves a span out of the time of those that have yet to be handed out.
    pub(super) fn excuse_queued(&mut self, span: Growth) {
        for challenge in self.waiting.iter_mut().filter(|it| it.stage == Stage::Queued) {
            challenge.since = Excuse::default().shift(challenge.since, span);
        }
    }

    /// Counts a deadline that passed at `at` and gives its challenge another span. The
    /// challenge keeps waiting: a late response is better than none. While our own budget holds
    /// heartbeats back, those that wait for it are not counted.
    pub(super) fn expire(&mut self, at: Timestamp, held: bool) -> Option<Challenge> {
        let respond_within = self.respond_within;
        let is_due = |challenge: &&mut Challenge| {
            let is_held = held && challenge.stage == Stage::Queued;
            !is_held
                && challenge
                    .since
                    .checked_add(respond_within)
                    .is_some_and(|deadline| deadline <= at)
        };
        let due = self.waiting.iter_mut().find(is_due)?;
        due.since = at;
        due.overdue = true;
        Some(*due)
    }

    /// Gives every challenge its full span from `now`: we slept, not the peer.
    pub(super) fn absolve(&mut self, now: Timestamp) {
        for challenge in self.waiting.iter_mut() {
            challenge.since = now;
        }
    }
}
