//! The time in which a message came in that was not whole yet, and what it excuses.
//!
//! While a message comes in, the peer can say nothing else: what we wait for waits behind it. So
//! that time does not count, up to the grace of each wait.

use core::time::Duration;

use super::Machine;
use crate::Timestamp;

/// A span in which a message grew, up to now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) now: Timestamp,
    pub(super) span: Duration,
    /// How much may be excused in all.
    pub(super) grace: Duration,
}

/// How much of its grace a wait has used up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Excuse {
    used: Duration,
}

impl Excuse {
    pub(super) const NONE: Self = Self { used: Duration::ZERO };

    /// Returns where a wait begins that began at `since`, with as much of `growth` left out as
    /// its grace still covers.
    pub(super) fn shift(&mut self, since: Timestamp, growth: Growth) -> Timestamp {
        let spare = growth.grace.saturating_sub(self.used);
        let shifted = since.checked_add(growth.span.min(spare)).unwrap_or(since);
        // A wait that began within the span is excused from its beginning.
        let shifted = shifted.min(growth.now).max(since);
        self.used = self.used.saturating_add(shifted.saturating_since(since));
        shifted
    }

    /// Tells whether the grace covers another `span`.
    pub(super) fn covers(&self, span: Duration, grace: Duration) -> bool {
        self.used.saturating_add(span) <= grace
    }

    /// Takes `span` out of the grace; `false` if it does not cover that any more.
    pub(super) fn spend(&mut self, span: Duration, grace: Duration) -> bool {
        let is_covered = self.covers(span, grace);
        if is_covered {
            self.used = self.used.saturating_add(span);
        }
        is_covered
    }
}

impl Machine {
    /// Takes note that bytes came in of a message that is not whole yet.
    pub(crate) fn handle_receiving(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if self.verdict.is_reached() {
            return;
        }
        let Some(before) = self.receiving.replace(now) else { return };
        let (span, grace) = (now.saturating_since(before), self.config.grace());
        let growth = Growth { now, span, grace };
        // All of it only pushes deadlines away.
        self.clocks.excuse(growth);
        self.probes.excuse(growth);
        self.arm.excuse(&mut self.arm_excuse, growth);
        self.terms.excuse(&mut self.terms_excuse, growth);
    }

    /// Tells whether anything but an answer came in after `since`: the application's data, or a
    /// part of it.
    pub(super) fn is_fresh_since(&self, since: Timestamp) -> bool {
        let data = self.clocks.moved(crate::Clock::Data);
        data.max(self.receiving).is_some_and(|at| at > since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excuse_moves_no_wait_past_now_and_covers_no_more_than_its_grace() {
        let at = Timestamp::from_millis;
        let grace = Duration::from_millis(100);
        let growth = |now, span| Growth { now: at(now), span: Duration::from_millis(span), grace };
        let mut excuse = Excuse::NONE;
        assert_eq!(excuse.shift(at(1_000), growth(1_030, 50)), at(1_030), "began within the span");
        assert_eq!(excuse.shift(at(1_030), growth(2_000, 50)), at(1_080));
        assert!(!excuse.spend(Duration::from_millis(21), grace));
        assert_eq!(excuse.shift(at(1_080), growth(2_000, 50)), at(1_100), "20 ms were left");
        assert!(excuse.spend(Duration::ZERO, grace));
        assert!(!excuse.spend(Duration::from_millis(1), grace));
    }
}
