//! cTrader's Open API: both sides send the message with number 51, in protobuf or in JSON.
//!
//! The client of the venue's own SDK answers each with one. That is not done here: were the venue
//! to do the same, two that answer each other would never end. What the venue wants is to hear us,
//! and that it does by a keepalive; its own is a sign of life.
//!
//! Sources: `spotware/openapi-proto-messages` 40b9b1d; `spotware/OpenApiPy` e944996; read
//! 2026-11-25. Periods, ports and that all of it goes by WebSocket as well are hearsay.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, venue};
use super::{Profile, Row, defaults};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{Auth, BrokenBy, CloseRule, Confidence, Facts, Rules, SilenceRule};

/// `HEARTBEAT_EVENT` of the type of a payload.
const HEARTBEAT: u64 = 51;

/// A message of that type and nothing else: field 1, a number, 51.
const MESSAGE: [u8; 2] = [0x08, 0x33];

/// The longest heartbeat in bytes: one may have an id of the client's beside its type.
const LONGEST: usize = 64;

static SIEVE: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("payloadType")]);

/// The Open API's dialect, both encodings.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenApi;

impl Dialect for OpenApi {
    const NAME: &'static str = "ctrader";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        defaults(rules)
            .keepalive_every(Duration::from_millis(7_500))
            .failure_threshold(2)
            .transport_limit(Duration::from_secs(14))
    }
}

impl Detector for OpenApi {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if let Frame::Binary(bytes) = frame
            && is_heartbeat(bytes)
        {
            return Signal::Beat { counter: None };
        }
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind] = message.pick(["payloadType"])?;
    (kind?.as_u64()? == HEARTBEAT).then_some(Signal::Beat { counter: None })
}

/// Reads a message of protobuf: field 1 is the type, a number; fields 2 and 3 are the payload,
/// which a heartbeat leaves empty, and the client's id.
fn is_heartbeat(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(&MESSAGE) else { return false };
    if bytes.len() > LONGEST {
        return false;
    }
    while let Some((key, after)) = rest.split_first() {
        let Some((len, after)) = after.split_first() else { return false };
        // What is longer than 127 is longer than all of it may be.
        let Some(after) = after.get(usize::from(*len)..) else { return false };
        match key {
            0x12 if *len == 0 => {}
            0x1a => {}
            _ => return false,
        }
        rest = after;
    }
    true
}

impl Responder for OpenApi {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // See above.
    }

    fn probe(&self, _id: ProbeId, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // What of all that may be sent is answered was not found.
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.binary(&MESSAGE)
    }
}

const RULES: Rules = Rules {
    beat_every: Some(Duration::from_secs(10)),
    silence: Some(SilenceRule {
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    assumed: &[
        "how often it beats, how long it bears silence, and that it speaks by WebSocket",
        "the URLs",
    ],
    sources: "spotware/openapi-proto-messages 40b9b1d; spotware/OpenApiPy e944996",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    Ctrader,
    OpenApi,
    Profile {
        name: "ctrader",
        endpoints: &[
            Row::production("wss://live.ctraderapi.com:5035").auth(Auth::Message),
            Row::demo("demo", "wss://demo.ctraderapi.com:5035").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);
