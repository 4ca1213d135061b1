//! How many connections a venue lets us open in a span of time.

use core::fmt;
use core::time::Duration;

use crate::Timestamp;

/// A strict sliding window over attempts to connect: at most `limit` in any span of `per`.
///
/// It is no token bucket, which would admit nearly twice the limit in a span that begins with
/// a full bucket. Windows are half open: an attempt leaves the window exactly `per` after it
/// was admitted. What is counted is when an attempt was admitted; between that and its arrival
/// at the venue lies the network, so leave a margin below what the venue allows.
///
/// Keeps the times of the last `limit` attempts in place: `N` is how many it has room for, at
/// eight bytes each. A step of the clock back counts as no time passed. Every call but the one
/// that makes it takes constant time.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{BudgetError, ConnectBudget, Timestamp};
///
/// let at = Timestamp::from_millis;
/// let mut budget = ConnectBudget::<8>::new(2, Duration::from_secs(1)).unwrap();
/// assert_eq!(budget.admit(at(0)), Ok(()));
/// assert_eq!(budget.admit(at(900)), Ok(()));
/// // A bucket refilled at two a second would admit one now.
/// assert_eq!(budget.admit(at(999)), Err(at(1_000)));
/// assert_eq!(budget.admit(at(1_000)), Ok(()));
/// assert_eq!(budget.next_at(at(1_000)), at(1_900));
///
/// assert_eq!(
///     ConnectBudget::<8>::new(300, Duration::from_secs(300)).unwrap_err().to_string(),
///     "limit (300) must not exceed the capacity of the budget (8)",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct ConnectBudget<const N: usize> {
    per: Duration,
    limit: usize,
    /// The last `limit` attempts, as a ring that `next` goes round.
    admitted: [Timestamp; N],
    len: usize,
    /// Where the next attempt is written; the oldest stands there once `len` is `limit`.
    next: usize,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
}

/// A budget that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetError {
    /// A field is zero that must not be.
    Zero {
        /// The field.
        field: &'static str,
    },
    /// There is no room to remember as many attempts as the limit allows.
    LimitBeyondCapacity {
        /// The limit.
        limit: usize,
        /// How many attempts there is room for.
        capacity: usize,
    },
    /// The reserve for heartbeats leaves the application nothing.
    NothingLeft {
        /// The reserve.
        reserve: u32,
        /// The limit.
        count: u32,
    },
    /// The limit is more than can be counted.
    TooMany {
        /// The limit.
        count: u32,
        /// The greatest limit there can be.
        count_max: u32,
    },
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero { field } => write!(f, "{field} must not be zero"),
            Self::LimitBeyondCapacity { limit, capacity } => {
                write!(f, "limit ({limit}) must not exceed the capacity of the budget ({capacity})")
            }
            Self::NothingLeft { reserve, count } => {
                write!(f, "reserve ({reserve}) must be less than count ({count})")
            }
            Self::TooMany { count, count_max } => {
                write!(f, "count ({count}) must be at most {count_max}")
            }
        }
    }
}

impl core::error::Error for BudgetError {}

impl<const N: usize> ConnectBudget<N> {
    /// Makes a budget of at most `limit` attempts in any span of `per`.
    ///
    /// # Errors
    ///
    /// [`BudgetError`] if either is zero, or `limit` is greater than `N`.
    pub const fn new(limit: usize, per: Duration) -> Result<Self, BudgetError> {
        if limit == 0 {
            return Err(BudgetError::Zero { field: "limit" });
        }
        if per.is_zero() {
            return Err(BudgetError::Zero { field: "per" });
        }
        if limit > N {
            return Err(BudgetError::LimitBeyondCapacity { limit, capacity: N });
        }
        Ok(Self {
            per,
            limit,
            admitted: [Timestamp::ZERO; N],
            len: 0,
            next: 0,
            now: Timestamp::ZERO,
        })
    }

    /// Admits an attempt that starts now, and counts it.
    ///
    /// # Errors
    ///
    /// When the next attempt may start, if none may now. Nothing is counted then.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.now = self.now.max(now);
        let at = self.next_at(self.now);
        if at > self.now {
            return Err(at);
        }
        if let Some(slot) = self.admitted.get_mut(self.next) {
            *slot = self.now;
        }
        self.next = self.next.saturating_add(1).checked_rem(self.limit).unwrap_or(0);
        self.len = self.len.saturating_add(1).min(self.limit);
        Ok(())
    }

    /// Returns when the next attempt may start: `now` if it may at once, or the
    /// latest time that it was shown if that is later.
    pub fn next_at(&self, now: Timestamp) -> Timestamp {
        let now = self.now.max(now);
        if self.len < self.limit {
            return now;
        }
        match self.admitted.get(self.next) {
            Some(oldest) => now.max(oldest.saturating_add(self.per)),
            None => now,
        }
    }

    /// Returns how many attempts any span of [`per`](Self::per) may hold.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the length of the window.
    pub const fn per(&self) -> Duration {
        self.per
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn a_budget_that_admits_nothing_is_none() {
        let new = ConnectBudget::<4>::new;
        assert_eq!(new(0, MILLI).unwrap_err(), BudgetError::Zero { field: "limit" });
        assert_eq!(new(1, Duration::ZERO).unwrap_err(), BudgetError::Zero { field: "per" });
        assert!(new(4, MILLI).is_ok());
    }

    /// Whatever the pattern of calls: any `limit + 1` attempts in a row span at least `per`, on
    /// an axis that stands still while the clock that the budget is shown is set back.
    #[test]
    fn no_window_ever_holds_more_than_the_limit() {
        for seed in 0..200 {
            let mut rng = Rng::from_seed(seed);
            let mut below = |bound: u64| {
                u64::try_from(rng.span_up_to(Duration::from_nanos(bound - 1)).as_nanos()).unwrap()
            };
            let limit = usize::try_from(1 + below(7)).unwrap();
            let per = 2 + below(50);
            let mut budget = ConnectBudget::<7>::new(limit, Duration::from_nanos(per)).unwrap();
            let mut admitted = std::vec::Vec::new();
            let (mut clock, mut latest) = (0, 0);
            for _ in 0..2_000 {
                clock += below(4) * below(per);
                if below(10) == 0 {
                    clock -= below(3 * per).min(clock);
                }
                latest = clock.max(latest);
                let next_at = budget.next_at(Timestamp::from_nanos(clock)).as_nanos();
                match budget.admit(Timestamp::from_nanos(clock)) {
                    Ok(()) => admitted.push(latest),
                    Err(at) => assert_eq!((at.as_nanos(), next_at > latest), (next_at, true)),
                }
            }
            assert!(admitted.len() > limit, "seed {seed} admits too little to prove anything");
            for (first, after) in admitted.iter().zip(admitted.iter().skip(limit)) {
                assert!(after - first >= per, "seed {seed}: {limit} in {per} at {first}");
            }
        }
    }

    #[test]
    fn it_admits_as_much_as_it_may() {
        let mut budget = ConnectBudget::<3>::new(3, 10 * MILLI).unwrap();
        let mut admitted = 0;
        for milli in 0..100 {
            while budget.admit(Timestamp::from_millis(milli)).is_ok() {
                admitted += 1;
            }
        }
        assert_eq!(admitted, 3 * 10);
    }
}
