//! Backpack: ping frames, a minute apart.
//!
//! Sources, read 2026-11-23: `docs.backpack.exchange`, "Streams"; a third party's measurements
//! on a live socket, 2026-09 ("measured" below).

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{Answered, Auth, ChallengeRule, CloseRule, Confidence, Facts, Rules};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Measured as documented; the first came 5 s to 38 s after the opening.
        every: Duration::from_secs(60),
        // Documented: 120 s. Measured on a connection without a subscription: gone when the
        // next ping was due. With one it lived longer.
        respond_within: Duration::from_secs(60),
        misses: 1,
    }),
    // Documented: a close frame, without saying which. Measured: none.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Documented: a close frame comes 30 s before an end by the venue. It ends the session all the
    // same, for RFC 6455 has no close that is none; what the grace would save, a rotation does.
    answers_pings: Answered::Yes, // Measured.
    sources: "docs.backpack.exchange; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Backpack's dialect.
///
/// A subscription that is valid is not acknowledged, so only data shows that it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Backpack;

impl Venue for Backpack {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "backpack",
        endpoints: &[Row::production("wss://ws.backpack.exchange").auth(Auth::Optional)],
        rules: RULES,
        facts: FACTS,
    };
}

speaks_by_control_frames!(Backpack);

impl Platform for Backpack {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
