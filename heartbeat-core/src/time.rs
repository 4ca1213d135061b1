//! Points in time, as numbers that a driver hands in.

use core::time::Duration;

/// A point on a monotonic axis that the driver chose, in nanoseconds.
///
/// Where zero lies is the driver's business; the core only ever compares points. The axis is
/// 584 years long. There are no operators, so that neither an overflow nor a swapped
/// subtraction can be written by accident: a span is a [`Duration`], a point is not.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::Timestamp;
///
/// let start = Timestamp::from_millis(1_000);
/// let later = start.checked_add(Duration::from_secs(1)).unwrap();
/// assert_eq!(later.saturating_since(start), Duration::from_secs(1));
/// // A step back is no negative span and no panic.
/// assert_eq!(start.saturating_since(later), Duration::ZERO);
/// // A deadline past the end of the axis is a deadline that never comes.
/// assert_eq!(start.checked_add(Duration::MAX), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The start of the axis.
    pub const ZERO: Self = Self(0);

    /// Makes the point `nanos` nanoseconds after the start of the axis.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Makes the point `millis` milliseconds after the start of the axis, at most its end.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Returns the nanoseconds since the start of the axis.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the point `span` later, or `None` if the axis ends before it.
    pub const fn checked_add(self, span: Duration) -> Option<Self> {
        let nanos = span.as_nanos();
        if nanos > u64::MAX as u128 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "compared with u64::MAX just above")]
        match self.0.checked_add(nanos as u64) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Returns the point `span` later, at most the end of the axis.
    pub(crate) const fn saturating_add(self, span: Duration) -> Self {
        match self.checked_add(span) {
            Some(sum) => sum,
            None => Self(u64::MAX),
        }
    }

    /// Returns the span from `earlier` to `self`, or zero if `earlier` is later.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
