//! HTX, the market data of spot and futures: challenges in compressed JSON, whose number is to be
//! echoed in plain.
//!
//! Sources: `github.com/huobiapi/docs`, branches `v1_en` and `usdt_swap_en`, the venue's
//! documents of 2021, read 2026-11-23; and a third party's measurements on live sockets of the
//! futures, 2026-09-23 ("measured" below). The private endpoint of spot and the order push of the
//! futures speak dialects of their own.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{Profile, Venue, defaults_by_challenges};
use crate::echo::Echo;
use crate::json::Json;
use crate::{Answered, ChallengeRule, CloseRule, Confidence, Facts, OrderSafety, Rules, Via, gzip};

/// The longest compressed message that is looked into, in bytes; a challenge has about 42.
const LONGEST: usize = 64;

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Documented, "may change". Measured: 4.8 s to 5.2 s; in 2019, of spot: 10 s.
        every: Duration::from_secs(5),
        respond_within: Duration::from_secs(5),
        // Documented of spot: just before the third. Of the futures five are documented, and four
        // measured, 20 s after the opening.
        misses: 2,
    }),
    // Measured, four times; of spot nothing is known.
    heartbeat_close: CloseRule::Code { code: 1003, reason: "ping check expired" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // ccxt, 4.5.90, gives up a connection that answers no ping; here nothing depends on it. The
    // venue's own ping, documented for both sides, is never answered (measured).
    answers_pings: Answered::Unknown,
    // Forty subscriptions a second, of the futures; a response is none.
    order_safety: OrderSafety::DeadMan {
        via: Via::Rest,
        how: "`POST /v2/algo-orders/cancel-all-after` with `timeout` in seconds, 5 or more; of \
              futures `POST /linear-swap-api/v1/linear-cancel-after` with `time_out` in ms, 5000 \
              or more",
        refresh: None,
        range: None,
    },
    heartbeat_failure_codes: &[1003],
    assumed: &["of spot, the close code, which is the futures'"],
    sources: "huobiapi/docs, v1_en and usdt_swap_en; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// HTX's dialect on its market endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct HtxMarket;

impl Venue for HtxMarket {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "htx-market",
        production_url: Some("wss://api.huobi.pro/ws"),
        test_url: None,
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for HtxMarket {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        gzip::classify(frame, LONGEST, |text| Json::parse(text).and_then(read))
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [ping] = message.pick(["ping"])?;
    Some(Signal::Challenge { token: Echo::new().number(ping?)?.into_token() })
}

impl Responder for HtxMarket {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"pong":"#, token, "}")
    }
}

impl Platform for HtxMarket {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Its data moves the same clock, so that nothing hangs on the rhythm of its challenges
        // where there is data.
        defaults_by_challenges(&RULES)
    }
}
