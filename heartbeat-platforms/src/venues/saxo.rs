//! Saxo Bank's streams: binary envelopes, several in one message, and heartbeats as one of them.
//!
//! An envelope is an id of 8 bytes, 2 that are reserved, a byte with the length of a reference id,
//! the reference id, a byte with the format of the payload, 4 bytes with its length, and the
//! payload, all numbers with the lowest byte first. What is the connection's own has a reference id
//! that begins with an underscore: `_heartbeat`, `_resetsubscriptions`, `_disconnect`.
//!
//! Sources: `SaxoBank/openapi-samples-js` 9c49118, read 2026-11-25. How often it beats was not
//! found, nor whether ping frames are answered. A token is extended by REST (`PUT
//! /streaming/ws/authorize`).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Heartbeat, NoticeKind, Outbox, OutboxError, ProbeId, Responder,
    Signal,
};

use super::dialect::{Dialect, venue};
use super::{Profile, Row, defaults};
use crate::{Auth, CloseRule, Confidence, Facts, Rules};

/// How many bytes come before the length of the reference id, and after it before the payload.
const BEFORE: usize = 8 + 2;
const AFTER: usize = 1 + 4;

/// Saxo's envelopes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelopes;

impl Dialect for Envelopes {
    const NAME: &'static str = "saxo";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        // Twice one period and a half.
        defaults(rules).failure_threshold(2).transport_limit(Duration::from_secs(30))
    }
}

/// What a message holds.
#[derive(Clone, Copy, Debug, Default)]
struct Holds {
    heartbeat: bool,
    end: bool,
    others: bool,
}

impl Detector for Envelopes {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Binary(bytes) = frame else { return Signal::of_control(frame) };
        match read(bytes) {
            // The whole message goes to the application, with whatever else is in it.
            Some(Holds { end: true, .. }) => {
                Signal::Notice { kind: NoticeKind::Shutdown, deadline: None }
            }
            Some(Holds { heartbeat: true, others: true, .. }) => {
                Signal::Mixed { heartbeat: Heartbeat::Beat }
            }
            Some(Holds { heartbeat: true, .. }) => Signal::Beat { counter: None },
            Some(_) | None => Signal::Data,
        }
    }
}

/// Reads all envelopes; `None` if they do not fill the message to its last byte. Takes as many
/// steps as there are envelopes, whatever they carry.
fn read(mut bytes: &[u8]) -> Option<Holds> {
    let mut holds = Holds::default();
    while !bytes.is_empty() {
        let (name, rest) = envelope(bytes)?;
        match name {
            b"_heartbeat" => holds.heartbeat = true,
            b"_disconnect" => holds.end = true,
            _ => holds.others = true,
        }
        bytes = rest;
    }
    Some(holds)
}

/// Takes one envelope off, and returns its reference id and what follows.
fn envelope(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.get(BEFORE..)?.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*len))?;
    let (head, rest) = rest.split_at_checked(AFTER)?;
    let len = u32::from_le_bytes(head.get(1..)?.try_into().ok()?);
    Some((name, rest.get(usize::try_from(len).ok()?..)?))
}

impl Responder for Envelopes {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // What of all that may be sent is answered was not found.
    }
}

const RULES: Rules = Rules {
    beat_every: Some(Duration::from_secs(20)),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    assumed: &["how often it beats", "the URLs"],
    sources: "SaxoBank/openapi-samples-js 9c49118",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    Saxo,
    Envelopes,
    Profile {
        name: "saxo",
        endpoints: &[
            Row::production("wss://live-streaming.saxobank.com/oapi/streaming/ws/connect")
                .auth(Auth::Headers),
            Row::demo("sim", "wss://sim-streaming.saxobank.com/sim/oapi/streaming/ws/connect")
                .auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    }
);
