//! What the application misses between two connections.

use heartbeat_core::{Cause, Generation, LeaveReason, Timestamp};

use crate::client::update::{Gap, GapCause};

/// A loss of certainty that is not over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    pub(super) from: Timestamp,
    pub(super) by: LostBy,
}

/// What took the last connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum LostBy {
    /// Its verdict.
    Verdict(Cause),
    /// We did: this connection was left before there was another.
    Leaving(Generation, LeaveReason),
}

impl Lost {
    /// Ends it, with the connection that is live from `now` on.
    pub(super) const fn gap(self, to: Generation, now: Timestamp) -> Gap {
        let cause = match self.by {
            LostBy::Verdict(cause) => GapCause::Reconnected { cause },
            LostBy::Leaving(from, why) => GapCause::Left { from, to, why },
        };
        Gap { from: self.from, to: now, cause }
    }
}
