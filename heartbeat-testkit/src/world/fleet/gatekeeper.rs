//! The venue as those meet it who want in.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{AttemptFailure, Timestamp};
use heartbeat_platforms::Budget;

use super::routes::Address;
use super::trouble::{Sickness, Trouble, Troubles};
use crate::{Admission, Fault, FaultPlan, MockOptions, RuleBook};

/// What decides who gets a connection, and what that connection is like.
#[derive(Debug)]
pub(super) struct Gatekeeper {
    venue: RuleBook,
    calm: MockOptions,
    /// The same with what goes wrong at the moment.
    options: MockOptions,
    budget: Option<Budget>,
    /// The attempts that still count against the budget, oldest first; at most as many as it
    /// allows.
    counted: VecDeque<Timestamp>,
    troubles: Troubles,
}

/// What a client shows when it asks for the upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// How long a client that dialled too often is sent away for.
    excess: Option<Duration>,
    address: Address,
}

impl Gatekeeper {
    pub(super) fn new(venue: RuleBook, options: MockOptions, budget: Option<Budget>) -> Self {
        let calm = options.clone();
        Self {
            venue,
            calm,
            options,
            budget,
            counted: VecDeque::new(),
            troubles: Troubles::default(),
        }
    }

    pub(super) const fn rule_book(&self) -> &RuleBook {
        &self.venue
    }

    /// Has something go wrong for everybody from now on. What went wrong before is over.
    pub(super) fn suffer(&mut self, now: Timestamp, plan: FaultPlan) {
        self.options = self.calm.clone().venue_since(now).venue_fault(plan);
    }

    /// Has it be troubled for a while.
    pub(super) fn trouble(&mut self, now: Timestamp, trouble: Trouble, lasts: Duration) {
        self.troubles.begin(now, trouble, lasts);
    }

    /// Tells whether a login is refused while another connection of the client lives.
    pub(super) fn allows_one_session(&self, now: Timestamp) -> bool {
        self.troubles.allows_one_session(now)
    }

    /// Counts an attempt that was begun at `now` and arrives at `arrival`; `None` if it is reset.
    pub(super) fn dial(
        &mut self,
        now: Timestamp,
        arrival: Timestamp,
        address: Address,
    ) -> Option<Ticket> {
        let excess = self.count(now);
        let is_refused = self.options.admission(arrival) == Admission::Refused;
        (!is_refused).then_some(Ticket { excess, address })
    }

    /// Lets a client in at `now`, with how the venue is to behave to it, or does not; `None` if it
    /// never answers.
    pub(super) fn upgrade(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
    ) -> Option<Result<MockOptions, AttemptFailure>> {
        match self.troubles.sickness(now, ticket.address) {
            None => Some(self.answer(now, ticket)),
            Some(Sickness::BadGateway) => Some(Err(turned_away(502, None))),
            Some(Sickness::Hangs) => None,
            Some(Sickness::Resets) => Some(Err(AttemptFailure::Unreachable)),
            Some(Sickness::Mute) => {
                let mute = FaultPlan::new(Fault::Silent, Duration::ZERO);
                Some(self.answer(now, ticket).map(|options| options.fault(mute)))
            }
        }
    }

    fn answer(&mut self, now: Timestamp, ticket: Ticket) -> Result<MockOptions, AttemptFailure> {
        if let Some(wait) = ticket.excess {
            return Err(turned_away(429, Some(wait)));
        }
        if let Some(failure) = self.troubles.turn_away(now) {
            return Err(failure);
        }
        match self.options.admission(now) {
            Admission::Admitted => Ok(self.troubles.treat(now, self.options.clone())),
            Admission::Refused => Err(AttemptFailure::Unreachable),
            Admission::Http { status, retry_after } => Err(turned_away(status, retry_after)),
        }
    }

    /// Counts strictly: as many as the budget says in any window, and for one too many the time
    /// until there is room.
    fn count(&mut self, now: Timestamp) -> Option<Duration> {
        let budget = self.budget?;
        let counts = |at: &Timestamp| now.saturating_since(*at) < budget.per;
        while self.counted.front().is_some_and(|at| !counts(at)) {
            self.counted.pop_front();
        }
        if self.counted.len() < usize::try_from(budget.count).unwrap_or(usize::MAX) {
            self.counted.push_back(now);
            return None;
        }
        let oldest = self.counted.front().copied().unwrap_or(now);
        Some(budget.per.saturating_sub(now.saturating_since(oldest)))
    }
}

/// These clients show no credentials before they are let in.
const fn turned_away(status: u16, retry_after: Option<Duration>) -> AttemptFailure {
    AttemptFailure::Http { status, retry_after, with_credentials: false }
}

#[cfg(test)]
mod tests {
    use heartbeat_platforms::Exchange;

    use super::*;

    #[test]
    fn one_too_many_in_a_window_is_sent_away_until_there_is_room() {
        let at = Timestamp::from_millis;
        let budget = Budget::per_address(2, Duration::from_secs(1));
        let options = MockOptions::default();
        let mut keeper = Gatekeeper::new(Exchange::Okx.into(), options, Some(budget));
        let mut fate = |millis| {
            let ticket = keeper.dial(at(millis), at(millis), Address::of(0)).unwrap();
            keeper.upgrade(at(millis), ticket).unwrap().map(drop)
        };
        assert_eq!(fate(0), Ok(()));
        assert_eq!(fate(900), Ok(()));
        assert_eq!(fate(999), Err(turned_away(429, Some(Duration::from_millis(1)))));
        assert_eq!(fate(1_000), Ok(()), "the refused one was not counted");
    }

    #[test]
    fn an_outage_turns_everybody_away_until_it_is_over() {
        let at = Timestamp::from_millis;
        let mut keeper = Gatekeeper::new(Exchange::Okx.into(), MockOptions::default(), None);
        let ticket = keeper.dial(at(0), at(0), Address::of(0)).unwrap();
        keeper.suffer(at(10), "http=503@0s+2s".parse().unwrap());
        let refused = turned_away(503, Some(Duration::from_secs(2)));
        assert_eq!(keeper.upgrade(at(10), ticket), Some(Err(refused)));
        assert!(keeper.upgrade(at(2_010), ticket).is_some_and(|it| it.is_ok()));
        keeper.suffer(at(3_000), "refuse@0s+2s".parse().unwrap());
        assert_eq!(keeper.dial(at(3_000), at(4_999), Address::of(0)), None);
        assert!(keeper.dial(at(3_000), at(5_000), Address::of(0)).is_some());
    }
}
