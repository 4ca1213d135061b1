//! Upbit: the client pings, by control frames, and every message of the venue's is binary JSON.
//!
//! Sources, read 2026-11-23: `docs.upbit.com` and `global-docs.upbit.com`, "Connection"; a third
//! party's measurements on a live socket, 2026-09 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Ban, BrokenBy, Budget, CloseRule, Confidence, Facts, Hazard, MessageBudget,
    Rules, Scope, SilenceRule,
};

/// The longest message that may be a beat, in bytes; the beat itself has 15.
const LONGEST: usize = 512;

static SIEVE: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new(r#""UP""#)])
    .data(&[Opening::new(&[r#"{"type":""#])]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Measured: 60.5 s to 60.7 s. Documented: 120 s.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: true,
    }),
    // Measured.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes, // Documented.
    // 418 says that the address is blocked, and for how long; since 2026-06-25 the connects of each
    // kind of endpoint count for themselves.
    retry_ban: Some(Ban { scope: Scope::Address, lasts: None }),
    connect_budget_with_origin: Some(Budget::per_address(1, Duration::from_secs(10))),
    connect_budget: Some(Budget::per_address(5, Duration::from_secs(1))),
    // And five in a second. Whether control frames count is not said: taken to.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(100, Duration::from_secs(60)),
        counts_control_frames: true,
    }),
    hazards: &[Hazard::MalformedText],
    assumed: &["that ping frames count as messages"],
    sources: "docs.upbit.com; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Upbit's dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Upbit;

impl Venue for Upbit {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "upbit",
        endpoints: &[
            Row::production("wss://api.upbit.com/websocket/v1"),
            Row::real("private", "wss://api.upbit.com/websocket/v1/private").auth(Auth::Headers),
            Row::real("sg", "wss://sg-api.upbit.com/websocket/v1"),
            Row::real("sg-private", "wss://sg-api.upbit.com/websocket/v1/private")
                .auth(Auth::Headers),
            Row::real("id", "wss://id-api.upbit.com/websocket/v1"),
            Row::real("id-private", "wss://id-api.upbit.com/websocket/v1/private")
                .auth(Auth::Headers),
            Row::real("th", "wss://th-api.upbit.com/websocket/v1"),
            Row::real("th-private", "wss://th-api.upbit.com/websocket/v1/private")
                .auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Upbit {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        classify(frame)
    }
}

/// Gives a frame its meaning, for Bithumb as well, which speaks the same dialect.
pub(super) fn classify(frame: Frame<'_>) -> Signal {
    if let Frame::Binary(bytes) = frame
        && bytes.len() <= LONGEST
        && let Ok(text) = str::from_utf8(bytes)
    {
        SIEVE.classify(Frame::Text(text), read)
    } else {
        SIEVE.classify(frame, read)
    }
}

/// The text `PING` is not answered once: from then on `UP` comes every ten seconds for as long
/// as the connection lives. That makes it a beat, for an application that wants it, and no probe.
fn read(message: Json<'_>) -> Option<Signal> {
    let [status, kind] = message.pick(["status", "type"])?;
    (status?.is("UP") && kind.is_none()).then_some(Signal::Beat { counter: None })
}

impl Responder for Upbit {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }
}

impl Platform for Upbit {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Twelve pings a minute are an eighth of the message budget.
        defaults(&RULES).probing(PROBING)
    }
}
