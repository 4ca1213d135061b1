//! How settings are collected and checked.

use core::time::Duration;

use super::rules::Settings;
use super::{Config, ConfigError, Levels, Patience, Probing};

/// Collects settings for a [`Config`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone, Copy, Debug)]
#[must_use = "settings take effect only in the `Config` that `build` returns"]
pub struct ConfigBuilder {
    settings: Settings,
}

impl ConfigBuilder {
    pub(super) const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Sets the time from reading a challenge to having written its response. The same span
    /// later it counts as failed once more.
    pub const fn respond_within(mut self, span: Duration) -> Self {
        self.settings.respond_within = span;
        self
    }

    /// Sets how many failures in a row, of the same kind, end the connection.
    pub const fn failure_threshold(mut self, failures: u8) -> Self {
        self.settings.failure_threshold = failures;
        self
    }

    /// Sets when to probe.
    pub const fn probing(mut self, probing: Probing) -> Self {
        self.settings.probing = Some(probing);
        self
    }

    /// Sets that no probe is sent.
    pub const fn no_probing(mut self) -> Self {
        self.settings.probing = None;
        self
    }

    /// Sets the time without any frame that counts as a failure.
    pub const fn transport_limit(mut self, limit: Duration) -> Self {
        self.settings.transport_limit = Some(limit);
        self
    }

    /// Sets the time without a beat, challenge or answer that counts as a failure.
    pub const fn session_limit(mut self, limit: Duration) -> Self {
        self.settings.session_limit = Some(limit);
        self
    }

    /// Sets the time without application data that counts as a failure.
    pub const fn data_limit(mut self, limit: Duration) -> Self {
        self.settings.data_limit = Some(limit);
        self
    }

    /// Sets the time from the start within which the venue must have accepted the arming.
    pub const fn arm_within(mut self, span: Duration) -> Self {
        self.settings.arm_within = span;
        self
    }

    /// Sets how late a wake-up may come before it counts as a stall of our own.
    pub const fn stall_tolerance(mut self, span: Duration) -> Self {
        self.settings.stall_tolerance = span;
        self
    }

    /// Sets the bounds of the levels.
    pub const fn levels(mut self, levels: Levels) -> Self {
        self.settings.levels = levels;
        self
    }

    /// Sets whether latencies and telemetry are reported. Protection is the same either way.
    pub const fn monitoring(mut self, on: bool) -> Self {
        self.settings.monitoring = on;
        self
    }

    /// Sets what the venue tolerates; settings that would lose its patience are then refused.
    pub const fn patience(mut self, patience: Patience) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with the values that clash, for the first rule that is broken.
    pub fn build(self) -> Result<Config, ConfigError> {
        let detection_bound = self.settings.check()?;
        Ok(Config { settings: self.settings, detection_bound })
    }
}
