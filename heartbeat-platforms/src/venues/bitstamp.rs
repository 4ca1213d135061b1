//! Bitstamp v2: pings in JSON, whose answer bears the name of the question.
//!
//! Sources, read 2026-11-23: quotations of `www.bitstamp.net/websocket/v2`, since the page itself
//! was not to be had; captures of the answer by four third parties; and a third party's
//! measurements on a live socket, 2026-09 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, ProbeId,
    Refusal, RefusalCode, Responder, Signal,
};

use super::{CONNECTORS, PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, Auth, ChallengeRule, Confidence, Facts, Hazard, Rules};

/// The event of a probe, and of its answer.
const HEARTBEAT: &str = "bts:heartbeat";

/// The event by which the venue asks to be left, "within a few seconds".
const RECONNECT: &str = "bts:request_reconnect";

// Both events have it, and no data has.
static SIEVE: Sieve<1> = Sieve::new([Needle::new("bts:")])
    .data(&[Opening::new(&[r#"{"event":""#]).unless(&[HEARTBEAT, RECONNECT])]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Measured: 54.0 s on every socket. Not documented.
        every: Duration::from_secs(54),
        // Neither documented nor measured. A server that pings every 54 s has nine tenths of a
        // minute in mind, as a widespread sample has, and that hangs up a minute after the last
        // pong: the strictest that it can be.
        respond_within: Duration::from_secs(6),
        misses: 1,
    }),
    // Silence is no offence: a socket without a subscription stayed open for 201 s (measured).
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    max_age: Some(Duration::from_secs(90 * 86_400)),
    // Measured: 1009, "read limited at 513 bytes", at a frame of 700.
    hazards: &[Hazard::FrameLongerThan(511)],
    // A third party's reading: 4009 for a token that was not used within its 60 s.
    refusals: &[(RefusalCode::Close(4009), Refusal::SessionExpired)],
    assumed: &["the time for the pong"],
    sources: "quotations of bitstamp.net/websocket/v2; captures; measured",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Bitstamp's dialect on its WebSocket API v2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bitstamp;

impl Venue for Bitstamp {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bitstamp",
        endpoints: &[Row::production("wss://ws.bitstamp.net").auth(Auth::Optional)],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Bitstamp {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [event, data] = message.pick(["event", "data"])?;
    let event = event?;
    if event.is(RECONNECT) {
        // Its data is an empty string or an empty object, and says nothing of either kind.
        return Some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None });
    }
    // Only the status tells the answer from the question.
    let [status] = data.filter(|_| event.is(HEARTBEAT))?.pick(["status"])?;
    status?.is("success").then_some(Signal::Answer { probe: None })
}

impl Responder for Bitstamp {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges by ping frames alone.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"event":"{HEARTBEAT}"}}"#))
    }
}

impl Platform for Bitstamp {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // A quiet book was silent for 49 s (measured), so silence proves nothing. Others probe
        // every 8 s to 30 s. A response counts as overdue while there is still time to send it.
        defaults(&RULES).respond_within(Duration::from_secs(3)).probing(PROBING)
    }
}
