//! Delta Exchange: pings in JSON, and beats for those who ask for them.
//!
//! Sources, read 2026-11-23: the venue's documentation, `delta-exchange/slate@249f7b8` and
//! `delta-exchange/slate-global@a0904cd`; and a third party's measurements on a live socket,
//! 2026-09 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Ban, Begins, BrokenBy, Budget, Confidence, Covers, Facts, OrderSafety, Rules,
    SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

static SIEVE: Sieve<2> = Sieve::new([Needle::new("pong"), Needle::new("heartbeat")])
    .data(&[Opening::new(&[r#"{"type":""#]).unless(&["pong", "heartbeat"])]);

const RULES: Rules = Rules {
    // Measured, the first after 0.1 s. Documented: every 30 s.
    beat_every: Some(Duration::from_secs(5)),
    // By `enable_heartbeat`, which an application may send and this dialect does not.
    begins: Begins::Arming,
    silence: Some(SilenceRule {
        // Documented, and measured: 60.0 s, without a close frame.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes,
    // Beyond it HTTP 429, and five to ten minutes to wait.
    retry_ban: Some(Ban { scope: Scope::Address, lasts: Some(Duration::from_secs(600)) }),
    connect_budget: Some(Budget::per_address(150, Duration::from_secs(300))),
    // The first of both sites; the second has a sample that is a race.
    order_safety: OrderSafety::Guarded(&[
        SafeguardRule {
            trigger: Trigger::Timer(Timer::new(
                TimerUnit::Millis,
                Duration::from_secs(60),
                Duration::from_secs(20),
            )),
            via: Via::Rest,
            how: "`POST /v2/orders/cancel_after` with `cancel_after`",
            covers: Covers::Account,
            ..SafeguardRule::NEW
        },
        SafeguardRule {
            trigger: Trigger::Timer(Timer::new(
                TimerUnit::Millis,
                Duration::from_secs(30),
                Duration::from_secs(10),
            )),
            via: Via::Rest,
            how: "in India, `POST /heartbeat/create`, then `POST /heartbeat` with `ttl`",
            covers: Covers::Account,
            surprises: &["again every 30 s with 30 s on it, as the sample has it, is a race"],
            ..SafeguardRule::NEW
        },
    ]),
    sources: "delta-exchange/slate and slate-global; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Delta Exchange's dialect.
///
/// It probes and asks for no beats: they prove no more than an answer does, and how often they
/// come is disputed. Those that an application asks for are beats all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Delta;

impl Venue for Delta {
    const STANDARD: Self = Self;

    // India. Elsewhere `public-socket.delta.exchange`, and `testnet-socket.delta.exchange`.
    const PROFILE: Profile = Profile {
        name: "delta",
        endpoints: &[
            // Of India; the documents of Global name the same host for what is public.
            Row::production("wss://public-socket.india.delta.exchange"),
            Row::real("private", "wss://socket.india.delta.exchange").auth(Auth::Message),
            Row::real("global-private", "wss://socket.delta.exchange").auth(Auth::Message),
            Row::test("wss://socket-ind-pub.testnet.deltaex.org"),
            Row::demo("test-private", "wss://socket-ind.testnet.deltaex.org").auth(Auth::Message),
            Row::demo("test-global-private", "wss://testnet-socket.delta.exchange")
                .auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Delta {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind] = message.pick(["type"])?;
    let kind = kind?;
    if kind.is("pong") {
        return Some(Signal::Answer { probe: None });
    }
    kind.is("heartbeat").then_some(Signal::Beat { counter: None })
}

impl Responder for Delta {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"type":"ping"}}"#))
    }
}

impl Platform for Delta {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Documented: a ping about every 30 s, and 5 s for its answer; measured: 0.1 s.
        defaults(&RULES).probing(PROBING)
    }
}
