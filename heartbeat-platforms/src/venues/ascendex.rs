//! AscendEX: the venue pings a client that is silent, and answers its pings; both in JSON.
//!
//! Source: `github.com/ascendex/ascendex-pro-api`, 6776af2, "WebSocket", read 2026-11-23. Nobody
//! has published measurements. The package ccxt dropped the venue in 2026, and withdrawals were
//! reported stuck since June: whether it is worth a connection is for its user to say.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, ProbeId,
    Responder, Signal, Token,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    AtOnce, Auth, Ban, Budget, ChallengeRule, CloseRule, Confidence, Facts, MessageBudget, Rules,
    Scope,
};

static SIEVE: Sieve<3> =
    Sieve::new([Needle::new("ping"), Needle::new("pong"), Needle::new("disconnected")])
        .data(&[Opening::new(&[r#"{"m":""#]).unless(&["ping", "pong", "disconnected"])]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Documented: "after a while" without a message of the client's, and not for 30 s after a
        // ping of the client's, of which one in 15 s is enough. Nothing more is known of either
        // number; a client that pings faster than this is never challenged.
        every: Duration::from_secs(15),
        respond_within: Duration::from_secs(15),
        // Documented: "two consecutive ping messages".
        misses: 2,
    }),
    // After a message that says so; with which code is not documented.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Of a group of accounts, which is narrower, and of an address.
    connections_at_once: &[
        AtOnce { count: 20, scope: Scope::Account },
        AtOnce { count: 300, scope: Scope::Address },
    ],
    // Documented: authentications, pings and pongs. Beyond 800 the rest is ignored for 15 min,
    // beyond 1000 the connection is cut and the address shut out.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(800, Duration::from_secs(60)),
        counts_control_frames: false,
    }),
    retry_ban: Some(Ban { scope: Scope::Address, lasts: Some(Duration::from_secs(900)) }),
    assumed: &["the period of its pings", "the time for the answer"],
    sources: "ascendex/ascendex-pro-api",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// AscendEX's dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Ascendex;

impl Venue for Ascendex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "ascendex",
        endpoints: &[
            // The group of an account that is none: public data only.
            Row::production("wss://ascendex.com/0/api/pro/v1/stream"),
            Row::real("futures", "wss://ascendex.com:443/api/pro/v2/stream").auth(Auth::Optional),
            // Of older connectors; no document that was read has it.
            Row::test("wss://api-test.ascendex-sandbox.com:443/api/pro/v2/stream")
                .auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Ascendex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind, code] = message.pick(["m", "code"])?;
    let kind = kind?;
    match code {
        None if kind.is("ping") => Some(Signal::Challenge { token: Token::default() }),
        Some(code) if kind.is("pong") && code.as_u64() == Some(0) => {
            Some(Signal::Answer { probe: None })
        }
        Some(_) if kind.is("disconnected") => {
            Some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
        }
        _ => None,
    }
}

impl Responder for Ascendex {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"op":"pong"}}"#))
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"op":"ping"}}"#))
    }
}

impl Platform for Ascendex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
