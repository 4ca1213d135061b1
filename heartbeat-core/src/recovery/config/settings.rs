//! The settings of a recovery before anybody has checked them, and the rules between them.

use core::num::NonZeroU32;
use core::time::Duration;

use super::RecoveryError;
use crate::recovery::rotation::Aging;
use crate::{AttemptPhase, Refusal, RefusalCode, RotationOrder, RotationWindow};

/// Settings that nobody has checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// In the order of [`AttemptPhase::ALL`].
    pub(super) phases: [Duration; 5],
    pub(super) longest_ready: Duration,
    pub(super) stable_for: Duration,
    pub(super) backoff_base: Duration,
    pub(super) backoff_cap: Duration,
    pub(super) give_up_after: Option<NonZeroU32>,
    pub(super) refusals: &'static [(RefusalCode, Refusal)],
    pub(super) give_up_after_denials: NonZeroU32,
    pub(super) credential_retries: u32,
    pub(super) outage_pause: Duration,
    pub(super) longest_outage_pause: Duration,
    pub(super) denied_pause: Duration,
    pub(super) rate_limited_pause: Duration,
    pub(super) longest_pause: Duration,
    pub(super) escalation_cap: Duration,
    pub(super) max_age: Option<Duration>,
    pub(super) rotation_spread: Duration,
    pub(super) rotation_window: Option<RotationWindow>,
    pub(super) notice_spread: Duration,
    pub(super) rotation_pause: Duration,
    pub(super) rotation_tries: NonZeroU32,
    pub(super) rotation_order: RotationOrder,
    pub(super) leave_within: Duration,
}

impl Settings {
    pub(super) const DEFAULT: Self = Self {
        phases: [
            Duration::from_secs(5),
            Duration::from_secs(5),
            Duration::from_secs(10),
            Duration::from_secs(15),
            Duration::from_secs(10),
        ],
        // A thousand subscriptions at four a second.
        longest_ready: Duration::from_secs(5 * 60),
        stable_for: Duration::from_secs(30),
        backoff_base: Duration::from_millis(250),
        // A dial that hangs when the venue is repaired, this, and two handshakes are within 10 s.
        backoff_cap: Duration::from_secs(3),
        give_up_after: None,
        refusals: &[],
        // With the pauses between them, nearly four minutes.
        give_up_after_denials: NonZeroU32::new(5).expect("five is not zero"),
        credential_retries: 0,
        outage_pause: Duration::from_secs(5),
        longest_outage_pause: Duration::from_secs(10 * 60),
        denied_pause: Duration::from_secs(15),
        rate_limited_pause: Duration::from_secs(60),
        longest_pause: Duration::from_secs(3 * 24 * 60 * 60),
        escalation_cap: Duration::from_secs(15 * 60),
        max_age: None,
        rotation_spread: Duration::from_secs(5 * 60),
        rotation_window: None,
        notice_spread: Duration::from_secs(5),
        rotation_pause: Duration::from_secs(15),
        rotation_tries: NonZeroU32::new(4).expect("four is not zero"),
        rotation_order: RotationOrder::MakeBeforeBreak,
        leave_within: Duration::from_secs(5),
    };

    pub(super) fn phase_within(&self, phase: AttemptPhase) -> Duration {
        self.phases.get(phase.index()).copied().unwrap_or_default()
    }

    pub(super) fn aging(&self) -> Option<Aging> {
        let (spread, window) = (self.rotation_spread, self.rotation_window);
        self.max_age.map(|max_age| Aging { max_age, spread, window })
    }

    pub(super) fn attempt_bound(&self) -> Duration {
        self.phases.into_iter().fold(Duration::ZERO, Duration::saturating_add)
    }

    pub(super) fn check(&self) -> Result<(), RecoveryError> {
        let names = AttemptPhase::ALL.map(AttemptPhase::as_str);
        let phases = names.into_iter().zip(self.phases);
        let spans = [
            ("stable_for", self.stable_for),
            ("backoff_base", self.backoff_base),
            ("outage_pause", self.outage_pause),
            ("denied_pause", self.denied_pause),
            ("rate_limited_pause", self.rate_limited_pause),
            ("rotation_pause", self.rotation_pause),
        ];
        if let Some((field, _)) = phases.chain(spans).find(|(_, span)| span.is_zero()) {
            return Err(RecoveryError::Zero { field });
        }
        let ready_within = self.phase_within(AttemptPhase::Ready);
        let pairs = [
            (("backoff_base", self.backoff_base), ("backoff_cap", self.backoff_cap)),
            (("ready", ready_within), ("longest_ready", self.longest_ready)),
            (
                ("outage_pause", self.outage_pause),
                ("longest_outage_pause", self.longest_outage_pause),
            ),
            (("outage_pause", self.outage_pause), ("longest_pause", self.longest_pause)),
            (
                ("rate_limited_pause", self.rate_limited_pause),
                ("longest_pause", self.longest_pause),
            ),
            (
                ("rate_limited_pause", self.rate_limited_pause),
                ("escalation_cap", self.escalation_cap),
            ),
            (("denied_pause", self.denied_pause), ("escalation_cap", self.escalation_cap)),
            (("rotation_pause", self.rotation_pause), ("escalation_cap", self.escalation_cap)),
        ];
        for ((field, span), (most_field, most)) in pairs {
            if span > most {
                return Err(RecoveryError::Beyond { field, span, most_field, most });
            }
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
}
