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

use super::dialect::{Dialect, by_challenges};
use super::{Profile, Row, Venue, defaults_by_challenges};
use crate::echo::Echo;
use crate::json::Json;
use crate::{
    Answered, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules,
    SafeguardRule, Timer, TimerUnit, Trigger, Via, gzip,
};

/// The longest compressed message that is looked into, in bytes; a challenge has about 42.
const LONGEST: usize = 64;

pub(super) const RULES: Rules = Rules {
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

/// Of all endpoints of the house.
pub(super) const WHY_PINGS: &str =
    "hummingbot pings every 5 s and gives up without a pong, and so does ccxt, 4.5.90";

const SPOT: SafeguardRule = SafeguardRule {
    trigger: Trigger::Timer(
        Timer::new(TimerUnit::Seconds, Duration::from_secs(30), Duration::from_secs(10))
            .at_least(Duration::from_secs(5)),
    ),
    via: Via::Rest,
    how: "`POST /v2/algo-orders/cancel-all-after` with `timeout`",
    covers: Covers::Account,
    spares: &["what goes beyond 500 orders"],
    ..SafeguardRule::NEW
};

/// Of the whole house's spot accounts.
pub(super) const SPOT_SAFETY: OrderSafety = OrderSafety::Guarded(&[SPOT]);

const FACTS: Facts = Facts {
    // Nothing depends on it here. The venue's own ping, documented for both sides, is never
    // answered (measured).
    answers_pings: Answered::Presumed { why: WHY_PINGS },
    // Forty subscriptions a second, of the futures; a response is none.
    order_safety: SPOT_SAFETY,
    heartbeat_failure_codes: &[1003],
    assumed: &["of spot, the close code, which is the futures'"],
    sources: "huobiapi/docs, v1_en and usdt_swap_en; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Of the swaps with USDT margin.
const LINEAR_FACTS: Facts =
    Facts { order_safety: OrderSafety::Guarded(&[super::htx_futures_orders::LINEAR]), ..FACTS };

/// Of the swaps and futures with coin margin.
const COINM_FACTS: Facts = Facts { order_safety: OrderSafety::NotFound, ..FACTS };

/// HTX's dialect on its market endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct HtxMarket;

impl Venue for HtxMarket {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "htx-market",
        endpoints: &[
            Row::production("wss://api.huobi.pro/ws"),
            Row::real("feed", "wss://api.huobi.pro/feed"),
            Row::real("aws", "wss://api-aws.huobi.pro/ws"),
            Row::real("aws-feed", "wss://api-aws.huobi.pro/feed"),
            Row::real("linear-swap", "wss://api.hbdm.com/linear-swap-ws").facts(&LINEAR_FACTS),
            Row::real("coinm-swap", "wss://api.hbdm.com/swap-ws").facts(&COINM_FACTS),
            Row::real("coinm-futures", "wss://api.hbdm.com/ws").facts(&COINM_FACTS),
            Row::real("index", "wss://api.hbdm.com/ws_index").facts(&COINM_FACTS),
            Row::real("vn", "wss://api.hbdm.vn/linear-swap-ws").facts(&LINEAR_FACTS),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for HtxMarket {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_challenges(rules, facts)
    }
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
