//! Gemini, its new WebSocket API: ping frames of the venue's, and a request `ping` with an id.
//!
//! Sources, read 2026-11-23: a third party's reading of the specifications at
//! `developer.gemini.com`; a third party's measurements on a live socket, 2026-09, twice
//! ("measured" below). The older market data, which beats in JSON, is another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal,
};

use super::{CONNECTORS, PROBING, Profile, Row, Venue, defaults, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety,
    Rules, SafeguardRule, Trigger, Via,
};

/// What a request that was granted has for its `status`.
const OK: u64 = 200;

static SIEVE: Sieve<1> = Sieve::new([Needle::new("status")]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Measured: 20.2 s, 40.2 s, 60.2 s after the opening. Not documented.
        every: Duration::from_secs(20),
        // Not known: taken to be over when the next ping is due.
        respond_within: Duration::from_secs(20),
        misses: 1,
    }),
    // Not known. Measured: a connection that answers pings and says nothing else outlives 130 s.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    // Measured, by the request `conninfo`.
    connect_budget: Some(Budget::per_address(300, Duration::from_secs(300))),
    // Requests have weights, of which 7000 in 10 s are allowed; that of a ping is not known.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::Url,
        how: "`?cancelOnDisconnect=true`",
        covers: Covers::Connection,
        ..SafeguardRule::NEW
    }]),
    assumed: &["the time for the pong"],
    sources: "a reading of developer.gemini.com; pings measured",
    read: "2026-11-23",
    confidence: Confidence::Low,
    ..Facts::UNKNOWN
};

/// Gemini's dialect on its new WebSocket API.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them. The reply to a subscription has the very shape of a reply to a ping: only the id tells
/// them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Gemini;

impl Venue for Gemini {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "gemini",
        endpoints: &[
            Row::production("wss://ws.gemini.com").auth(Auth::Headers),
            Row::test("wss://ws.sandbox.gemini.com").auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Gemini {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [id, status] = message.pick(["id", "status"])?;
    if status?.as_u64()? != OK {
        return None;
    }
    // With any other id it is the application's.
    let probe = rpc::numbered(id?)?;
    Some(Signal::Answer { probe: Some(probe) })
}

impl Responder for Gemini {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"id":{},"method":"ping"}}"#, rpc::number_of(id)))
    }
}

impl Platform for Gemini {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // The request was seen answered, in 65 ms; of ping frames it is only presumed.
        defaults(&RULES).probing(PROBING)
    }
}
