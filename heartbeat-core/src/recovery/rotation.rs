//! When a connection is left for a new one before the venue ends it.

use core::time::Duration;

use super::RotationReason;
use crate::Timestamp;
use crate::rng::Rng;

/// When an operator allows rotations for age: a span that comes round.
///
/// Points lie on the driver's axis; whoever thinks in times of day converts once, at the start.
/// Exhaustive on purpose: a window is where, how long and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a window is where, how long and how often")]
pub struct RotationWindow {
    /// When one of the spans begins; the others lie before and after it.
    pub opens_at: Timestamp,
    /// How long each is.
    pub open_for: Duration,
    /// The time from the beginning of one to that of the next.
    pub every: Duration,
}

impl RotationWindow {
    /// Returns the beginning of the last span that begins at `limit` or before, or the start
    /// of the axis if none does.
    fn last_opening(&self, limit: Timestamp) -> Timestamp {
        let every = self.every.as_nanos();
        let [limit, opens_at] = [limit, self.opens_at].map(|at| u128::from(at.as_nanos()));
        // Both are congruent to the beginnings, without a sign on the way.
        let phase = opens_at.checked_rem(every).unwrap_or(0);
        let into = limit.checked_sub(phase).and_then(|since| since.checked_rem(every));
        let opening = into.map_or(0, |into| limit.saturating_sub(into));
        Timestamp::from_nanos(u64::try_from(opening).unwrap_or(u64::MAX))
    }
}

/// Which comes first in a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "one of two comes first")]
pub enum RotationOrder {
    /// The new connection is live before the old one is left: nothing is missed.
    #[default]
    MakeBeforeBreak,
    /// The old connection is left before the new one is dialled, where a venue or a key allows
    /// one session: what comes meanwhile is missed. It is left only when the venue's gate would
    /// let the new one through.
    BreakBeforeMake,
}

/// A rotation that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    pub(super) at: Timestamp,
    pub(super) reason: RotationReason,
}

/// When connections are rotated for their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aging {
    pub(super) max_age: Duration,
    pub(super) spread: Duration,
    pub(super) window: Option<RotationWindow>,
}

impl Aging {
    /// How much earlier than at its maximum age a connection may be rotated.
    pub(super) fn slack(&self) -> Duration {
        self.window.map_or(self.spread, |window| window.every.saturating_add(window.open_for))
    }

    /// Picks the moment for a connection that was dialled at `since`: in the last window that
    /// lies wholly before its end, or within the spread before it. A seed of its own picks
    /// each connection's own moment.
    pub(super) fn plan(&self, since: Timestamp, rng: &mut Rng) -> Option<Rotation> {
        let (latest_start, spread) = match self.window {
            Some(window) => (self.max_age.saturating_sub(window.open_for), window.open_for),
            None => (self.max_age.saturating_sub(self.spread), self.spread),
        };
        let latest_start = since.checked_add(latest_start)?;
        let start = match self.window {
            Some(window) => window.last_opening(latest_start),
            None => latest_start,
        };
        let at = start.checked_add(rng.span_up_to(spread))?;
        Some(Rotation { at, reason: RotationReason::Age })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn hours(hours: u64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000)
    }

    fn aging(window: Option<RotationWindow>) -> Aging {
        Aging { max_age: 23 * HOUR, spread: 2 * HOUR, window }
    }

    /// The moments of a hundred connections, all dialled at once.
    fn moments(aging: Aging, since: Timestamp) -> std::vec::Vec<Timestamp> {
        let at = |seed| aging.plan(since, &mut Rng::from_seed(seed)).unwrap().at;
        (0..100).map(at).collect()
    }

    #[test]
    fn without_a_window_a_fleet_is_spread_over_the_time_before_its_end() {
        let moments = moments(aging(None), hours(10));
        assert!(moments.iter().all(|at| (hours(31)..=hours(33)).contains(at)));
        for quarter in 0..4 {
            let from = hours(31).saturating_add(HOUR / 2 * quarter);
            let to = from.saturating_add(HOUR / 2);
            let within = moments.iter().filter(|at| (from..to).contains(at)).count();
            assert!((10..45).contains(&within), "{within} of 100 in quarter {quarter}");
        }
    }

    #[test]
    fn with_a_window_it_is_the_last_that_lies_wholly_before_the_end() {
        // From three to four, twice a day; days before the anchor count as well.
        let window = RotationWindow { opens_at: hours(99), open_for: HOUR, every: 12 * HOUR };
        let expect = [(10, 27), (3, 15), (4, 15), (5, 27), (15, 27), (16, 27), (17, 39), (0, 15)];
        for (since, opens) in expect {
            for at in moments(aging(Some(window)), hours(since)) {
                let span = hours(opens)..=hours(opens + 1);
                assert!(span.contains(&at), "dialled at {since} h: {at:?}");
                assert!(at.saturating_since(hours(since)) <= 23 * HOUR);
            }
        }
    }

    #[test]
    fn an_age_beyond_the_axis_never_comes() {
        let forever = Aging { max_age: Duration::MAX, spread: HOUR, window: None };
        assert_eq!(forever.plan(hours(1), &mut Rng::from_seed(0)), None);
    }
}
