//! Binance spot, the WebSocket API: challenges are ping frames; a shutdown is announced in JSON.
//!
//! Source: `github.com/binance/binance-spot-api-docs`, 2026-07-21, files `web-socket-api.md` and
//! `CHANGELOG.md`. The market streams, whose announcement has other shapes, are another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, Refusal,
    RefusalCode, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Ban, Budget, ChallengeRule, CloseRule, Confidence, Facts, Rules, Scope,
};

/// The event type of the announcement (documented 2026-05; no lead time since 2026-06-09).
const SHUTDOWN: &str = "serverShutdown";

/// The event type by which a user's stream ends: its token or its session is over. The socket
/// stays, and is mute.
const TERMINATED: &str = "eventStreamTerminated";

static SIEVE: Sieve<2> = Sieve::new([Needle::new(SHUTDOWN), Needle::new(TERMINATED)])
    .data(&[Opening::new(&[r#"{"subscriptionId":"#, r#","event":{"e":""#])
        .unless(&[SHUTDOWN, TERMINATED])]);

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
    // Documented, for ping frames. There is a request `ping` as well, of weight 1, which is not
    // documented as a keepalive.
    answers_pings: Answered::Yes,
    max_age: Some(Duration::from_secs(24 * 3600)),
    // A connection costs a weight of 2 besides; 418 and 429 carry a `retryAfter`.
    connect_budget: Some(Budget::per_address(300, Duration::from_secs(300))),
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

/// Binance's dialect on its spot WebSocket API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BinanceWsApi;

impl Venue for BinanceWsApi {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "binance-ws-api",
        endpoints: &[
            Row::production("wss://ws-api.binance.com:443/ws-api/v3").auth(Auth::Optional),
            Row::real("9443", "wss://ws-api.binance.com:9443/ws-api/v3").auth(Auth::Optional),
            Row::test("wss://ws-api.testnet.binance.vision/ws-api/v3").auth(Auth::Optional),
            Row::demo("demo", "wss://demo-ws-api.binance.com/ws-api/v3").auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for BinanceWsApi {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    // The event of a subscription stands beside its `subscriptionId`, and is of another kind.
    let [event] = message.pick(["event"])?;
    let [kind] = event?.pick(["e"])?;
    let kind = kind?;
    let told = if kind.is(SHUTDOWN) {
        NoticeKind::Shutdown
    } else if kind.is(TERMINATED) {
        NoticeKind::SessionExpired
    } else {
        return None;
    };
    Some(Signal::Notice { kind: told, deadline: None })
}

impl Responder for BinanceWsApi {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }
}

impl Platform for BinanceWsApi {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // The venue's own pings would show a dead line only after a minute, too late for orders.
        defaults(&RULES).probing(PROBING)
    }
}
