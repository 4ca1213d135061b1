//! The settings of a recovery.

mod builder;
mod error;
mod settings;

use core::num::NonZeroU32;
use core::time::Duration;

use super::rotation::{Aging, RotationOrder};
use super::{AttemptPhase, Refusal, RefusalCode, RotationWindow};
pub use builder::RecoveryBuilder;
pub use error::RecoveryError;
use settings::Settings;

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

impl RecoveryConfig {
    /// Begins with the defaults:
    ///
    /// | what | default |
    /// |---|---|
    /// | phases | dial 5 s, upgrade 5 s, arm 10 s, ready 15 s (5 min in all), live 10 s |
    /// | stable | after 30 s |
    /// | backoff | from 250 ms up to 3 s, for ever |
    /// | pause for an outage | 5 s; 10 min where the venue asks |
    /// | pause for a rate limit | 60 s, doubling up to 15 min; 3 days where the venue asks |
    /// | pause for a denial | 15 s, doubling up to 15 min; the fifth in a row is the end |
    /// | certain refusals of credentials | the first is the end |
    /// | rotations | no maximum age; spread over 5 min, after an undated notice over 5 s |
    /// | refused rotations | four tries, 15 s after the first, doubling |
    pub const fn builder() -> RecoveryBuilder {
        RecoveryBuilder { settings: Settings::DEFAULT }
    }

    /// Returns the time that a phase has.
    pub fn phase_within(&self, phase: AttemptPhase) -> Duration {
        self.settings.phase_within(phase)
    }

    /// Returns the longest time that the phase [`Ready`](AttemptPhase::Ready) takes in all, if
    /// there is progress in it.
    pub const fn longest_ready(&self) -> Duration {
        self.settings.longest_ready
    }

    /// Returns the longest time that an attempt can take without
    /// [progress](crate::Outcome::Progress) within a phase: that of all phases together.
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

    /// Returns what is known of the venue's statuses and close codes.
    pub const fn refusals(&self) -> &'static [(RefusalCode, Refusal)] {
        self.settings.refusals
    }

    /// Returns the same settings with what is known of the venue's statuses and close codes,
    /// unless they know something already.
    pub const fn or_refusals(mut self, known: &'static [(RefusalCode, Refusal)]) -> Self {
        if self.settings.refusals.is_empty() {
            self.settings.refusals = known;
        }
        self
    }

    /// Returns how many denials in a row end the recovery while nothing is live.
    pub const fn give_up_after_denials(&self) -> NonZeroU32 {
        self.settings.give_up_after_denials
    }

    /// Returns how often a certain refusal of credentials is tried again.
    pub const fn credential_retries(&self) -> u32 {
        self.settings.credential_retries
    }

    /// Returns the pause after the venue said that it restarts or is in maintenance.
    pub const fn outage_pause(&self) -> Duration {
        self.settings.outage_pause
    }

    /// Returns the longest pause that the venue can make us take by anything but a rate limit.
    pub const fn longest_outage_pause(&self) -> Duration {
        self.settings.longest_outage_pause
    }

    /// Returns the pause after a first denial.
    pub const fn denied_pause(&self) -> Duration {
        self.settings.denied_pause
    }

    /// Returns the shortest pause after a first rate limit.
    pub const fn rate_limited_pause(&self) -> Duration {
        self.settings.rate_limited_pause
    }

    /// Returns the longest pause that the venue can make us take by a rate limit or a ban.
    pub const fn longest_pause(&self) -> Duration {
        self.settings.longest_pause
    }

    /// Returns how long pauses of our own grow by repetition.
    pub const fn escalation_cap(&self) -> Duration {
        self.settings.escalation_cap
    }

    /// Returns a pause of our own after so many of a kind in a row: `base` after the first, and
    /// twice as long after each that follows, up to [`escalation_cap`](Self::escalation_cap).
    pub(super) fn escalated(&self, base: Duration, times: u32) -> Duration {
        let factor = 1_u32.checked_shl(times.saturating_sub(1)).unwrap_or(u32::MAX);
        base.saturating_mul(factor).min(self.settings.escalation_cap)
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

    /// Returns the time over which a fleet spreads that was told to leave and not by when.
    pub const fn notice_spread(&self) -> Duration {
        self.settings.notice_spread
    }

    /// Returns the pause after the first refused rotation.
    pub const fn rotation_pause(&self) -> Duration {
        self.settings.rotation_pause
    }

    /// Returns how many refused tries make a rotation a failed one.
    pub const fn rotation_tries(&self) -> NonZeroU32 {
        self.settings.rotation_tries
    }

    /// Returns whether a rotation connects before it leaves.
    pub const fn rotation_order(&self) -> RotationOrder {
        self.settings.rotation_order
    }

    /// Returns how long the next attempt waits for the end of a connection that was left before.
    pub const fn leave_within(&self) -> Duration {
        self.settings.leave_within
    }

    pub(super) fn aging(&self) -> Option<Aging> {
        self.settings.aging()
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
    fn no_span_may_exceed_the_one_that_bounds_it() {
        let (build, secs) = (RecoveryConfig::builder, Duration::from_secs);
        let limits = [
            (build().longest_pause(secs(59)), "rate_limited_pause (60s)", "longest_pause (59s)"),
            (build().escalation_cap(secs(59)), "rate_limited_pause (60s)", "escalation_cap (59s)"),
            (build().denied_pause(secs(901)), "denied_pause (901s)", "escalation_cap (900s)"),
            (
                build().longest_outage_pause(secs(4)),
                "outage_pause (5s)",
                "longest_outage_pause (4s)",
            ),
            (build().longest_ready(secs(14)), "ready (15s)", "longest_ready (14s)"),
        ];
        for (builder, span, most) in limits {
            assert_eq!(said(&builder.build()), std::format!("{span} must not exceed {most}"));
        }
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
