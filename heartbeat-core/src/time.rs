//! Points in time, as numbers that a driver hands in: on its own axis, and on the wall.

use core::fmt;
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
    pub const fn saturating_add(self, span: Duration) -> Self {
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

/// Seconds to the millisecond: finer than that nobody compares two lines of a log.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / 1_000_000;
        write!(f, "{}.{:03}s", millis / 1_000, millis % 1_000)
    }
}

/// What the wall clock reads: the time since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Some venues want it in their pings. It decides nothing: deadlines are kept on the axis of
/// [`Timestamp`], which does not step.
///
/// ```
/// use heartbeat_core::WallTime;
///
/// let read = WallTime::from_unix_millis(1_767_225_600_999);
/// assert_eq!(read.as_unix_secs(), 1_767_225_600, "cut off, not rounded");
/// assert_eq!(read.as_unix_millis(), 1_767_225_600_999);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(Duration);

impl WallTime {
    /// Makes the time `span` after the beginning of 1970.
    pub const fn since_unix_epoch(span: Duration) -> Self {
        Self(span)
    }

    /// Makes the time `millis` milliseconds after the beginning of 1970.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// Returns the whole seconds since the beginning of 1970.
    pub const fn as_unix_secs(self) -> u64 {
        self.0.as_secs()
    }

    /// Returns the whole milliseconds since the beginning of 1970, at most `u64::MAX`.
    pub fn as_unix_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// Returns what the clock reads `span` later.
    pub(crate) const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// A wall clock, known by what it read at one point of the axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock {
    at: Timestamp,
    reads: WallTime,
}

impl WallClock {
    pub(crate) const fn new(at: Timestamp, reads: WallTime) -> Self {
        Self { at, reads }
    }

    /// Returns what it reads at `now`; before the known point, what it read there.
    pub(crate) const fn read(self, now: Timestamp) -> WallTime {
        self.reads.after(now.saturating_since(self.at))
    }
}
