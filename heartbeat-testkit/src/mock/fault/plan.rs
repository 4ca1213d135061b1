//! When a fault happens, and for how long.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use heartbeat_core::Timestamp;

use super::parse::{fault, span};
use super::{Fault, FaultError};

/// A [`Fault`] with its time: `KIND@TIME`, or `KIND@TIME+DURATION` for one that ends again.
///
/// Times are numbers with a unit: `us`, `ms`, `s`, `m` or `h`. From when they count is said where
/// the plan is handed over: [`MockOptions::fault`](crate::MockOptions::fault) counts from the
/// opening of each connection, [`MockOptions::venue_fault`](crate::MockOptions::venue_fault) on
/// the clock of the whole venue. The mock's time scale does not divide them.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_testkit::{Fault, FaultPlan};
///
/// let plan: FaultPlan = "silent@5s+1.5s".parse().unwrap();
/// assert_eq!(plan.fault(), Fault::Silent);
/// assert_eq!(plan.at(), Duration::from_secs(5));
/// assert_eq!(plan.lasts(), Some(Duration::from_millis(1_500)));
/// assert_eq!(plan.to_string(), "silent@5s+1.5s");
///
/// assert_eq!(
///     "cut@5s+1s".parse::<FaultPlan>().unwrap_err().to_string(),
///     "fault cut happens at one moment: 1s after `+` must be left out",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FaultPlan {
    fault: Fault,
    at: Duration,
    lasts: Option<Duration>,
}

impl FaultPlan {
    /// Plans a fault that begins at `at` and, unless it is momentary, stays.
    pub const fn new(fault: Fault, at: Duration) -> Self {
        Self { fault, at, lasts: None }
    }

    /// Plans that the fault ends after `span`.
    ///
    /// # Errors
    ///
    /// [`FaultError::Momentary`] for a fault that has no duration.
    pub const fn lasting(mut self, span: Duration) -> Result<Self, FaultError> {
        if self.fault.is_momentary() {
            return Err(FaultError::Momentary { kind: self.fault.as_str(), lasts: span });
        }
        self.lasts = Some(span);
        Ok(self)
    }

    /// Returns the fault.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// Returns when it begins.
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// Returns how long it lasts; `None` if it is momentary or does not end.
    pub const fn lasts(&self) -> Option<Duration> {
        self.lasts
    }

    /// Tells whether it is over by `now` if its time counts from `from`.
    pub(in crate::mock) fn is_over(&self, from: Timestamp, now: Timestamp) -> bool {
        let begins = from.checked_add(self.at);
        if self.fault.is_momentary() {
            return begins.is_some_and(|begins| begins < now);
        }
        self.ends(from).is_some_and(|ends| ends <= now)
    }

    /// Tells whether it is on at `now` if its time counts from `from`.
    pub(in crate::mock) fn is_on(&self, from: Timestamp, now: Timestamp) -> bool {
        from.checked_add(self.at).is_some_and(|begins| begins <= now) && !self.is_over(from, now)
    }

    /// Returns when it ends if its time counts from `from`; `None` if it does not.
    pub(in crate::mock) fn ends(&self, from: Timestamp) -> Option<Timestamp> {
        from.checked_add(self.at)?.checked_add(self.lasts?)
    }
}

impl FromStr for FaultPlan {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let Some((what, when)) = text.split_once('@') else {
            return Err(FaultError::NoTime { text: text.to_owned() });
        };
        let (kind, value) = match what.split_once('=') {
            Some((kind, value)) => (kind, Some(value)),
            None => (what, None),
        };
        let fault = fault(kind, value)?;
        match when.split_once('+') {
            None => Ok(Self::new(fault, span("time", when)?)),
            Some((at, lasts)) => {
                Self::new(fault, span("time", at)?).lasting(span("duration", lasts)?)
            }
        }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:?}", self.fault, self.at)?;
        match self.lasts {
            Some(lasts) => write!(f, "+{lasts:?}"),
            None => Ok(()),
        }
    }
}
