//! Something to be said to the venue once: the arming message, the farewell.

use super::growth::{Excuse, Growth};
use crate::Timestamp;

/// How far a message that is said once has come. `since` is where its time began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Unneeded,
    Queued { since: Timestamp },
    HandedOut { since: Timestamp },
    Done,
}

impl Message {
    /// Returns where its time began, while that is running.
    pub(super) const fn since(self) -> Option<Timestamp> {
        match self {
            Self::Queued { since } | Self::HandedOut { since } => Some(since),
            Self::Unneeded | Self::Done => None,
        }
    }

    pub(super) const fn is_queued(self) -> bool {
        matches!(self, Self::Queued { .. })
    }

    pub(super) const fn hand_out(&mut self) {
        if let Self::Queued { since } = *self {
            *self = Self::HandedOut { since };
        }
    }

    /// Leaves out of its time what `excuse` covers of `growth`.
    pub(super) fn excuse(&mut self, excuse: &mut Excuse, growth: Growth) {
        if let Self::Queued { since } | Self::HandedOut { since } = self {
            *since = excuse.shift(*since, growth);
        }
    }

    /// Gives it its full span from `now`: we slept, not the peer.
    pub(super) const fn absolve(&mut self, now: Timestamp) {
        if let Self::Queued { since } | Self::HandedOut { since } = self {
            *since = now;
        }
    }
}
