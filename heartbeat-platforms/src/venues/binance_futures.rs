//! Binance futures, margined in dollars and in coins: ping frames, minutes apart.
//!
//! Sources, read 2026-11-23: `developers.binance.com/docs/derivatives`, pages "Websocket Market
//! Streams" and "Websocket API General Info" of USDS-margined and COIN-margined futures, and
//! "Auto-Cancel All Open Orders". A shutdown is not announced, as far as the documents say.
//!
//! No row of the table: equity, of which neither host nor rules were found.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, Responder,
    Signal,
};

use super::dialect::{Dialect, by_ping_frames};
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, Timer, TimerUnit, Trigger,
};

/// The event that the key of a user's stream has run out, an hour after it was last prolonged: the
/// socket stays, and is mute. Documented on the page "Event: User Data Stream Expired".
const EXPIRED: &str = "listenKeyExpired";

static SIEVE: Sieve<1> =
    Sieve::new([Needle::new(EXPIRED)]).data(&[Opening::new(&[r#"{"e":""#]).unless(&[EXPIRED])]);

pub(super) const RULES: Rules = Rules {
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

/// Documented of options: another period, and another deadline.
pub(super) const OPTIONS_RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        every: Duration::from_secs(300),
        respond_within: Duration::from_secs(900),
        misses: 1,
    }),
    ..RULES
};

/// What both endpoints share.
pub(super) const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the package unicorn-binance-websocket-api pings these endpoints too, and lives",
    },
    max_age: Some(Duration::from_secs(24 * 3600)),
    // That ping and pong frames count is documented of the spot streams, and taken to hold here.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(10, Duration::from_secs(1)),
        counts_control_frames: true,
    }),
    assumed: &["that ping and pong frames count as messages"],
    sources: "developers.binance.com, derivatives",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Documented: every 30 s with 120 s on the timer. A shortest or longest is not.
pub(super) const COUNTDOWN: SafeguardRule = SafeguardRule {
    trigger: Trigger::Timer(Timer::new(
        TimerUnit::Millis,
        Duration::from_secs(120),
        Duration::from_secs(30),
    )),
    covers: Covers::Symbol,
    spares: &["orders in other symbols, each of which has a timer of its own"],
    ..SafeguardRule::NEW
};

/// Binance's dialect on its futures margined in dollars (USD-M): streams and WebSocket API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BinanceUsdm;

impl Venue for BinanceUsdm {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "binance-usdm",
        endpoints: &[
            // The routed paths; the unrouted `/ws` and `/stream` were retired on 2026-04-23.
            Row::production("wss://fstream.binance.com/public/ws"),
            Row::real("market", "wss://fstream.binance.com/market/ws"),
            Row::real("private", "wss://fstream.binance.com/private/ws").auth(Auth::Url),
            Row::real("portfolio-margin", "wss://fstream.binance.com/pm/ws").auth(Auth::Url),
            Row::real("ws-api", "wss://ws-fapi.binance.com/ws-fapi/v1").auth(Auth::Optional),
            // Routed like production (go-binance PR 809; constants of nautilus_trader); ccxt,
            // 4.5.90, still uses the unrouted one.
            Row::test("wss://fstream.binancefuture.com/public/ws"),
            Row::demo("test-market", "wss://fstream.binancefuture.com/market/ws"),
            Row::demo("test-private", "wss://fstream.binancefuture.com/private/ws").auth(Auth::Url),
            Row::demo("test-ws-api", "wss://testnet.binancefuture.com/ws-fapi/v1")
                .auth(Auth::Optional),
            Row::demo("demo", "wss://demo-fstream.binance.com/public/ws"),
            Row::demo("demo-market", "wss://demo-fstream.binance.com/market/ws"),
            Row::demo("demo-private", "wss://demo-fstream.binance.com/private/ws").auth(Auth::Url),
            // Options share the path and not the times: 5 min and 15 min (documented), 200 streams.
            Row::real("options", "wss://fstream.binance.com/public/ws").rules(&OPTIONS_RULES),
        ],
        rules: RULES,
        facts: Facts {
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                how: "`POST /fapi/v1/countdownCancelAll` with `symbol` and `countdownTime`; 0 \
                      stops it",
                ..COUNTDOWN
            }]),
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
        endpoints: &[
            Row::production("wss://dstream.binance.com/ws"),
            Row::real("private", "wss://dstream-auth.binance.com/ws").auth(Auth::Url),
            Row::real("ws-api", "wss://ws-dapi.binance.com/ws-dapi/v1").auth(Auth::Optional),
            Row::test("wss://dstream.binancefuture.com/ws"),
            Row::demo("test-ws-api", "wss://testnet.binancefuture.com/ws-dapi/v1")
                .auth(Auth::Optional),
            Row::demo("demo", "wss://demo-dstream.binance.com/ws"),
        ],
        rules: RULES,
        facts: Facts {
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                how: "`POST /dapi/v1/countdownCancelAll` with `symbol` and `countdownTime`; 0 \
                      stops it",
                ..COUNTDOWN
            }]),
            ..FACTS
        },
    };
}

fn read(message: Json<'_>) -> Option<Signal> {
    let kind = match message.pick(["e", "stream", "data"])? {
        // A raw stream, a combined stream, whose name is the key.
        [Some(kind), None, None] => kind,
        [None, Some(_), Some(data)] => {
            let [kind] = data.pick(["e"])?;
            kind?
        }
        _ => return None,
    };
    kind.is(EXPIRED).then_some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None })
}

impl Dialect for BinanceUsdm {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts)
    }
}

impl Detector for BinanceUsdm {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

impl Detector for BinanceCoinm {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

impl Responder for BinanceUsdm {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }
}

impl Responder for BinanceCoinm {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }
}

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
