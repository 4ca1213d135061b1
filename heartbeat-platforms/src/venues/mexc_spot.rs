//! MEXC spot v3: pings in JSON, whose answer has the shape of every other acknowledgement.
//!
//! Source: `github.com/mexcdevelop/apidocs`, branch `spot_v3_en`, "Websocket Market Streams",
//! read 2026-11-23. Market data are protobuf in binary messages; what is text is control.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{CONNECTORS, PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, BrokenBy, Budget, CloseRule, Confidence, Facts, MessageBudget, Rules, SilenceRule,
};

/// The message of the answer to a ping, and the word that every answer holds. Other
/// acknowledgements name a stream in its place.
const MESSAGE: &str = "PONG";

static SIEVE: Sieve<1> = Sieve::new([Needle::new(MESSAGE)]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: 30 s without a valid subscription; a minute where one brings no data. A
        // ping keeps either alive.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::AnyMessage,
        // Not documented.
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    max_age: Some(Duration::from_secs(24 * 3_600)),
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(100, Duration::from_secs(1)),
        // Not documented: the stricter reading.
        counts_control_frames: true,
    }),
    assumed: &["that ping frames count as messages"],
    sources: "github.com/mexcdevelop/apidocs, spot v3",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// MEXC's dialect on its spot v3 endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct MexcSpot;

impl Venue for MexcSpot {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "mexc-spot",
        endpoints: &[
            // The older documents print `ws://`. With a listen key in the query for what is
            // private.
            Row::production("wss://wbs-api.mexc.com/ws"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for MexcSpot {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [code, text] = message.pick(["code", "msg"])?;
    (code?.as_u64() == Some(0) && text?.is(MESSAGE)).then_some(Signal::Answer { probe: None })
}

impl Responder for MexcSpot {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames at most.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        // One connector sends it in lower case and gets the same answer; the documents do not.
        out.text(format_args!(r#"{{"method":"PING"}}"#))
    }
}

impl Platform for MexcSpot {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
