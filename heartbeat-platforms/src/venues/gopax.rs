//! GOPAX, by Primus: a challenge is a JSON string with the time in it, and the response the same
//! with one letter changed.
//!
//! Sources: three public connectors, which agree on the bytes; a copy of the venue's documents
//! without the part on heartbeats; notes of a period of 30 s; read 2026-11-25. How long the venue
//! waits was not found.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Responder, Signal, Token,
};

use super::dialect::{Dialect, by_ping_frames, venue};
use super::{Profile, Row};
use crate::{Auth, ChallengeRule, CloseRule, Confidence, Facts, Rules};

const PING: &str = "\"primus::ping::";
const PONG: &str = "\"primus::pong::";

/// Primus. Elsewhere it comes without quotes, which this venue never does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Primus;

impl Dialect for Primus {
    const NAME: &'static str = "gopax";

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts)
    }
}

impl Detector for Primus {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if let Frame::Text(text) = frame
            && let Some(time) = text.strip_prefix(PING).and_then(|rest| rest.strip_suffix('"'))
            && (1..=20).contains(&time.len())
            && time.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Signal::Challenge { token: Token::new(time.as_bytes()) };
        }
        Signal::of_control(frame)
    }
}

impl Responder for Primus {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(PONG, token, "\"")
    }
}

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        every: Duration::from_secs(30),
        respond_within: Duration::from_secs(30),
        misses: 1,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    assumed: &["how long the venue waits for a response, and how it ends a connection"],
    sources: "three public connectors",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    Gopax,
    Primus,
    Profile {
        name: "gopax",
        endpoints: &[Row::production("wss://wsapi.gopax.co.kr").auth(Auth::Optional)],
        rules: RULES,
        facts: FACTS,
    }
);
