//! Crypto.com Exchange v1: challenges in JSON, whose id is to be echoed.
//!
//! Sources: `exchange-developer.crypto.com/exchange/v1/docs`, pages `public/heartbeat` and
//! "Common API Reference", read 2026-09-22; and a third party's measurements on live sockets,
//! 2026-09-22 ("measured" below). Cancel on disconnect: notes of third parties, read 2026-11-23.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::echo::Echo;
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, Trigger, Via,
};

/// The method of a challenge.
const HEARTBEAT: &str = "public/heartbeat";

/// The time between challenges. Measured: 30.0 s, the first 5 s to 27 s after the opening.
const EVERY: Duration = Duration::from_secs(30);

/// A slash may be escaped, so the needle holds none.
static SIEVE: Sieve<1> =
    Sieve::new([Needle::new("heartbeat")])
        .data(&[Opening::new(&[r#"{"id":-"#, r#","method":""#]).unless(&[HEARTBEAT])]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        every: EVERY,
        // Documented. Measured: closed at the third challenge in a row, 60 s after the first.
        respond_within: Duration::from_secs(5),
        misses: 1,
    }),
    // Documented: "normal disconnection by server, usually when the heartbeat isn't handled
    // properly". The reason is not documented.
    heartbeat_close: CloseRule::Code { code: 1000, reason: "" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the package ccxt, 4.5.90, gives up a connection that answers no ping",
    },
    // On the market endpoint, in calendar seconds; the first is cut short by the opening, so an
    // application that asks for much should wait for the next.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(100, Duration::from_secs(1)),
        counts_control_frames: false,
    }),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::WebSocket,
        how: "`private/set-cancel-on-disconnect` with `scope` `CONNECTION` or `ACCOUNT` and a \
              nonce, which is the application's to send on each connection",
        covers: Covers::ConnectionOrAccount,
        surprises: &[
            "unsubscribing from a user channel sets it off: who resubscribes cancels",
            "it cannot be undone",
        ],
        ..SafeguardRule::NEW
    }]),
    // A restart is 1013, as everywhere.
    heartbeat_failure_codes: &[1000],
    sources: "exchange-developer.crypto.com; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Crypto.com's dialect on its market and user endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct CryptoCom;

impl Venue for CryptoCom {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "crypto-com",
        endpoints: &[
            Row::production("wss://stream.crypto.com/exchange/v1/market"),
            Row::real("user", "wss://stream.crypto.com/exchange/v1/user").auth(Auth::Message),
            Row::test("wss://uat-stream.3ona.co/exchange/v1/market"),
            Row::demo("test-user", "wss://uat-stream.3ona.co/exchange/v1/user").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for CryptoCom {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [method, id, code] = message.pick(["method", "id", "code"])?;
    // With another code it is an error about a heartbeat.
    let is_heartbeat = method?.is(HEARTBEAT) && code.is_none_or(|code| code.as_u64() == Some(0));
    let echo = Echo::new().number(id.filter(|_| is_heartbeat)?)?;
    Some(Signal::Challenge { token: echo.into_token() })
}

impl Responder for CryptoCom {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"id":"#, token, r#","method":"public/respond-heartbeat"}"#)
    }
}

impl Platform for CryptoCom {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // The venue sends ping frames as well, measured every 5 s but not documented: nothing is
        // built on them. Should a proxy answer ours while the session behind it is dead, its
        // challenges stay away.
        defaults(&RULES)
            .respond_within(Duration::from_secs(3))
            .probing(PROBING)
            .session_limit(EVERY.saturating_mul(2))
    }
}
