//! Bithumb: Upbit's dialect, under rules of its own.
//!
//! Sources, read 2026-11-23: `apidocs.bithumb.com`, "Connection management" (as of 2026-06-30) and
//! "Basics"; a third party's measurements on a live socket, 2026-09 ("measured" below). The older
//! endpoint `pubwss.bithumb.com`, which other dialects were reported of, is not meant here.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, upbit};
use crate::{
    Answered, Auth, Ban, BrokenBy, Budget, CloseRule, Confidence, Facts, Hazard, Rules, Scope,
    SilenceRule,
};

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Measured: 60.0 s, with a subscription to a quiet market too. Documented: about 120 s.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: true,
    }),
    // Measured.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes, // Documented.
    // Exceeded, 429.
    retry_ban: Some(Ban { scope: Scope::Address, lasts: Some(Duration::from_secs(600)) }),
    connect_budget: Some(Budget::per_address(10, Duration::from_secs(1))),
    hazards: &[Hazard::MalformedText],
    sources: "apidocs.bithumb.com; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Bithumb's dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bithumb;

impl Venue for Bithumb {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bithumb",
        endpoints: &[
            Row::production("wss://ws-api.bithumb.com/websocket/v1"),
            // The private v1 ended on 2026-10-30; the public one stays.
            Row::real("private", "wss://ws-api.bithumb.com/websocket/v2/private")
                .auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Bithumb {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        upbit::classify(frame)
    }
}

impl Responder for Bithumb {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }
}

impl Platform for Bithumb {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
