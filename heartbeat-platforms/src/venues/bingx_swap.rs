//! BingX swaps: the venue sends the compressed text `Ping` and gets the plain text `Pong`; on one
//! endpoint or another it sends what spot does.
//!
//! Sources: `bingx-api.github.io/docs/swap/socket.html`, read 2026-11-23; and a third party's
//! measurements on live sockets, 2026-09-23 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{Profile, Row, Venue, bingx_spot, defaults_by_challenges};
use crate::{
    AtOnce, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule,
    Scope, Timer, TimerUnit, Trigger, Via,
};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Documented. Measured: 4.9 s to 5.1 s. A comment in a public client (JKorf/BingX.Net)
        // says 30 s, of older days.
        every: Duration::from_secs(5),
        respond_within: Duration::from_secs(5),
        // No number is documented. Measured: cut 30.5 s after the opening, half a second after
        // the sixth, twice.
        misses: 5,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    connections_at_once: &[AtOnce { count: 60, scope: Scope::Address }],
    // Ten subscriptions a second; a response is none. ccxt, 4.5.90, has turned its own check by
    // pings off here.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(60), Duration::from_secs(20))
                .within(Duration::from_secs(10), Duration::from_secs(120)),
        ),
        via: Via::Rest,
        how: "`POST /openApi/swap/v2/trade/cancelAllAfter` with `type` `ACTIVATE` and `timeOut`",
        covers: Covers::Account,
        spares: &["orders of coin-margined swaps"],
        ..SafeguardRule::NEW
    }]),
    sources: "bingx-api.github.io/docs; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// The timer does not reach orders with coin margin.
const COINM_FACTS: Facts = Facts { order_safety: OrderSafety::NotFound, ..FACTS };

/// BingX's dialect on the endpoints of its swaps, those with coin margin included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BingxSwap;

impl Venue for BingxSwap {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bingx-swap",
        endpoints: &[
            // Margined in USDT and in USDC; with a listen key in the query for what is private.
            Row::production("wss://open-api-swap.bingx.com/swap-market"),
            Row::real("coinm", "wss://open-api-cswap-ws.bingx.com/market").facts(&COINM_FACTS),
            Row::test("wss://vst-open-api-ws.bingx.com/swap-market"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for BingxSwap {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        bingx_spot::classify(frame)
    }
}

impl Responder for BingxSwap {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        bingx_spot::respond(token, out)
    }
}

impl Platform for BingxSwap {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults_by_challenges(&RULES)
    }
}
