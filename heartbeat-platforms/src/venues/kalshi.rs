//! Kalshi: ping frames, ten seconds apart, with the payload `heartbeat`.
//!
//! Source, read 2026-11-23: `docs.kalshi.com`, pages `connection-keep-alive` and
//! `quick_start_websockets`. Neither says how long the venue waits for a pong.

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{
    Answered, Auth, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules,
    SafeguardRule, Trigger, Via,
};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        every: Duration::from_secs(10),
        // Not documented: taken to be over when the next ping is due.
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    // Not documented.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes, // Documented, with an empty payload.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::Fix,
        how: "tag 8013, `CancelOrdersOnDisconnect`, of the logon; `N` if left out",
        covers: Covers::Connection,
        spares: &["orders by WebSocket or REST"],
        ..SafeguardRule::NEW
    }]),
    assumed: &["the time for the pong"],
    sources: "docs.kalshi.com, Connection Keep-Alive",
    read: "2026-11-25",
    // The period is documented, the deadline is not. That public data needs a signed handshake as
    // well, one client of 2026 says and the documents do not.
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Kalshi's dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Kalshi;

impl Venue for Kalshi {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "kalshi",
        endpoints: &[
            // Since 2026-05-07; the older hosts live on.
            Row::production("wss://external-api-ws.kalshi.com/trade-api/ws/v2").auth(Auth::Headers),
            Row::real("elections", "wss://api.elections.kalshi.com/trade-api/ws/v2")
                .auth(Auth::Headers),
            Row::real("margin", "wss://external-api-margin-ws.kalshi.com").auth(Auth::Headers),
            Row::test("wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2").auth(Auth::Headers),
            Row::demo("test-elections", "wss://demo-api.kalshi.co/trade-api/ws/v2")
                .auth(Auth::Headers),
            Row::demo("test-margin", "wss://external-api-margin-ws.demo.kalshi.co")
                .auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

speaks_by_control_frames!(Kalshi);

impl Platform for Kalshi {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
