//! Hyperliquid: pings in JSON, without an id; the venue drops whom it has nothing to tell.
//!
//! Sources, read 2026-11-23: `hyperliquid.gitbook.io`, "Timeouts and heartbeats" and "Rate
//! limits and user limits"; and a third party's measurements on a live socket, 2026-09
//! ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes};
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    AtOnce, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, MessageBudget, OrderSafety,
    Rules, SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// The channel of the answer to a ping, and the word that every answer holds.
const CHANNEL: &str = "pong";

static SIEVE: Sieve<1> = Sieve::new([Needle::new(CHANNEL)])
    .data(&[Opening::new(&[r#"{"channel":""#]).unless(&[CHANNEL])]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: the venue closes a connection to which it has sent nothing for 60 s.
        // Measured: 60.2 s; pings alone survive, through their answers, and so does a
        // subscriber who never sends.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ServerMessage,
        // Whether a pong frame is something sent is not known.
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Older copies of the page say 100.
    connections_at_once: &[AtOnce { count: 10, scope: Scope::Address }],
    connect_budget: Some(Budget::per_address(30, Duration::from_secs(60))),
    message_budget: Some(MessageBudget {
        budget: Budget::per_address(2_000, Duration::from_secs(60)),
        // Not documented: the stricter reading.
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::UnixMillis, Duration::from_secs(60), Duration::from_secs(20))
                .at_least(Duration::from_secs(5)),
        ),
        via: Via::WebSocket,
        how: "signed action `scheduleCancel` with `time`, which is the application's to send",
        covers: Covers::Account,
        requires: &["1,000,000 USD traded by the account, else it is refused"],
        surprises: &["protective stops are cancelled too", "ten firings a day, and no more"],
        ..SafeguardRule::NEW
    }]),
    assumed: &["that ping frames count as messages"],
    sources: "hyperliquid.gitbook.io, WebSocket; measurements",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Hyperliquid's dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Hyperliquid;

impl Venue for Hyperliquid {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "hyperliquid",
        endpoints: &[
            Row::production("wss://api.hyperliquid.xyz/ws"),
            Row::test("wss://api.hyperliquid-testnet.xyz/ws"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for Hyperliquid {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for Hyperliquid {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [channel] = message.pick(["channel"])?;
    channel?.is(CHANNEL).then_some(Signal::Answer { probe: None })
}

impl Responder for Hyperliquid {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"method":"ping"}}"#))
    }
}

impl Platform for Hyperliquid {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Twelve messages a minute: a 16th of the budget with all ten connections open.
        defaults(&RULES).probing(PROBING)
    }
}
