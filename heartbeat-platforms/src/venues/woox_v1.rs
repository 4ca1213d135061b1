//! WOO X, the legacy API v1: both sides ping, in JSON without an id.
//!
//! Sources: `docs.woox.io`, legacy, as public clients have it (ccxt, 4.5.90; tardis-node,
//! c1d73fb), read 2026-11-23. The venue's twin Orderly Network, of the same protocol, documents
//! what the venue does not (`orderly.network/docs`, "Ping/Pong", read 2026-11-23), and a third
//! party has measured it there, 2026-09 ("measured" below). The API was to end on 2025-12-31 and
//! was alive on 2026-09-23.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal, Token,
};

use super::dialect::{Dialect, by_probes};
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules,
    SafeguardRule, Timer, TimerUnit, Trigger, Via,
};

// The key that pings and pongs have in common.
static SIEVE: Sieve<1> = Sieve::new([Needle::new("event")]).data(&[
    Opening::new(&[r#"{"event":""#]).unless(&["ping", "pong"]),
    Opening::new(&[r#"{"id":""#, r#"","event":""#]).unless(&["ping", "pong"]),
]);

pub(super) const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        every: Duration::from_secs(10),
        // Of the twin, documented. Measured there: cut after eleven, 110 s after the first.
        respond_within: Duration::from_secs(10),
        misses: 10,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Version 3, on the same host, does.
    answers_pings: Answered::Unknown,
    // The shortest time is not documented.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Millis, Duration::from_secs(60), Duration::from_secs(20))
                .at_most(Duration::from_secs(900)),
        ),
        via: Via::Rest,
        how: "`POST /v1/order/cancel_all_after` with the time",
        covers: Covers::Account,
        requires: &["a VIP account"],
        ..SafeguardRule::NEW
    }]),
    assumed: &["the period of its pings and how many may be missed, which are its twin's"],
    sources: "ccxt 4.5.90, tardis-node; orderly.network, its twin; measured there",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// WOO X's dialect on its endpoints of version 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct WooxV1;

impl Venue for WooxV1 {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "woox-v1",
        endpoints: &[
            // An application's id may follow; measured: it need not.
            Row::production("wss://wss.woox.io/ws/stream"),
            Row::real("private", "wss://wss.woox.io/v2/ws/private/stream").auth(Auth::Url),
            Row::test("wss://wss.staging.woox.io/ws/stream"),
            Row::demo("test-private", "wss://wss.staging.woox.io/v2/ws/private/stream")
                .auth(Auth::Url),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for WooxV1 {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for WooxV1 {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [event, time, success] = message.pick(["event", "ts", "success"])?;
    let event = event?;
    if success.is_some() || time.is_some_and(|time| time.as_u64().is_none()) {
        return None;
    }
    match time {
        // The documents of the twin leave out the time, all that was captured has it.
        _ if event.is("ping") => Some(Signal::Challenge { token: Token::default() }),
        Some(_) if event.is("pong") => Some(Signal::Answer { probe: None }),
        _ => None,
    }
}

impl Responder for WooxV1 {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"event":"pong"}}"#))
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"event":"ping"}}"#))
    }
}

impl Platform for WooxV1 {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
