//! The settings of a breaker.

use core::fmt;
use core::time::Duration;

/// Settings of a [`Breaker`](super::Breaker) that fit together.
///
/// ```
/// use heartbeat_core::BreakerConfig;
///
/// assert_eq!(
///     BreakerConfig::builder().window(10).min_outcomes(11).build().unwrap_err().to_string(),
///     "min_outcomes (11) must not exceed window (10)",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    rule: Rule,
}

/// Collects settings for a [`BreakerConfig`]. Nothing is checked before
/// [`build`](Self::build).
#[derive(Clone, Copy, Debug)]
#[must_use = "settings take effect only in the `BreakerConfig` that `build` returns"]
pub struct BreakerBuilder {
    rule: Rule,
}

/// A rule between the settings of a breaker that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerError {
    /// A field is zero that must not be.
    Zero {
        /// The field.
        field: &'static str,
    },
    /// A field is greater than it can be, or than another that bounds it.
    Exceeds {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u32,
        /// What bounds it.
        bound: &'static str,
        /// The bound.
        limit: u32,
    },
    /// The first opening would be longer than the longest.
    OpenBeyondCap {
        /// How long it opens at first.
        open_for: Duration,
        /// How long it opens at most.
        open_at_most: Duration,
    },
}

impl fmt::Display for BreakerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero { field } => write!(f, "{field} must not be zero"),
            Self::Exceeds { field, value, bound, limit } => {
                write!(f, "{field} ({value}) must not exceed {bound} ({limit})")
            }
            Self::OpenBeyondCap { open_for, open_at_most } => {
                write!(f, "open_for ({open_for:?}) must not exceed open_at_most ({open_at_most:?})")
            }
        }
    }
}

impl core::error::Error for BreakerError {}

impl BreakerConfig {
    /// The defaults, as they are when [`builder`](Self::builder) changes nothing.
    pub const DEFAULT: Self = Self { rule: Rule::DEFAULT };

    /// Begins with the defaults: open at five failures of ten in the last twenty outcomes, for
    /// one second at first and five at most; a trial is settled within a minute, and another
    /// follows each half second until then.
    pub const fn builder() -> BreakerBuilder {
        BreakerBuilder { rule: Rule::DEFAULT }
    }

    /// Returns how many outcomes are kept.
    pub const fn window(&self) -> u32 {
        self.rule.window
    }

    /// Returns how many outcomes it takes to judge.
    pub const fn min_outcomes(&self) -> u32 {
        self.rule.min_outcomes
    }

    /// Returns how many of a hundred outcomes must be failures for it to open.
    pub const fn failure_percent(&self) -> u32 {
        self.rule.failure_percent
    }

    /// Returns how long it opens at first.
    pub const fn open_for(&self) -> Duration {
        self.rule.open_for
    }

    /// Returns how long it opens at most, but for an outage with a known end.
    pub const fn open_at_most(&self) -> Duration {
        self.rule.open_at_most
    }

    /// Returns how long a trial may take.
    pub const fn trial_within(&self) -> Duration {
        self.rule.trial_within
    }

    /// Returns the time from one trial to the next while none is settled.
    pub const fn trial_every(&self) -> Duration {
        self.rule.trial_every
    }

    pub(super) const fn rule(&self) -> Rule {
        self.rule
    }
}

impl BreakerBuilder {
    /// Sets how many outcomes are kept, at most 64.
    pub const fn window(mut self, outcomes: u32) -> Self {
        self.rule.window = outcomes;
        self
    }

    /// Sets how many outcomes it takes to judge.
    pub const fn min_outcomes(mut self, outcomes: u32) -> Self {
        self.rule.min_outcomes = outcomes;
        self
    }

    /// Sets how many of a hundred outcomes must be failures for it to open.
    pub const fn failure_percent(mut self, percent: u32) -> Self {
        self.rule.failure_percent = percent;
        self
    }

    /// Sets how long it opens at first; each trial that fails doubles it.
    pub const fn open_for(mut self, span: Duration) -> Self {
        self.rule.open_for = span;
        self
    }

    /// Sets how long it opens at most. A venue that returns is found no later than this.
    pub const fn open_at_most(mut self, span: Duration) -> Self {
        self.rule.open_at_most = span;
        self
    }

    /// Sets how long a trial may take before it has failed. Make it longer than the
    /// [`attempt_bound`](crate::RecoveryConfig::attempt_bound) of the connections, so that it
    /// is reached only by a trial whose owner is gone.
    pub const fn trial_within(mut self, span: Duration) -> Self {
        self.rule.trial_within = span;
        self
    }

    /// Sets the time from one trial to the next while none is settled: what a venue that is down
    /// and answers nobody is asked at most, and what a client with a dead line of its own costs
    /// the others.
    pub const fn trial_every(mut self, span: Duration) -> Self {
        self.rule.trial_every = span;
        self
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    ///
    /// [`BreakerError`], with the values that clash, for the first rule that is broken.
    pub fn build(self) -> Result<BreakerConfig, BreakerError> {
        self.rule.check()?;
        Ok(BreakerConfig { rule: self.rule })
    }
}

/// The settings themselves, and what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) window: u32,
    min_outcomes: u32,
    failure_percent: u32,
    open_for: Duration,
    open_at_most: Duration,
    pub(super) trial_within: Duration,
    pub(super) trial_every: Duration,
}

impl Rule {
    const DEFAULT: Self = Self {
        window: 20,
        min_outcomes: 10,
        failure_percent: 50,
        open_for: Duration::from_secs(1),
        open_at_most: Duration::from_secs(3),
        trial_within: Duration::from_secs(60),
        trial_every: Duration::from_millis(500),
    };

    fn check(&self) -> Result<(), BreakerError> {
        let counts = [
            ("window", self.window, "its capacity", u64::BITS),
            ("min_outcomes", self.min_outcomes, "window", self.window),
            ("failure_percent", self.failure_percent, "a hundred", 100),
        ];
        for (field, value, bound, limit) in counts {
            if value == 0 {
                return Err(BreakerError::Zero { field });
            }
            if value > limit {
                return Err(BreakerError::Exceeds { field, value, bound, limit });
            }
        }
        let spans = [
            ("open_for", self.open_for),
            ("trial_within", self.trial_within),
            ("trial_every", self.trial_every),
        ];
        if let Some((field, _)) = spans.iter().find(|(_, span)| span.is_zero()) {
            return Err(BreakerError::Zero { field });
        }
        if self.open_for > self.open_at_most {
            let (open_for, open_at_most) = (self.open_for, self.open_at_most);
            return Err(BreakerError::OpenBeyondCap { open_for, open_at_most });
        }
        Ok(())
    }

    /// Tells whether so many failures among so many outcomes open the breaker.
    pub(super) const fn is_broken(&self, outcomes: u32, failures: u32) -> bool {
        outcomes >= self.min_outcomes
            && failures.saturating_mul(100) >= outcomes.saturating_mul(self.failure_percent)
    }

    /// Returns how long it opens after so many openings in a row.
    pub(super) fn open_for(&self, openings: u32) -> Duration {
        let factor = 1_u32.checked_shl(openings).unwrap_or(u32::MAX);
        self.open_for.saturating_mul(factor).min(self.open_at_most)
    }
}
