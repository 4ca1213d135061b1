//! How settings are collected and checked.

use core::num::NonZeroU32;
use core::time::Duration;

use super::dead_man::Plan;
use super::rules::Settings;
use super::terms;
use super::{
    Config, ConfigError, DeadMan, DeadManRange, FloodLimit, Levels, Patience, PingFrames, Probing,
    TermsRange,
};

/// Collects settings for a [`Config`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone, Copy, Debug)]
#[must_use = "settings take effect only in the `Config` that `build` returns"]
pub struct ConfigBuilder {
    settings: Settings,
}

impl ConfigBuilder {
    pub(super) const fn new(settings: &Settings) -> Self {
        Self { settings: *settings }
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

    /// Sets whether the first probe is due when the session begins, whatever the pace, and not a
    /// period later; off by default. For a venue that takes a probe before it has said anything:
    /// one that says nothing by itself is then heard from at once.
    ///
    /// The detection bound is the same with it.
    pub const fn probe_at_once(mut self, on: bool) -> Self {
        self.settings.probe_at_once = on;
        self
    }

    /// Sets whether probes are ping frames until the application has sent something, and in
    /// the platform's own words only then: for a venue that ends a connection on which such a
    /// probe comes before the first subscription.
    ///
    /// The detection bound holds all the while, at a venue that answers ping frames. A pong
    /// does not move the session clock, so a limit of that is refused.
    pub const fn ping_until_first_send(mut self, on: bool) -> Self {
        self.settings.ping_until_first_send = on;
        self
    }

    /// Sets the time from one keepalive to the next: what the platform [writes] that the venue
    /// wants to hear and that nobody answers. None is sent by default.
    ///
    /// A keepalive proves nothing, so it is no way to notice a dead line.
    ///
    /// [writes]: crate::Responder::keepalive
    pub const fn keepalive_every(mut self, span: Duration) -> Self {
        self.settings.keepalive_every = Some(span);
        self
    }

    /// Sets that no keepalive is sent.
    pub const fn no_keepalive(mut self) -> Self {
        self.settings.keepalive_every = None;
        self
    }

    /// Sets what ping frames of ours do to the connection; nothing bad by default.
    pub const fn ping_frames(mut self, effect: PingFrames) -> Self {
        self.settings.ping_frames = effect;
        self
    }

    /// Sets which terms of the venue's are taken, where it states them on the connection. Without
    /// it what it states changes nothing.
    ///
    /// What is taken is the stricter of the two: responses count as overdue sooner where the venue
    /// waits for less long, keepalives leave three times in its patience, and its word to be heard
    /// is a limit of that clock, in place of the one that is set if that would take longer. Where
    /// nothing else notices a dead line, the terms must come within
    /// [`arm_within`](Self::arm_within).
    pub const fn terms(mut self, range: TermsRange) -> Self {
        self.settings.terms = Some(terms::Plan { range, factor: NonZeroU32::MIN });
        self
    }

    /// Sets that what the venue states changes nothing.
    pub const fn no_terms(mut self) -> Self {
        self.settings.terms = None;
        self
    }

    /// Sets how to keep the venue's dead-man switch wound up, once
    /// [`request_order_safety`](crate::Session::request_order_safety) has started it.
    pub const fn dead_man(mut self, switch: DeadMan) -> Self {
        self.settings.dead_man = Some(Plan { switch, told: switch.timeout });
        self
    }

    /// Sets that no dead-man switch is wound up.
    pub const fn no_dead_man(mut self) -> Self {
        self.settings.dead_man = None;
        self
    }

    /// Sets which times the venue accepts on its dead-man switch. Set by the defaults of the
    /// platforms that can write its message; without it a switch is refused.
    pub const fn dead_man_range(mut self, range: DeadManRange) -> Self {
        self.settings.dead_man_range = Some(range);
        self
    }

    /// Sets the time from the start within which the venue must have accepted the arming, and
    /// from the request within which it must have accepted to cancel on disconnect.
    pub const fn arm_within(mut self, span: Duration) -> Self {
        self.settings.arm_within = span;
        self
    }

    /// Sets how late a wake-up may come before it counts as a stall of our own.
    pub const fn stall_tolerance(mut self, span: Duration) -> Self {
        self.settings.stall_tolerance = span;
        self
    }

    /// Sets how much longer than otherwise the venue is waited for while it shows some life; 20 s
    /// by default, at zero not at all.
    ///
    /// The time in which an incoming message grows without being whole does not count as silence,
    /// up to this much for each thing that is waited for: the peer can say nothing else meanwhile.
    /// And where answers stay away while data is fresh, so much longer passes before that is a
    /// verdict: a venue that is late is not gone. A part of
    /// [`detection_bound`](Config::detection_bound); a line that shows no life at all is found
    /// within [`silence_bound`](Config::silence_bound).
    pub const fn grace(mut self, span: Duration) -> Self {
        self.settings.grace = span;
        self
    }

    /// Sets how many heartbeats the venue may send; [`FloodLimit::DEFAULT`] by default.
    pub const fn flood_limit(mut self, limit: FloodLimit) -> Self {
        self.settings.flood_limit = Some(limit);
        self
    }

    /// Sets that the venue may send as many heartbeats as it likes.
    pub const fn no_flood_limit(mut self) -> Self {
        self.settings.flood_limit = None;
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
        let silence_bound = self.settings.check()?;
        Ok(Config { settings: self.settings, silence_bound })
    }
}
