//! How many heartbeats a peer may send.

use crate::{FloodLimit, Timestamp};

/// Counts what is not the application's, in one span after another.
#[derive(Clone, Debug)]
pub(super) struct FloodMeter {
    since: Timestamp,
    count: u32,
}

impl FloodMeter {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self { since: now, count: 0 }
    }

    /// Counts one more; returns how many there were in this span if that is beyond the limit.
    pub(super) fn count(&mut self, now: Timestamp, limit: &FloodLimit) -> Option<u32> {
        if now.saturating_since(self.since) >= limit.within {
            *self = Self::new(now);
        }
        self.count = self.count.saturating_add(1);
        (self.count > limit.heartbeats).then_some(self.count)
    }
}
