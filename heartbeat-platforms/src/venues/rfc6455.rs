//! Any venue that speaks by ping and pong frames alone, as RFC 6455, section 5.5, has them.

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::dialect::{Dialect, by_ping_frames};
use super::{PROBING, Profile, Venue, defaults};
use crate::{Answered, ChallengeRule, CloseRule, Confidence, Facts, Rules};

/// The defaults of a widespread server, since the RFC sets no numbers: the Python package
/// websockets, 17.4, `ping_interval` 20 and `ping_timeout` 20.
const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        every: Duration::from_secs(20),
        respond_within: Duration::from_secs(20),
        misses: 1,
    }),
    heartbeat_close: CloseRule::Code { code: 1011, reason: "keepalive ping timeout" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes,
    heartbeat_failure_codes: &[1011],
    sources: "RFC 6455, section 5.5; Python package websockets 17.4",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// The dialect of RFC 6455 alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Rfc6455;

impl Venue for Rfc6455 {
    const STANDARD: Self = Self;

    const PROFILE: Profile =
        Profile { name: "rfc6455", endpoints: &[], rules: RULES, facts: FACTS };
}

speaks_by_control_frames!(Rfc6455);

impl Dialect for Rfc6455 {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts)
    }
}

impl Platform for Rfc6455 {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
