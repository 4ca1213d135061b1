//! Aster, spot and perpetual futures: Binance's dialects, by the rules that Binance had before.
//!
//! Source: `github.com/asterdex/api-docs` 265e024, version 3, futures and spot, read 2026-11-25. A
//! shutdown is not announced, as far as the documents say.

use core::time::Duration;

use heartbeat_core::Layer;

use super::binance_futures::{BinanceUsdm, COUNTDOWN};
use super::binance_spot::BinanceSpot;
use super::dialect::venue;
use super::{CONNECTORS, Profile, Row};
use crate::{
    Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule,
};

/// A ping each `every` seconds, and `pong` seconds for its answer (documented).
const fn rules(every: u64, pong: u64) -> Rules {
    Rules {
        challenge: Some(ChallengeRule {
            layer: Layer::Control,
            every: Duration::from_secs(every),
            respond_within: Duration::from_secs(pong),
            misses: 1,
        }),
        // Not documented.
        heartbeat_close: CloseRule::Cut,
        ..Rules::NONE
    }
}

/// What both share, but for the messages in a second.
const fn facts(messages: u32) -> Facts {
    Facts {
        answers_pings: Answered::Presumed { why: CONNECTORS },
        max_age: Some(Duration::from_secs(24 * 3600)),
        // That ping and pong frames count is documented of Binance.
        message_budget: Some(MessageBudget {
            budget: Budget::per_connection(messages, Duration::from_secs(1)),
            counts_control_frames: true,
        }),
        assumed: &["that ping and pong frames count as messages"],
        sources: "asterdex/api-docs 265e024",
        read: "2026-11-25",
        confidence: Confidence::High,
        ..Facts::UNKNOWN
    }
}

venue!(
    AsterSpot,
    BinanceSpot,
    Profile {
        name: "aster-spot",
        endpoints: &[
            Row::production("wss://sstream.asterdex.com/ws"),
            // Of prediction markets, by the same rules.
            Row::real("prediction", "wss://pstream.asterdex.com/ws"),
            Row::test("wss://sstream.asterdex-testnet.com/ws"),
            Row::demo("test-prediction", "wss://pstream.asterdex-testnet.com/ws"),
        ],
        rules: rules(180, 600),
        facts: facts(5),
    }
);

venue!(
    AsterUsdm,
    BinanceUsdm,
    Profile {
        name: "aster-usdm",
        endpoints: &[
            Row::production("wss://fstream.asterdex.com/ws"),
            // The key of a user's stream lives for 60 min.
            Row::real("private", "wss://fstream.asterdex.com/ws/").auth(Auth::Url),
            Row::test("wss://fstream5.asterdex-testnet.com/ws"),
            Row::demo("test-older", "wss://fstream.asterdex-testnet.com/ws"),
        ],
        rules: rules(300, 900),
        facts: Facts {
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                how: "`POST /fapi/v3/countdownCancelAll` with `symbol` and `countdownTime`; 0 \
                      stops it",
                ..COUNTDOWN
            }]),
            ..facts(10)
        },
    }
);
