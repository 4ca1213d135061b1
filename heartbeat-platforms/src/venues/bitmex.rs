//! BitMEX: the client sends the text `ping` and gets the text `pong`.
//!
//! Sources, read 2026-11-23: copies of the official documentation, "WebSocket API",
//! "Heartbeats" and "Dead Man's Switch", since the page itself was not at hand; and
//! `blog.bitmex.com`, "Updates to Rate Limits".

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Venue, defaults};
use crate::{Answered, Budget, Confidence, Facts, OrderSafety, Rules, Via};

/// The venue expects no ping; whether and when it drops a silent client is not documented.
const RULES: Rules = Rules::NONE;

const FACTS: Facts = Facts {
    // Documented: a ping frame or the text, as the client likes.
    answers_pings: Answered::Yes,
    // The blog; before that 40, and 20 in 2017. The venue's first message said 300 until
    // 2026-03, without a span; one connector (2026-07) says 3 in a second.
    connect_budget: Some(Budget { count: 60, per: Duration::from_secs(3_600) }),
    order_safety: OrderSafety::DeadMan {
        via: Via::WebSocket,
        how: "`cancelAllAfter` with milliseconds, not below 5000, after authentication",
        // Documented: 60000 every 15 s.
        refresh: Some(Duration::from_secs(15)),
        range: None,
    },
    sources: "copies of the BitMEX WebSocket API guide; connectors",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// BitMEX's dialect on its realtime endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bitmex;

impl Venue for Bitmex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bitmex",
        production_url: Some("wss://ws.bitmex.com/realtime"),
        test_url: Some("wss://ws.testnet.bitmex.com/realtime"),
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Bitmex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        // Four bytes among JSON; the venue's own older client took them for an error.
        if frame == Frame::Text("pong") {
            return Signal::Answer { probe: None };
        }
        Signal::of_control(frame)
    }
}

impl Responder for Bitmex {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        // Of the two forms the one that a proxy cannot answer.
        out.text(format_args!("ping"))
    }
}

impl Platform for Bitmex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Documented: a ping after 5 s of silence, reconnect after 5 s without its pong. Probes
        // that do not wait for silence also keep ahead of whatever patience the venue has.
        defaults(&RULES).probing(PROBING)
    }
}
