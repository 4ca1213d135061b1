//! Binance futures, margined in dollars and in coins: ping frames, minutes apart.
//!
//! Sources, read 2026-11-23: `developers.binance.com/docs/derivatives`, pages "Websocket Market
//! Streams" and "Websocket API General Info" of USDS-margined and COIN-margined futures, and
//! "Auto-Cancel All Open Orders". A shutdown is not announced, as far as the documents say.

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Venue, defaults};
use crate::{
    Answered, Budget, ChallengeRule, CloseRule, Confidence, Facts, MessageBudget, OrderSafety,
    Rules, Via,
};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // A comment in nautilus_trader has 20 s for the WebSocket API. That the pings come is
        // therefore no sign of life to wait for: only ours are.
        every: Duration::from_secs(180),
        respond_within: Duration::from_secs(600),
        misses: 1,
    }),
    // Not documented; of the spot endpoints clients report 1008.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

/// What both endpoints share.
const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the package unicorn-binance-websocket-api pings these endpoints too, and lives",
    },
    max_age: Some(Duration::from_secs(24 * 3600)),
    // That ping and pong frames count is documented of the spot streams, and taken to hold here.
    message_budget: Some(MessageBudget {
        budget: Budget { count: 10, per: Duration::from_secs(1) },
        counts_control_frames: true,
    }),
    assumed: &["that ping and pong frames count as messages"],
    sources: "developers.binance.com, derivatives",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Returns the timer that `how` winds up, one per symbol; 0 stops it.
const fn countdown(how: &'static str) -> OrderSafety {
    OrderSafety::DeadMan {
        via: Via::Rest,
        how,
        // Documented: every 30 s with 120 s on the timer. A shortest or longest is not.
        refresh: Some(Duration::from_secs(30)),
        range: None,
    }
}

/// Binance's dialect on its futures margined in dollars (USD-M): streams and WebSocket API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BinanceUsdm;

impl Venue for BinanceUsdm {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "binance-usdm",
        // The routed path of the order books; the others are `/market/ws` and `/private/ws`.
        production_url: Some("wss://fstream.binance.com/public/ws"),
        test_url: Some("wss://fstream.binancefuture.com/ws"),
        rules: RULES,
        facts: Facts {
            order_safety: countdown("`POST /fapi/v1/countdownCancelAll` with `countdownTime`"),
            ..FACTS
        },
    };
}

/// Binance's dialect on its futures margined in coins (COIN-M): streams and WebSocket API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BinanceCoinm;

impl Venue for BinanceCoinm {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "binance-coinm",
        production_url: Some("wss://dstream.binance.com/ws"),
        test_url: Some("wss://dstream.binancefuture.com/ws"),
        rules: RULES,
        facts: Facts {
            order_safety: countdown("`POST /dapi/v1/countdownCancelAll` with `countdownTime`"),
            ..FACTS
        },
    };
}

speaks_by_control_frames!(BinanceUsdm);
speaks_by_control_frames!(BinanceCoinm);

impl Platform for BinanceUsdm {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        settings()
    }
}

impl Platform for BinanceCoinm {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        settings()
    }
}

/// Three minutes between two pings of the venue's tell nothing in time; a ping of ours in five
/// seconds takes a 50th of the message budget.
const fn settings() -> ConfigBuilder {
    defaults(&RULES).probing(PROBING)
}
