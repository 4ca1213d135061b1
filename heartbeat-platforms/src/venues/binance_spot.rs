//! Binance spot, the market streams: challenges are ping frames; a shutdown is announced in JSON.
//!
//! Source: `github.com/binance/binance-spot-api-docs`, 2026-07-21, files
//! `web-socket-streams.md` and `CHANGELOG.md`. The WebSocket API, whose announcement has another
//! shape, is another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, Refusal,
    RefusalCode, Responder, Signal,
};

use super::dialect::{Dialect, by_ping_frames};
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Ban, Budget, ChallengeRule, CloseRule, Confidence, Facts, MessageBudget,
    OrderSafety, Rules, Scope,
};

/// The event type of the announcement (documented 2026-05; no lead time since 2026-06-09).
const SHUTDOWN: &str = "serverShutdown";

/// The stream on which a combined connection gets it.
const SHUTDOWN_STREAM: &str = "!serverShutdown";

static SIEVE: Sieve<1> = Sieve::new([Needle::new(SHUTDOWN)]).data(&[
    Opening::new(&[r#"{"e":""#]).unless(&[SHUTDOWN]),
    Opening::new(&[r#"{"stream":""#]).unless(&[SHUTDOWN_STREAM]),
]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Documented since 2025-02; before that 3 min and 10 min.
        every: Duration::from_secs(20),
        respond_within: Duration::from_secs(60),
        misses: 1,
    }),
    // The documents name no code; clients of others report 1008 after a missing pong.
    heartbeat_close: CloseRule::Code { code: 1008, reason: "" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // The package unicorn-binance-websocket-api has long kept its streams alive by keepalive
    // pings every 5 s; of the WebSocket API it is documented.
    answers_pings: Answered::Yes,
    max_age: Some(Duration::from_secs(24 * 3600)),
    connect_budget: Some(Budget::per_address(300, Duration::from_secs(300))),
    // Exceeded, the connection is closed; exceeded again and again, the address is banned.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(5, Duration::from_secs(1)),
        counts_control_frames: true,
    }),
    // Confirmed by the documents of 2026-07-21, FIX included.
    order_safety: OrderSafety::NotFound,
    // Addresses that are cut again and again are banned, by 418, for two minutes to three days.
    retry_ban: Some(Ban { scope: Scope::Address, lasts: None }),
    // 403 is the firewall's, and 1008 that of a missing pong.
    refusals: &[
        (RefusalCode::Status(403), Refusal::Blocked),
        (RefusalCode::Close(1008), Refusal::Unknown),
    ],
    heartbeat_failure_codes: &[1008],
    sources: "binance/binance-spot-api-docs",
    read: "2026-07-21",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Binance's dialect on its spot market streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BinanceSpot;

impl Venue for BinanceSpot {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "binance-spot",
        endpoints: &[
            Row::production("wss://stream.binance.com:9443/ws"),
            Row::real("443", "wss://stream.binance.com:443/ws"),
            // Market data alone.
            Row::real("data", "wss://data-stream.binance.vision/ws"),
            Row::real("sbe", "wss://stream-sbe.binance.com:9443/ws").auth(Auth::Headers),
            Row::test("wss://stream.testnet.binance.vision/ws"),
            Row::demo("demo", "wss://demo-stream.binance.com/ws"),
            Row::demo("demo-sbe", "wss://demo-stream-sbe.binance.com/ws").auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for BinanceSpot {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts)
    }
}

impl Detector for BinanceSpot {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let kind = match message.pick(["e", "stream", "data"])? {
        // A raw stream, a combined stream.
        [Some(kind), None, None] => kind,
        [None, Some(stream), Some(data)] if stream.is(SHUTDOWN_STREAM) => {
            let [kind] = data.pick(["e"])?;
            kind?
        }
        _ => return None,
    };
    kind.is(SHUTDOWN).then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
}

impl Responder for BinanceSpot {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }
}

impl Platform for BinanceSpot {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // The venue's own pings would show a dead line only after a minute. Ours, one in five
        // seconds, take a 25th of the message budget.
        defaults(&RULES).probing(PROBING)
    }
}
