//! HTX futures, the order push: challenges in compressed JSON, whose time is to be echoed in
//! plain.
//!
//! Sources: `github.com/huobiapi/docs`, branches `dm_en` and `usdt_swap_en`, the venue's documents
//! of 2021, read 2026-11-23; and a third party's measurements on live sockets, 2026-09-23
//! ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, Responder,
    Signal,
};

use super::{Profile, Row, Venue, defaults_by_challenges};
use crate::echo::Echo;
use crate::json::Json;
use crate::{
    Answered, AtOnce, Auth, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety,
    Rules, SafeguardRule, Scope, Timer, TimerUnit, Trigger, Via, gzip,
};

/// The longest compressed message that is looked into, in bytes; a challenge has about 52.
const LONGEST: usize = 96;

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Documented, "may change". Measured: 5.27 s to 5.38 s.
        every: Duration::from_secs(5),
        respond_within: Duration::from_secs(5),
        // Measured on the market endpoint of the futures. Documented: five, and one response to
        // either of the last two is enough.
        misses: 4,
    }),
    // Measured on the market endpoint of the futures.
    heartbeat_close: CloseRule::Code { code: 1003, reason: "ping check expired" },
    ..Rules::NONE
};

/// Of a newer page of htx.com than the documents that were read; known through the client
/// JKorf/HTX.Net.
pub(super) const LINEAR: SafeguardRule = SafeguardRule {
    trigger: Trigger::Timer(
        Timer::new(TimerUnit::Millis, Duration::from_secs(30), Duration::from_secs(10))
            .at_least(Duration::from_secs(5)),
    ),
    via: Via::Rest,
    how: "`POST /linear-swap-api/v1/linear-cancel-after` with `on_off` 1 and `time_out`",
    covers: Covers::Account,
    spares: &["orders with coin margin, which have none"],
    ..SafeguardRule::NEW
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: super::htx_market::WHY_PINGS },
    connections_at_once: &[AtOnce { count: 30, scope: Scope::Account }],
    order_safety: OrderSafety::Guarded(&[LINEAR]),
    heartbeat_failure_codes: &[1003],
    assumed: &["how many challenges may be missed and the close code, which are the market data's"],
    sources: "huobiapi/docs, dm_en and usdt_swap_en; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Of the endpoints with coin margin.
const COINM_FACTS: Facts = Facts { order_safety: OrderSafety::NotFound, ..FACTS };

/// HTX's dialect on the endpoints that push the orders of its futures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct HtxFuturesOrders;

impl Venue for HtxFuturesOrders {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "htx-futures-orders",
        endpoints: &[
            Row::production("wss://api.hbdm.com/linear-swap-notification").auth(Auth::Message),
            Row::real("coinm-swap", "wss://api.hbdm.com/swap-notification")
                .auth(Auth::Message)
                .facts(&COINM_FACTS),
            Row::real("coinm-futures", "wss://api.hbdm.com/notification")
                .auth(Auth::Message)
                .facts(&COINM_FACTS),
            // Of ccxt, 4.5.90.
            Row::real("v5", "wss://api.hbdm.vn/ws/v5/notification").auth(Auth::Message),
            Row::real("vn", "wss://api.hbdm.vn/linear-swap-notification").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for HtxFuturesOrders {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        gzip::classify(frame, LONGEST, |text| Json::parse(text).and_then(read))
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [operation, time, error] = message.pick(["op", "ts", "err-code"])?;
    let (operation, time) = (operation?, time?);
    if error.is_some() {
        return None;
    }
    if operation.is("ping") {
        // The documents have a string. Public clients take it for a number, and answer with one.
        let echo = Echo::new().string(time).or_else(|| Echo::new().number(time))?;
        return Some(Signal::Challenge { token: echo.into_token() });
    }
    // While the connection or the login is being set up.
    let is_close = operation.is("close");
    is_close.then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
}

impl Responder for HtxFuturesOrders {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"op":"pong","ts":"#, token, "}")
    }
}

impl Platform for HtxFuturesOrders {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults_by_challenges(&RULES)
    }
}
