//! dYdX v4, the indexer: ping frames, answered within seconds.
//!
//! Sources, read 2026-11-23: `github.com/dydxprotocol/v4-chain` at 84d4664, folder
//! `indexer/services/socks`, which is the server itself; the venue's documentation, "Indexer
//! Websocket".

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{Answered, ChallengeRule, CloseRule, Confidence, Facts, Hazard, OrderSafety, Rules};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // `WS_HEARTBEAT_INTERVAL_MS`.
        every: Duration::from_secs(30),
        // `WS_HEARTBEAT_TIMEOUT_MS`. Any pong after the ping will do; one before it does not.
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    heartbeat_close: CloseRule::Code { code: 1011, reason: "Heartbeat timeout" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // The server's WebSocket library does. The message `{"type":"ping"}` it accepts in silence.
    answers_pings: Answered::Yes,
    // Orders go to the chain. Short-term ones expire by block height, which saves them.
    order_safety: OrderSafety::NoOrders,
    // An excess of invalid messages (two a second) is 1008. A planned end is 1012, as everywhere.
    hazards: &[Hazard::RepeatedErrors],
    heartbeat_failure_codes: &[1011],
    sources: "dydxprotocol/v4-chain, the server's source; docs.dydx.exchange",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// dYdX's dialect on the indexer of its chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Dydx;

impl Venue for Dydx {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "dydx",
        endpoints: &[
            Row::production("wss://indexer.dydx.trade/v4/ws"),
            Row::test("wss://indexer.v4testnet.dydx.exchange/v4/ws"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

speaks_by_control_frames!(Dydx);

impl Platform for Dydx {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
