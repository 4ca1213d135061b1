//! Poloniex: pings in JSON, without an id; only what the client sends keeps a session.
//!
//! Sources, read 2026-11-23: `api-docs.poloniex.com/spot/websocket`, "Heartbeats";
//! `support.poloniex.com`, "Kill Switch Primer"; and a third party's measurements on a live
//! socket of the futures, 2026-09 ("measured" below). Spot and futures v3 share the dialect.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes};
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    AtOnce, Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// The event of the answer to a ping, and the word that every answer holds.
const EVENT: &str = "pong";

static SIEVE: Sieve<1> = Sieve::new([Needle::new(EVENT)]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: a message or a ping every 30 s, or the session ends without warning.
        // Measured: 29.99 s on a silent line, 30.7 s to 31.0 s on a busy one.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        // Not documented.
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    connections_at_once: &[AtOnce { count: 2000, scope: Scope::Address }],
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(500, Duration::from_secs(1)),
        // Not documented: the stricter reading.
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(60), Duration::from_secs(20))
                .within(Duration::from_secs(10), Duration::from_secs(600)),
        ),
        via: Via::Rest,
        how: "`POST /orders/killSwitch` with `timeout`, of spot",
        covers: Covers::Account,
        spares: &["futures"],
        surprises: &["off once it has fired"],
        ..SafeguardRule::NEW
    }]),
    assumed: &["that ping frames count as messages"],
    sources: "api-docs.poloniex.com, spot WebSocket; measurements",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// The kill switch is spot's.
const FUTURES_FACTS: Facts = Facts { order_safety: OrderSafety::NotFound, ..FACTS };

/// Poloniex's dialect on its spot and futures v3 endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Poloniex;

impl Venue for Poloniex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "poloniex",
        endpoints: &[
            Row::production("wss://ws.poloniex.com/ws/public"),
            Row::real("private", "wss://ws.poloniex.com/ws/private").auth(Auth::Message),
            Row::real("futures", "wss://ws.poloniex.com/ws/v3/public").facts(&FUTURES_FACTS),
            Row::real("futures-private", "wss://ws.poloniex.com/ws/v3/private")
                .auth(Auth::Message)
                .facts(&FUTURES_FACTS),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for Poloniex {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for Poloniex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [event] = message.pick(["event"])?;
    event?.is(EVENT).then_some(Signal::Answer { probe: None })
}

impl Responder for Poloniex {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"event":"ping"}}"#))
    }
}

impl Platform for Poloniex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
