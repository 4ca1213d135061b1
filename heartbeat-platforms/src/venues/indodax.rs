//! Indodax's market data: Centrifugo's dialect of old, version 2, in which a pong has no word of
//! its own, beside ping frames of the venue's.
//!
//! Sources: a third party's measurements on live sockets, 2026-09 ("measured" below);
//! `btcid/indodax-official-api-docs` 83bbc86; read 2026-11-25.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_ping_frames, venue};
use super::{Profile, Row};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, ChallengeRule, CloseRule, Confidence, Covers, Facts, Hazard, OrderSafety,
    Rules, SafeguardRule, Timer, TimerUnit, Trigger, Via,
};

/// The first of the ids that are ours: the server counts them in 32 bits, so that the 2^31 from
/// here on are.
const FIRST_ID: u32 = 0x8000_0000;

static SIEVE: Sieve<1> = Sieve::with_longest(Some(64), [Needle::new("id")]);

/// The old dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct CentrifugoV2;

impl Dialect for CentrifugoV2 {
    const NAME: &'static str = "indodax-market";

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        // A command before the application has connected is one too soon.
        by_ping_frames(rules, facts).ping_until_first_send(true)
    }
}

impl Detector for CentrifugoV2 {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Reads `{"id":7}`: a reply with a result or an error answers another command.
fn read(message: Json<'_>) -> Option<Signal> {
    let [id] = message.pick(["id"])?;
    let number = u32::try_from(id?.as_u64()?).ok()?.checked_sub(FIRST_ID)?;
    let is_alone = message.members()?.count() == 1;
    is_alone.then_some(Signal::Answer { probe: Some(ProbeId::from_number(number)) })
}

impl Responder for CentrifugoV2 {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // Challenged is by ping frames alone.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = FIRST_ID | id.number();
        out.text(format_args!(r#"{{"method":7,"id":{id}}}"#))
    }
}

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Measured: one after 25 s, and 28 s after the opening a client without pongs is cut.
        every: Duration::from_secs(25),
        respond_within: Duration::from_secs(3),
        misses: 1,
    }),
    // Measured: 25.3 s.
    authenticate_within: Some(Duration::from_secs(25)),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "centrifugo serves by gorilla/websocket, which answers them",
    },
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(Timer::new(
            TimerUnit::Millis,
            Duration::from_secs(60),
            Duration::from_secs(20),
        )),
        via: Via::Rest,
        how: "`countdownCancelAll` with `countdownTime`, 0 to switch it off",
        covers: Covers::Account,
        ..SafeguardRule::NEW
    }]),
    hazards: &[Hazard::PingBeforeSubscribe],
    assumed: &["that a command before connecting ends the connection, as in the server's code"],
    sources: "measured by a third party, 2026-09; btcid/indodax-official-api-docs 83bbc86",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    IndodaxMarket,
    CentrifugoV2,
    Profile {
        name: "indodax-market",
        endpoints: &[
            Row::production("wss://ws3.indodax.com/ws/").auth(Auth::Message),
            Row::demo("demo", "wss://ws.demo-indodax.com/ws/").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);
