//! Paradex: ping frames, to be answered within five seconds.
//!
//! Sources, read 2026-11-23: `github.com/tradeparadex/paradex-docs` at 9b82a75, pages
//! "Introduction" and "Rate Limits" of the WebSocket API and its `openrpc.json`;
//! `github.com/tradeparadex/paradex-py` at 334a7f8.

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Venue, defaults};
use crate::{
    Answered, Budget, ChallengeRule, CloseRule, Confidence, Facts, OrderSafety, Rules, Via,
};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        every: Duration::from_secs(55),
        // The pong renews the connection for 60 s.
        respond_within: Duration::from_secs(5),
        misses: 1,
    }),
    // The documents name no code.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the venue's own SDK is built on a library that pings and gives up without a pong",
    },
    // Documented: 20 a second or 600 a minute. Ten a second stay within both.
    connect_budget: Some(Budget { count: 10, per: Duration::from_secs(1) }),
    order_safety: OrderSafety::CancelOnDisconnect {
        via: Via::WebSocket,
        // Only once authenticated.
        how: "`order.cancel_on_disconnect` with `enabled`, again on every connection",
    },
    sources: "tradeparadex/paradex-docs; tradeparadex/paradex-py",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Paradex's dialect.
///
/// The venue's SBE encoding has a heartbeat event of its own (template 40), which is data here:
/// its period is not documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Paradex;

impl Venue for Paradex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "paradex",
        production_url: Some("wss://ws.api.prod.paradex.trade/v1"),
        test_url: Some("wss://ws.api.testnet.paradex.trade/v1"),
        rules: RULES,
        facts: FACTS,
    };
}

speaks_by_control_frames!(Paradex);

impl Platform for Paradex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // A response counts as overdue while there is still time to send it.
        defaults(&RULES).respond_within(Duration::from_secs(3)).probing(PROBING)
    }
}
