//! The rules between settings.

use core::time::Duration;

use super::dead_man::Plan;
use super::{
    ConfigError, DeadManRange, FloodLimit, Levels, Pace, Patience, PingFrames, Probing, TermsRange,
    terms,
};

/// Settings that nobody has checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) respond_within: Duration,
    pub(super) failure_threshold: u8,
    pub(super) probing: Option<Probing>,
    pub(super) probe_at_once: bool,
    pub(super) ping_until_first_send: bool,
    pub(super) ping_frames: PingFrames,
    pub(super) keepalive_every: Option<Duration>,
    pub(super) terms: Option<terms::Plan>,
    pub(super) transport_limit: Option<Duration>,
    pub(super) session_limit: Option<Duration>,
    pub(super) data_limit: Option<Duration>,
    pub(super) arm_within: Duration,
    pub(super) stall_tolerance: Duration,
    pub(super) grace: Duration,
    pub(super) flood_limit: Option<FloodLimit>,
    pub(super) levels: Levels,
    pub(super) monitoring: bool,
    pub(super) patience: Patience,
    pub(super) dead_man: Option<Plan>,
    pub(super) dead_man_range: Option<DeadManRange>,
}

impl Settings {
    pub(super) const DEFAULT: Self = Self {
        respond_within: Duration::from_secs(5),
        failure_threshold: 3,
        probing: None,
        probe_at_once: false,
        ping_until_first_send: false,
        ping_frames: PingFrames::Harmless,
        keepalive_every: None,
        terms: None,
        transport_limit: None,
        session_limit: None,
        data_limit: None,
        arm_within: Duration::from_secs(10),
        stall_tolerance: Duration::from_secs(1),
        grace: Duration::from_secs(20),
        flood_limit: Some(FloodLimit::DEFAULT),
        levels: Levels::DEFAULT,
        monitoring: true,
        patience: Patience { response: None, silence: None },
        dead_man: None,
        dead_man_range: None,
    };

    /// Checks every rule and returns the bound of silence.
    pub(super) fn check(&self) -> Result<Duration, ConfigError> {
        self.check_zero()?;
        self.check_probing()?;
        self.check_stall_tolerance()?;
        self.check_levels()?;
        self.check_ping_frames()?;
        self.check_terms()?;
        let silence_bound = self.silence_bound().ok_or(ConfigError::NoDetection)?;
        self.check_patience(silence_bound)?;
        if let Some(plan) = self.dead_man {
            let checked = plan.check(self.dead_man_range, silence_bound);
            checked.map_err(ConfigError::DeadMan)?;
        }
        Ok(silence_bound)
    }

    fn check_zero(&self) -> Result<(), ConfigError> {
        let probing = self.probing;
        let spans = [
            ("respond_within", Some(self.respond_within)),
            ("probe_every", probing.map(|probing| probing.every)),
            ("answer_within", probing.map(|probing| probing.answer_within)),
            ("keepalive_every", self.keepalive_every),
            ("transport_limit", self.transport_limit),
            ("session_limit", self.session_limit),
            ("data_limit", self.data_limit),
            ("arm_within", Some(self.arm_within)),
            ("dead_man.timeout", self.dead_man.map(|plan| plan.switch.timeout)),
            ("dead_man.refresh", self.dead_man.map(|plan| plan.switch.refresh)),
            ("stall_tolerance", Some(self.stall_tolerance)),
            ("levels.target", Some(self.levels.target)),
            ("flood_limit.within", self.flood_limit.map(|limit| limit.within)),
        ];
        for (field, span) in spans {
            if span == Some(Duration::ZERO) {
                return Err(ConfigError::Zero { field });
            }
        }
        let counts = [
            ("failure_threshold", u32::from(self.failure_threshold)),
            ("levels.samples", u32::from(self.levels.samples)),
            ("flood_limit.heartbeats", self.flood_limit.map_or(1, |limit| limit.heartbeats)),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((field, _)) => Err(ConfigError::Zero { field }),
            None => Ok(()),
        }
    }

    /// One probe in flight: it must have been settled before the next is due. And a clock
    /// must not run out on a healthy line that is silent but for the answers to our probes.
    fn check_probing(&self) -> Result<(), ConfigError> {
        let Some(Probing { every, answer_within, pace: _ }) = self.probing else {
            return Ok(());
        };
        if answer_within >= every {
            return Err(ConfigError::AnswerOutlivesProbe { answer_within, probe_every: every });
        }
        if let Some(session_limit) = self.session_limit.filter(|_| self.ping_until_first_send) {
            return Err(ConfigError::SessionLimitUnprovable { session_limit });
        }
        let limits =
            [("transport_limit", self.transport_limit), ("session_limit", self.session_limit)];
        for (field, limit) in limits {
            let Some(limit) = limit else { continue };
            let patience = self.until_threshold(limit);
            let quiet = every.saturating_add(answer_within);
            if patience <= quiet {
                let failure_threshold = self.failure_threshold;
                return Err(ConfigError::LimitOutrunsProbe {
                    field,
                    limit,
                    failure_threshold,
                    quiet,
                });
            }
        }
        Ok(())
    }

    /// A stall must be recognised as one before it can be mistaken for the peer's silence.
    fn check_stall_tolerance(&self) -> Result<(), ConfigError> {
        let spans = [
            ("respond_within", Some(self.respond_within)),
            ("answer_within", self.probing.map(|probing| probing.answer_within)),
            ("transport_limit", self.transport_limit),
            ("session_limit", self.session_limit),
            ("data_limit", self.data_limit),
            ("arm_within", Some(self.arm_within)),
            ("dead_man.refresh", self.dead_man.map(|plan| plan.switch.refresh)),
        ];
        for (field, span) in spans {
            if let Some(span) = span.filter(|span| self.stall_tolerance >= *span) {
                let stall_tolerance = self.stall_tolerance;
                return Err(ConfigError::StallOutlivesSpan { stall_tolerance, field, span });
            }
        }
        Ok(())
    }

    fn check_levels(&self) -> Result<(), ConfigError> {
        let Levels { target, warning, critical, samples: _ } = self.levels;
        if target <= warning && warning < critical {
            Ok(())
        } else {
            Err(ConfigError::LevelsOutOfOrder { target, warning, critical })
        }
    }

    const fn check_ping_frames(&self) -> Result<(), ConfigError> {
        let ping_frames = self.ping_frames;
        if self.ping_until_first_send && !matches!(ping_frames, PingFrames::Harmless) {
            return Err(ConfigError::PingsDoHarm { ping_frames });
        }
        Ok(())
    }

    /// No term may be so short that our own stalls are taken for the venue's silence.
    fn check_terms(&self) -> Result<(), ConfigError> {
        let Some(TermsRange { shortest, longest }) = self.terms.map(|plan| plan.range) else {
            return Ok(());
        };
        if shortest > longest {
            return Err(ConfigError::TermsOutOfOrder { shortest, longest });
        }
        let here = self.terms.map_or(shortest, |plan| plan.here(shortest));
        if here < self.stall_tolerance.saturating_mul(2) {
            let stall_tolerance = self.stall_tolerance;
            return Err(ConfigError::TermsTooShort { shortest, stall_tolerance });
        }
        Ok(())
    }

    fn check_patience(&self, silence_bound: Duration) -> Result<(), ConfigError> {
        if let Some(patience) = self.patience.response
            && self.respond_within >= patience
        {
            let respond_within = self.respond_within;
            return Err(ConfigError::ResponseTooSlow { respond_within, patience });
        }
        let Some(patience) = self.patience.silence else {
            return Ok(());
        };
        if let Some(keepalive_every) = self.keepalive_every
            && keepalive_every >= patience
        {
            return Err(ConfigError::KeepaliveTooRare { keepalive_every, patience });
        }
        if let Some(probing) = self.probing
            && self.keepalive_every.is_none()
            && probing.every >= patience
        {
            return Err(ConfigError::ProbeTooRare { probe_every: probing.every, patience });
        }
        if silence_bound >= patience {
            return Err(ConfigError::DetectionTooSlow { silence_bound, patience });
        }
        Ok(())
    }

    /// The shortest of the ways in which a dead line is noticed, if there is any: by these
    /// settings, or else by what the venue states, at worst.
    fn silence_bound(&self) -> Option<Duration> {
        let by_terms = self.terms.map(|plan| plan.here(plan.range.longest).max(self.arm_within));
        self.noticed_by_settings().or(by_terms)
    }

    /// The shortest of the ways in which these settings notice a dead line by themselves.
    pub(super) fn noticed_by_settings(&self) -> Option<Duration> {
        let probing = self.probing.filter(|probing| probing.pace != Pace::OutboundIdle);
        let by_probe = probing.map(|probing| {
            probing.every.saturating_add(self.until_threshold(probing.answer_within))
        });
        [self.transport_limit, self.session_limit, self.data_limit]
            .into_iter()
            .flatten()
            .map(|limit| self.until_threshold(limit))
            .chain(by_probe)
            .min()
    }

    pub(super) fn until_threshold(&self, span: Duration) -> Duration {
        span.saturating_mul(u32::from(self.failure_threshold))
    }
}
