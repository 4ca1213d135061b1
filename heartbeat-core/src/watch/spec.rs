//! What is watched of a subscription, and what follows when it stays silent.

use core::fmt;
use core::num::NonZeroU8;
use core::time::Duration;

/// What is expected of a subscription. Checked by [`Watches::watch`](super::Watches::watch).
///
/// Exhaustive on purpose: all three must be chosen together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all three must be chosen together")]
pub struct WatchSpec {
    /// The time from the subscription within which its first data must come; `None` if it may
    /// take for ever, as that of one's own orders may.
    pub first_within: Option<Duration>,
    /// The time from one data to the next; `None` if they have no rhythm.
    pub then_every: Option<Duration>,
    /// What follows when either passes.
    pub on_silence: OnSilence,
}

/// What follows when a subscription stays silent. Whatever it is, the first limit that passes
/// is told, and so is the data that comes after all.
///
/// Exhaustive on purpose: an operator chooses among these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "tell, ask again, or end")]
pub enum OnSilence {
    /// Nothing else.
    Report,
    /// The subscription is asked for again, at once and then after two, four and more limits,
    /// at most 64, for so many times in all. The last one in vain is told.
    Resubscribe {
        /// How many times.
        attempts: NonZeroU8,
    },
    /// The same, but the last one in vain ends the connection.
    ResubscribeThenEnd {
        /// How many times.
        attempts: NonZeroU8,
    },
    /// So many limits in a row end the connection.
    End {
        /// How many limits.
        after: NonZeroU8,
    },
}

impl WatchSpec {
    pub(super) fn check(&self, stall_tolerance: Duration) -> Result<(), WatchError> {
        if self.first_within.is_none() && self.then_every.is_none() {
            return Err(WatchError::Nothing);
        }
        let spans = [("first_within", self.first_within), ("then_every", self.then_every)];
        for (field, span) in spans {
            let Some(span) = span else { continue };
            if span <= stall_tolerance {
                return Err(WatchError::StallOutlivesSpan { stall_tolerance, field, span });
            }
        }
        Ok(())
    }
}

/// Why a subscription cannot be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchError {
    /// Nothing is expected of it.
    Nothing,
    /// A stall of our own would be taken for its silence.
    StallOutlivesSpan {
        /// The tolerance.
        stall_tolerance: Duration,
        /// The span that it must be shorter than.
        field: &'static str,
        /// Its value.
        span: Duration,
    },
    /// As many are watched as can be.
    Full {
        /// How many.
        capacity: usize,
    },
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Nothing => {
                f.write_str("a watch must expect something: set first_within, then_every, or both")
            }
            Self::StallOutlivesSpan { stall_tolerance, field, span } => write!(
                f,
                "stall_tolerance ({stall_tolerance:?}) must be shorter than {field} ({span:?})"
            ),
            Self::Full { capacity } => {
                write!(f, "subscriptions watched must be at most {capacity}")
            }
        }
    }
}

impl core::error::Error for WatchError {}
