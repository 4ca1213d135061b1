//! The settings of a recovery.

mod error;

use core::num::NonZeroU32;
use core::time::Duration;

use super::rotation::Aging;
use super::{AttemptPhase, RotationWindow};
pub use error::RecoveryError;

/// Settings of a [`Recovery`](crate::Recovery) that fit together.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::RecoveryConfig;
///
/// let secs = Duration::from_secs;
/// let config = RecoveryConfig::builder().backoff(secs(1), secs(5)).build().unwrap();
/// assert_eq!(config.backoff_bound(0), secs(1));
/// assert_eq!(config.backoff_bound(2), secs(4));
/// assert_eq!(config.backoff_bound(u32::MAX), secs(5));
/// assert_eq!(
///     RecoveryConfig::builder().backoff(secs(6), secs(5)).build().unwrap_err().to_string(),
///     "backoff_base (6s) must not exceed backoff_cap (5s)",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryConfig {
    settings: Settings,
}

/// Collects settings for a [`RecoveryConfig`]. Nothing is checked before
/// [`build`](Self::build).
#[derive(Clone, Copy, Debug)]
#[must_use = "settings take effect only in the `RecoveryConfig` that `build` returns"]
pub struct RecoveryBuilder {
    settings: Settings,
}

/// Settings that nobody has checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Settings {
    /// In the order of [`AttemptPhase::ALL`].
    phases: [Duration; 5],
    stable_for: Duration,
    backoff_base: Duration,
    backoff_cap: Duration,
    give_up_after: Option<NonZeroU32>,
    outage_pause: Duration,
    rate_limited_pause: Duration,
    longest_pause: Duration,
    max_age: Option<Duration>,
    rotation_spread: Duration,
    rotation_window: Option<RotationWindow>,
}

impl RecoveryConfig {
    /// Begins with the defaults: phases of 5 s (dial), 5 s (upgrade), 10 s (arm), 15 s (ready)
    /// and 10 s (live); stable after 30 s; backoff from 250 ms up to 3 s, for ever; 5 s for an
    /// outage, 60 s for a rate limit, 3 days for whatever the venue asks; no maximum age, and
    /// rotations spread over 5 min.
    pub const fn builder() -> RecoveryBuilder {
        RecoveryBuilder { settings: Settings::DEFAULT }
    }

    /// Returns the time that a phase has.
    pub fn phase_within(&self, phase: AttemptPhase) -> Duration {
        self.settings.phases.get(phase.index()).copied().unwrap_or_default()
    }

    /// Returns the longest time that an attempt can take: that of all phases together.
    pub fn attempt_bound(&self) -> Duration {
        self.settings.attempt_bound()
    }

    /// Returns how long a connection must have been live to count as a success.
    pub const fn stable_for(&self) -> Duration {
        self.settings.stable_for
    }

    /// Returns the longest delay before the next attempt after so many failures in a row; the
    /// shortest is zero.
    pub fn backoff_bound(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        self.settings.backoff_base.saturating_mul(factor).min(self.settings.backoff_cap)
    }

    /// Returns how many failures in a row end the recovery, if any number does.
    pub const fn give_up_after(&self) -> Option<NonZeroU32> {
        self.settings.give_up_after
    }

    /// Returns the pause after the venue said that it restarts or is in maintenance.
    pub const fn outage_pause(&self) -> Duration {
        self.settings.outage_pause
    }

    /// Returns the pause after a status of 418 or 429 that names none.
    pub const fn rate_limited_pause(&self) -> Duration {
        self.settings.rate_limited_pause
    }

    /// Returns the longest pause that the venue can make us take.
    pub const fn longest_pause(&self) -> Duration {
        self.settings.longest_pause
    }

    /// Returns the age, from its dial, that no connection may exceed, if there is one.
    pub const fn max_age(&self) -> Option<Duration> {
        self.settings.max_age
    }

    /// Returns the time over which the rotations of a fleet are spread.
    pub const fn rotation_spread(&self) -> Duration {
        self.settings.rotation_spread
    }

    /// Returns when rotations for age are allowed; `None` for always.
    pub const fn rotation_window(&self) -> Option<RotationWindow> {
        self.settings.rotation_window
    }

    pub(super) fn aging(&self) -> Option<Aging> {
        self.settings.aging()
    }
}

impl RecoveryBuilder {
    /// Sets the time that a phase has, from the end of the one before it.
    pub fn phase_within(mut self, phase: AttemptPhase, span: Duration) -> Self {
        if let Some(within) = self.settings.phases.get_mut(phase.index()) {
            *within = span;
        }
        self
    }

    /// Sets how long a connection must have been live to count as a success. One that dies
    /// younger counts as a failure.
    pub const fn stable_for(mut self, span: Duration) -> Self {
        self.settings.stable_for = span;
        self
    }

    /// Sets the longest delay of the first attempt after a success, which doubles with each
    /// failure, and its cap. The delay itself is drawn between zero and that.
    pub const fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.settings.backoff_base = base;
        self.settings.backoff_cap = cap;
        self
    }

    /// Sets how many failures in a row end the recovery while nothing is live.
    pub const fn give_up_after(mut self, failures: NonZeroU32) -> Self {
        self.settings.give_up_after = Some(failures);
        self
    }

    /// Sets the pause after the venue said that it restarts (close codes 1012 and 1013) or is
    /// in maintenance.
    pub const fn outage_pause(mut self, span: Duration) -> Self {
        self.settings.outage_pause = span;
        self
    }

    /// Sets the pause after a status of 418 or 429 that names none.
    pub const fn rate_limited_pause(mut self, span: Duration) -> Self {
        self.settings.rate_limited_pause = span;
        self
    }

    /// Sets the longest pause that the venue can make us take.
    pub const fn longest_pause(mut self, span: Duration) -> Self {
        self.settings.longest_pause = span;
        self
    }

    /// Sets the age, from its dial, before which a connection is rotated. Keep it below the
    /// venue's by a few times [`attempt_bound`](RecoveryConfig::attempt_bound): a rotation
    /// begins no later than at this age, and takes a while.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.settings.max_age = Some(age);
        self
    }

    /// Sets the time over which the rotations of a fleet are spread, where there is no window.
    pub const fn rotation_spread(mut self, span: Duration) -> Self {
        self.settings.rotation_spread = span;
        self
    }

    /// Sets when rotations for age are allowed to begin; they are spread over the window.
    /// Notices and requests do not wait for it.
    pub const fn rotation_window(mut self, window: RotationWindow) -> Self {
        self.settings.rotation_window = Some(window);
        self
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`], with the values that clash, for the first rule that is broken.
    pub fn build(self) -> Result<RecoveryConfig, RecoveryError> {
        self.settings.check()?;
        Ok(RecoveryConfig { settings: self.settings })
    }
}

impl Settings {
    const DEFAULT: Self = Self {
        phases: [
            Duration::from_secs(5),
            Duration::from_secs(5),
            Duration::from_secs(10),
            Duration::from_secs(15),
            Duration::from_secs(10),
        ],
        stable_for: Duration::from_secs(30),
        backoff_base: Duration::from_millis(250),
        // A dial that hangs when the venue is repaired, this, and two handshakes are within 10 s.
        backoff_cap: Duration::from_secs(3),
        give_up_after: None,
        outage_pause: Duration::from_secs(5),
        rate_limited_pause: Duration::from_secs(60),
        longest_pause: Duration::from_secs(3 * 24 * 60 * 60),
        max_age: None,
        rotation_spread: Duration::from_secs(5 * 60),
        rotation_window: None,
    };

    fn aging(&self) -> Option<Aging> {
        let (spread, window) = (self.rotation_spread, self.rotation_window);
        self.max_age.map(|max_age| Aging { max_age, spread, window })
    }

    fn check(&self) -> Result<(), RecoveryError> {
        let names = AttemptPhase::ALL.map(AttemptPhase::as_str);
        let phases = names.into_iter().zip(self.phases);
        let spans = [
            ("stable_for", self.stable_for),
            ("backoff_base", self.backoff_base),
            ("outage_pause", self.outage_pause),
            ("rate_limited_pause", self.rate_limited_pause),
        ];
        if let Some((field, _)) = phases.chain(spans).find(|(_, span)| span.is_zero()) {
            return Err(RecoveryError::Zero { field });
        }
        let (backoff_base, backoff_cap) = (self.backoff_base, self.backoff_cap);
        if backoff_base > backoff_cap {
            return Err(RecoveryError::BaseBeyondCap { backoff_base, backoff_cap });
        }
        let longest_pause = self.longest_pause;
        let pauses =
            [("outage_pause", self.outage_pause), ("rate_limited_pause", self.rate_limited_pause)];
        if let Some((field, pause)) = pauses.into_iter().find(|(_, pause)| *pause > longest_pause) {
            return Err(RecoveryError::PauseBeyondLongest { field, pause, longest_pause });
        }
        self.check_rotation()
    }

    /// A window must come round often enough, and a connection must have had the time to
    /// count as a success, or rotations would chase each other.
    fn check_rotation(&self) -> Result<(), RecoveryError> {
        if let Some(RotationWindow { open_for, every, .. }) = self.rotation_window {
            if open_for.is_zero() {
                return Err(RecoveryError::Zero { field: "open_for" });
            }
            if open_for > every {
                return Err(RecoveryError::WindowsOverlap { open_for, every });
            }
            if self.max_age.is_none() {
                return Err(RecoveryError::WindowWithoutAge);
            }
        }
        let Some(aging) = self.aging() else {
            return Ok(());
        };
        let (max_age, slack) = (aging.max_age, aging.slack());
        let proven_after = self.attempt_bound().saturating_add(self.stable_for);
        if slack.saturating_add(proven_after) > max_age {
            return Err(RecoveryError::RotatesTooYoung { max_age, slack, proven_after });
        }
        Ok(())
    }

    fn attempt_bound(&self) -> Duration {
        self.phases.into_iter().fold(Duration::ZERO, Duration::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[track_caller]
    fn said(build: &Result<RecoveryConfig, RecoveryError>) -> std::string::String {
        std::format!("{}", build.as_ref().unwrap_err())
    }

    #[test]
    fn every_span_that_must_not_be_zero_is_named() {
        let build = RecoveryConfig::builder;
        for phase in AttemptPhase::ALL {
            let expected = std::format!("{} must not be zero", phase.as_str());
            assert_eq!(said(&build().phase_within(phase, Duration::ZERO).build()), expected);
        }
        assert_eq!(
            said(&build().stable_for(Duration::ZERO).build()),
            "stable_for must not be zero"
        );
        let backoff = build().backoff(Duration::ZERO, HOUR);
        assert_eq!(said(&backoff.build()), "backoff_base must not be zero");
        assert_eq!(
            said(&build().outage_pause(Duration::ZERO).build()),
            "outage_pause must not be zero"
        );
    }

    #[test]
    fn a_pause_must_not_exceed_the_longest() {
        let builder = RecoveryConfig::builder().longest_pause(Duration::from_secs(59));
        let expected = "rate_limited_pause (60s) must not exceed longest_pause (59s)";
        assert_eq!(said(&builder.build()), expected);
    }

    #[test]
    fn a_window_must_come_round_often_enough_for_the_age() {
        let window = |open_for, every| {
            let opens_at = crate::Timestamp::ZERO;
            let window = RotationWindow { opens_at, open_for, every };
            RecoveryConfig::builder().max_age(23 * HOUR).rotation_window(window)
        };
        assert!(window(HOUR, 12 * HOUR).build().is_ok());
        assert_eq!(
            said(&window(HOUR, 24 * HOUR).build()),
            "max_age (82800s) must not be shorter than what a rotation may come early by \
             (90000s) and the time to connect and be stable (75s) together"
        );
        assert_eq!(
            said(&window(HOUR, HOUR / 2).build()),
            "open_for (3600s) must not exceed every (1800s)"
        );
        assert_eq!(said(&window(Duration::ZERO, HOUR).build()), "open_for must not be zero");
        let mut ageless = window(HOUR, 12 * HOUR);
        ageless.settings.max_age = None;
        assert_eq!(ageless.build(), Err(RecoveryError::WindowWithoutAge));
    }
}
