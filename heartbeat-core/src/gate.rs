//! What all connections to one venue share: its breaker and its budget.

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
use core::fmt;

use crate::breaker::{Breaker, Permit, Settlement};
use crate::{ConnectBudget, Timestamp};

/// The way to one venue, shared by all who connect to it.
///
/// Every [`Recovery`](crate::Recovery) is polled with the gate of its venue, and through it
/// alone asks for attempts and tells what became of them: an attempt that is not counted, or
/// whose outcome the breaker never hears, cannot be written. Keep one gate a venue, behind a
/// lock where connections live on several threads; the lock is held for one poll.
///
/// The budget is a [`ConnectBudget`], two or more as nested pairs that must all agree, or `()`
/// where the venue has no limit.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{Breaker, BreakerConfig, ConnectBudget, Gate};
///
/// let secs = Duration::from_secs;
/// let budget = (
///     ConnectBudget::<300>::new(300, secs(300)).unwrap(),
///     ConnectBudget::<3>::new(3, secs(1)).unwrap(),
/// );
/// let breaker = Breaker::new(BreakerConfig::builder().build().unwrap());
/// let gate = Gate::new(breaker, budget);
/// # let _ = gate;
/// ```
#[derive(Debug)]
pub struct Gate<B> {
    breaker: Breaker,
    budget: B,
    /// The latest time seen. Those who share it read the clock before they wait for its lock,
    /// so time seems to step back; it never goes back from this.
    now: Timestamp,
    /// How often it was lifted.
    lifts: u32,
}

impl<B: AttemptLimit> Gate<B> {
    /// Makes the gate of a venue.
    pub const fn new(breaker: Breaker, budget: B) -> Self {
        Self { breaker, budget, now: Timestamp::ZERO, lifts: 0 }
    }

    /// Returns the breaker, to look at.
    pub const fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Closes the way until a known end, such as that of announced maintenance. An earlier end
    /// than the one that holds changes nothing.
    pub fn hold_until(&mut self, now: Timestamp, end: Timestamp) {
        self.breaker.hold_until(now, end);
    }

    /// Lifts a hold, or whatever else keeps the way closed, by the hand of somebody who knows
    /// better: attempts are let through again one by one, as after the end of a hold. Who waits
    /// for it may come at once.
    pub fn lift(&mut self, now: Timestamp) {
        self.breaker.lift(now);
        self.lifts = self.lifts.wrapping_add(1);
    }

    /// Returns a number that is another one after each [`lift`](Self::lift).
    pub(crate) const fn lifts(&self) -> u32 {
        self.lifts
    }

    /// Tells whether an attempt that starts now would be let through, or when to ask again. By
    /// force the breaker is not asked.
    pub(crate) fn opens(&mut self, now: Timestamp, by_force: bool) -> Result<(), Timestamp> {
        self.now = self.now.max(now);
        let now = self.now;
        let at = self.budget.opens_at(now);
        if at > now {
            return Err(at);
        }
        if by_force { Ok(()) } else { self.breaker.opens(now) }
    }

    /// Lets an attempt through that starts now, or says when to ask again, which is later.
    /// Both agree before either counts: an attempt that one refuses costs nothing of the other.
    pub(crate) fn admit(&mut self, now: Timestamp, by_force: bool) -> Result<Permit, Timestamp> {
        self.opens(now, by_force)?;
        let now = self.now;
        let permit = if by_force { self.breaker.force(now) } else { self.breaker.admit(now)? };
        self.budget.spend(now);
        Ok(permit)
    }

    pub(crate) fn settle(&mut self, now: Timestamp, permit: Permit, settlement: Settlement) {
        self.breaker.settle(now, permit, settlement);
    }

    pub(crate) fn record_failure(&mut self, now: Timestamp) {
        self.breaker.record_failure(now);
    }
}

/// A limit on attempts to connect. Sealed: to compose limits, make a pair of them.
#[expect(private_bounds, reason = "a limit that is asked but not spent, or the reverse, is none")]
pub trait AttemptLimit: Window + fmt::Debug {}

trait Window {
    fn opens_at(&self, now: Timestamp) -> Timestamp;

    /// Counts an attempt; called only when it opens now.
    fn spend(&mut self, now: Timestamp);
}

impl<const N: usize> AttemptLimit for ConnectBudget<N> {}

impl<const N: usize> Window for ConnectBudget<N> {
    fn opens_at(&self, now: Timestamp) -> Timestamp {
        self.next_at(now)
    }

    fn spend(&mut self, now: Timestamp) {
        // It was asked just before, and has one owner.
        let _ = self.admit(now);
    }
}

/// A budget whose capacity is chosen when the gate is made.
#[cfg(feature = "alloc")]
impl<B: AttemptLimit + ?Sized> AttemptLimit for Box<B> {}

#[cfg(feature = "alloc")]
impl<B: AttemptLimit + ?Sized> Window for Box<B> {
    fn opens_at(&self, now: Timestamp) -> Timestamp {
        (**self).opens_at(now)
    }

    fn spend(&mut self, now: Timestamp) {
        (**self).spend(now);
    }
}

impl<A: AttemptLimit, B: AttemptLimit> AttemptLimit for (A, B) {}

impl<A: AttemptLimit, B: AttemptLimit> Window for (A, B) {
    fn opens_at(&self, now: Timestamp) -> Timestamp {
        self.0.opens_at(now).max(self.1.opens_at(now))
    }

    fn spend(&mut self, now: Timestamp) {
        self.0.spend(now);
        self.1.spend(now);
    }
}

impl AttemptLimit for () {}

impl Window for () {
    fn opens_at(&self, now: Timestamp) -> Timestamp {
        now
    }

    fn spend(&mut self, _now: Timestamp) {}
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::{BreakerConfig, BreakerState};

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn budget<const N: usize>(per_millis: u64) -> ConnectBudget<N> {
        ConnectBudget::new(N, Duration::from_millis(per_millis)).unwrap()
    }

    fn gate<B: AttemptLimit>(budget: B) -> Gate<B> {
        Gate::new(Breaker::new(BreakerConfig::builder().build().unwrap()), budget)
    }

    #[test]
    fn all_windows_of_a_pair_must_agree_and_a_refusal_costs_nothing() {
        let mut gate = gate((budget::<3>(10_000), budget::<1>(1_000)));
        let mut ask = |millis| gate.admit(at(millis), false).map(drop);
        assert_eq!(ask(0), Ok(()));
        assert_eq!(ask(1), Err(at(1_000)));
        assert_eq!(ask(2), Err(at(1_000)));
        assert_eq!(ask(1_000), Ok(()));
        assert_eq!(ask(2_000), Ok(()), "the two refusals were not counted");
        assert_eq!(ask(3_000), Err(at(10_000)), "and now the longer window is full");
    }

    /// Two threads read the clock, and the one that read it first gets the lock last.
    #[test]
    fn whoever_read_the_clock_a_moment_earlier_is_not_turned_away() {
        let mut gate = gate(budget::<2>(1_000));
        assert_eq!(gate.admit(at(10), false).map(drop), Ok(()));
        assert_eq!(gate.admit(at(9), false).map(drop), Ok(()));
        assert_eq!(gate.admit(at(9), false).map(drop), Err(at(1_010)));
    }

    #[test]
    fn a_closed_way_costs_nothing_of_the_budget() {
        let mut gate = gate(budget::<1>(60_000));
        gate.hold_until(at(0), at(5_000));
        assert_eq!(gate.breaker().state(at(0)), BreakerState::Open { until: at(5_000) });
        for millis in 0..5 {
            assert_eq!(gate.admit(at(millis), false).map(drop), Err(at(5_000)));
        }
        assert_eq!(gate.admit(at(5_000), false).map(drop), Ok(()));
    }
}
