//! OKX v5, the endpoint that speaks SBE: the venue pings, by control frames; its notices are JSON.
//!
//! Source: a copy of the official documentation, "SBE Market Data", read 2026-11-23. The JSON
//! endpoints, where the client pings in a text of its own, are another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{Profile, Row, Venue, defaults, okx};
use crate::{ChallengeRule, CloseRule, Confidence, Facts, Rules};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Documented: 20 s after the last pong, not after the last ping.
        every: Duration::from_secs(20),
        respond_within: Duration::from_secs(60),
        misses: 1,
    }),
    // The close code of a missing pong is not documented.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    assumed: &["the port of the URL"],
    // `answers_pings` stays unknown: nothing was found, and of the venue's JSON endpoints ccxt
    // says that ping frames are not supported.
    connect_budget: okx::FACTS.connect_budget,
    order_safety: okx::FACTS.order_safety,
    sources: "copy of the OKX API guide, SBE",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// OKX's dialect on its SBE endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct OkxSbe;

impl Venue for OkxSbe {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "okx-sbe",
        endpoints: &[
            // Port 8443 was switched off on 2026-10-31; this path on the usual port is inferred.
            Row::production("wss://ws.okx.com/ws/v5/public-sbe"),
            Row::demo("demo", "wss://wspap.okx.com/ws/v5/public-sbe"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for OkxSbe {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        // Market data is binary and never looked into; a text `pong` has no meaning here.
        okx::read_notice(frame)
    }
}

impl Responder for OkxSbe {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }
}

impl Platform for OkxSbe {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // No probes: what the venue answers is not known. Its own pings come every 20 s and a
        // little, so one may be late by 2 s, and the second that is missing is a dead line after
        // 44 s. Where data flows all the time, a `data_limit` of the application's is faster.
        defaults(&RULES).failure_threshold(2).session_limit(Duration::from_secs(22))
    }
}
