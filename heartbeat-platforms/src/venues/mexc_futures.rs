//! MEXC futures: pings in JSON, without an id; an answer may come more than once.
//!
//! Sources, read 2026-11-23: `www.mexc.com/api-docs/futures/websocket-api`, "Command details
//! for data exchange"; `github.com/mexcdevelop/apidocs`, branch `contract_v1_en`; and a third
//! party's measurements on a live socket, 2026-09 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes};
use super::{CONNECTORS, PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, Auth, BrokenBy, CloseRule, Confidence, Facts, Rules, SilenceRule};

/// The channel of the answer to a ping, and the word that every answer holds.
const CHANNEL: &str = "pong";

static SIEVE: Sieve<1> = Sieve::new([Needle::new(CHANNEL)])
    .data(&[Opening::new(&[r#"{"channel":""#]).unless(&[CHANNEL])]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: a minute without a ping. Measured: 60.1 s to 60.5 s on a silent line,
        // 65.5 s to 68.3 s on a busy one, which does not replace the ping.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        // Not documented.
        counts_pings: false,
    }),
    // Measured; on a busy line a close frame without a code.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    sources: "www.mexc.com/api-docs, futures WebSocket; measurements",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// MEXC's dialect on its futures endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct MexcFutures;

impl Venue for MexcFutures {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "mexc-futures",
        endpoints: &[Row::production("wss://contract.mexc.com/edge").auth(Auth::Optional)],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for MexcFutures {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for MexcFutures {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    // The time in `data` decides nothing: on the wire its neighbours have changed before.
    let [channel] = message.pick(["channel"])?;
    channel?.is(CHANNEL).then_some(Signal::Answer { probe: None })
}

impl Responder for MexcFutures {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"method":"ping"}}"#))
    }
}

impl Platform for MexcFutures {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Recommended: a ping every 10 s to 20 s, at which a dead line would stay unseen for
        // longer than 15 s. No limit on messages was found that a ping every 5 s could meet.
        defaults(&RULES).probing(PROBING)
    }
}
