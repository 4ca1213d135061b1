//! BingX swaps: the venue sends the compressed text `Ping` and gets the plain text `Pong`.
//!
//! Sources: `bingx-api.github.io/docs/swap/socket.html`, read 2026-11-23; and a third party's
//! measurements on live sockets, 2026-09-23 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal, Token,
};

use super::{Profile, Venue, defaults_by_challenges};
use crate::{ChallengeRule, CloseRule, Confidence, Facts, OrderSafety, Rules, Via, gzip};

/// The longest compressed message that is looked into, in bytes; a challenge has 24, or a few more
/// if it was compressed badly.
const LONGEST: usize = 48;

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
    // Sixty connections at once for an address: a number of connections, not a rate. Ten
    // subscriptions a second; a response is none. ccxt, 4.5.90, has turned its own check by pings
    // off here.
    order_safety: OrderSafety::DeadMan {
        via: Via::Rest,
        how: "`POST /openApi/swap/v2/trade/cancelAllAfter` with `type` `ACTIVATE` and `timeOut` \
              in seconds",
        refresh: None,
        range: Some((Duration::from_secs(10), Duration::from_secs(120))),
    },
    sources: "bingx-api.github.io/docs; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// BingX's dialect on the endpoints of its swaps, those with coin margin included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BingxSwap;

impl Venue for BingxSwap {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bingx-swap",
        production_url: Some("wss://open-api-swap.bingx.com/swap-market"),
        test_url: Some("wss://vst-open-api-ws.bingx.com/swap-market"),
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for BingxSwap {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        gzip::classify(frame, LONGEST, |text| {
            (text == "Ping").then(|| Signal::Challenge { token: Token::default() })
        })
    }
}

impl Responder for BingxSwap {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("Pong"))
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
