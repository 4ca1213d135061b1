//! No venue is asked for more connections than it bears.

use std::collections::VecDeque;

use heartbeat_core::{RecoveryAction, Timestamp};
use heartbeat_platforms::Budget;

use super::FleetOracle;
use crate::{Entry, FleetStep};

/// Complains of clients that together dial more often than the venue allows in any window. An
/// attempt leaves the window exactly its length after it was begun.
#[derive(Clone, Debug)]
pub struct Dials {
    budget: Budget,
    /// The attempts in the window, oldest first.
    dialled: VecDeque<Timestamp>,
}

impl Dials {
    /// Begins with clients that have not dialled yet.
    pub const fn new(budget: Budget) -> Self {
        Self { budget, dialled: VecDeque::new() }
    }
}

impl FleetOracle for Dials {
    fn name(&self) -> &'static str {
        "dials"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        if !matches!(entry.what, FleetStep::Does { action: RecoveryAction::Dial { .. }, .. }) {
            return Ok(());
        }
        let Budget { count, per, .. } = self.budget;
        while self.dialled.front().is_some_and(|at| entry.at.saturating_since(*at) >= per) {
            self.dialled.pop_front();
        }
        self.dialled.push_back(entry.at);
        let dialled = self.dialled.len();
        if dialled <= usize::try_from(count).unwrap_or(usize::MAX) {
            return Ok(());
        }
        Err(format!("{dialled} attempts in {per:?}, the venue allows {count}"))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::super::tests::{dials, judge};
    use super::*;

    #[test]
    fn one_attempt_too_many_in_any_window_is_found() {
        let oracle = || Dials::new(Budget::per_address(2, Duration::from_secs(1)));
        let story = |at: [u64; 4]| at.map(|at| (at, dials(0)));
        assert_eq!(judge(oracle(), &story([0, 900, 1_000, 1_900])), Ok(()));
        assert!(judge(oracle(), &story([0, 900, 999, 1_900])).is_err());
    }
}
