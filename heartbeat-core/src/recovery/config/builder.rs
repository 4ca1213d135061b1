//! How the settings of a recovery are collected.

use core::num::NonZeroU32;
use core::time::Duration;

use super::settings::Settings;
use super::{RecoveryConfig, RecoveryError};
use crate::{AttemptPhase, Refusal, RefusalCode, RotationOrder, RotationWindow};

/// Collects settings for a [`RecoveryConfig`]. Nothing is checked before
/// [`build`](Self::build).
#[derive(Clone, Copy, Debug)]
#[must_use = "settings take effect only in the `RecoveryConfig` that `build` returns"]
pub struct RecoveryBuilder {
    pub(super) settings: Settings,
}

impl RecoveryBuilder {
    /// Sets the time that a phase has, from the end of the one before it.
    pub fn phase_within(mut self, phase: AttemptPhase, span: Duration) -> Self {
        if let Some(within) = self.settings.phases.get_mut(phase.index()) {
            *within = span;
        }
        self
    }

    /// Sets the longest time that the phase [`Ready`](AttemptPhase::Ready) may take in all. Its
    /// own time runs from the last [progress](crate::Outcome::Progress), so that subscriptions
    /// that a message budget holds back do not make it overdue; this is what bounds them, and what
    /// bounds a message that [grows](crate::Outcome::Receiving) while a connection is made ready.
    pub const fn longest_ready(mut self, span: Duration) -> Self {
        self.settings.longest_ready = span;
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

    /// Sets what the venue means by its statuses and close codes; what is not in the list has
    /// its [standard](Refusal::of) meaning.
    pub const fn refusals(mut self, known: &'static [(RefusalCode, Refusal)]) -> Self {
        self.settings.refusals = known;
        self
    }

    /// Sets how many denials in a row end the recovery while nothing is live: answers that may
    /// mean credentials, a firewall or a wrong path. With the pauses between them, the tries are
    /// spread over minutes; a single one ends nothing.
    pub const fn give_up_after_denials(mut self, denials: NonZeroU32) -> Self {
        self.settings.give_up_after_denials = denials;
        self
    }

    /// Sets how often a certain refusal of credentials is tried again, each time after a pause
    /// and with what the endpoint says then: a fresh token, say. Zero by default. What a handler
    /// calls final is not tried again.
    pub const fn credential_retries(mut self, retries: u32) -> Self {
        self.settings.credential_retries = retries;
        self
    }

    /// Sets the pause after the venue said that it restarts (close codes 1012 and 1013) or is
    /// in maintenance.
    pub const fn outage_pause(mut self, span: Duration) -> Self {
        self.settings.outage_pause = span;
        self
    }

    /// Sets the longest pause that the venue can make us take by anything but a rate limit: by
    /// the `Retry-After` of a 503, say.
    pub const fn longest_outage_pause(mut self, span: Duration) -> Self {
        self.settings.longest_outage_pause = span;
        self
    }

    /// Sets the pause after the first of several denials, and after the third of several
    /// connections in a row that were closed young and in the same way. It doubles with each
    /// that follows, up to [`escalation_cap`](Self::escalation_cap).
    pub const fn denied_pause(mut self, span: Duration) -> Self {
        self.settings.denied_pause = span;
        self
    }

    /// Sets the shortest pause after a rate limit, twice of which is that after a ban. It doubles
    /// with each in a row, up to [`escalation_cap`](Self::escalation_cap); what the venue asks for
    /// can only make it longer.
    pub const fn rate_limited_pause(mut self, span: Duration) -> Self {
        self.settings.rate_limited_pause = span;
        self
    }

    /// Sets the longest pause that the venue can make us take by a rate limit or a ban.
    pub const fn longest_pause(mut self, span: Duration) -> Self {
        self.settings.longest_pause = span;
        self
    }

    /// Sets how long pauses of our own may grow by repetition.
    pub const fn escalation_cap(mut self, span: Duration) -> Self {
        self.settings.escalation_cap = span;
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

    /// Sets the time over which a fleet spreads that was told to leave and not by when.
    pub const fn notice_spread(mut self, span: Duration) -> Self {
        self.settings.notice_spread = span;
        self
    }

    /// Sets the pause after a rotation that was refused beside a connection that lives, which
    /// doubles with each, and how many are tried before it is told as failed.
    pub const fn rotation_tries(mut self, tries: NonZeroU32, pause: Duration) -> Self {
        self.settings.rotation_tries = tries;
        self.settings.rotation_pause = pause;
        self
    }

    /// Sets whether a rotation connects before it leaves, which is the default, or after, for
    /// venues and keys that allow one session.
    pub const fn rotation_order(mut self, order: RotationOrder) -> Self {
        self.settings.rotation_order = order;
        self
    }

    /// Sets how long the next attempt waits for the end of a connection that was left before it.
    pub const fn leave_within(mut self, span: Duration) -> Self {
        self.settings.leave_within = span;
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
