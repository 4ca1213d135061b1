//! Aevo: the client pings in JSON; the answer has no word of its own, only the id.
//!
//! Sources, read 2026-11-23: `api-docs.aevo.xyz/reference`, pages "Overview", "Ping" and "Cancel
//! on disconnect"; and Hummingbot's client, which pings every 30 s.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Auth, BrokenBy, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule,
    SilenceRule, Trigger, Via,
};

/// Market data does not hold it; the replies to other requests do.
static SIEVE: Sieve<1> = Sieve::new([Needle::new("success")]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented; any request of the client's refreshes it.
        limit: Duration::from_secs(15 * 60),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    // No close code was found.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // `answers_pings` stays unknown: the venue's own SDK turns them off.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::Rest,
        how: "`POST /account/cancel-on-disconnect`",
        covers: Covers::Connection,
        ..SafeguardRule::NEW
    }]),
    sources: "api-docs.aevo.xyz",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Aevo's dialect.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Aevo;

impl Venue for Aevo {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "aevo",
        endpoints: &[
            Row::production("wss://ws.aevo.xyz").auth(Auth::Optional),
            Row::test("wss://ws-testnet.aevo.xyz").auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Aevo {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Reads a success under an id of ours. Under any other it is the reply to whatever the
/// application asked for, and so its data.
fn read(message: Json<'_>) -> Option<Signal> {
    let [id, data, error] = message.pick(["id", "data", "error"])?;
    let probe = id.and_then(rpc::numbered)?;
    let [success] = data.filter(|_| error.is_none())?.pick(["success"])?;
    success?.as_bool()?.then_some(Signal::Answer { probe: Some(probe) })
}

impl Responder for Aevo {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"id":{},"op":"ping"}}"#, rpc::number_of(id)))
    }
}

impl Platform for Aevo {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
