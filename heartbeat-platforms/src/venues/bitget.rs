//! Bitget v2 and v3: the client sends the text `ping` and gets the text `pong`.
//!
//! Sources, read 2026-11-23: copies of the official documentation, "Websocket Intro"
//! (`bitget.media/api-doc/common/websocket-intro` and an older one of `www.bitget.com`); and a
//! third party's measurements on a live socket, 2026-09 ("measured" below). The classic (v2)
//! and the unified (v3) endpoints share the dialect.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Venue, defaults};
use crate::{
    BrokenBy, Budget, CloseRule, Confidence, Facts, MessageBudget, OrderSafety, Rules, SilenceRule,
    Via,
};

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // The older copy: 30 s without a ping, a subscription or data. The newer: two minutes
        // without the text `ping`. Measured: 127 s and 142 s, while the book was flowing.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        // Not documented; none of the connectors that were read relies on it.
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    max_age: Some(Duration::from_secs(24 * 3_600)),
    // Of an address, which may hold a hundred at once.
    connect_budget: Some(Budget { count: 300, per: Duration::from_secs(300) }),
    message_budget: Some(MessageBudget {
        budget: Budget { count: 10, per: Duration::from_secs(1) },
        // Documented of the text `ping`. Of ping frames nothing is said: the stricter reading.
        counts_control_frames: true,
    }),
    // Of the unified account; of the classic one nothing was found.
    order_safety: OrderSafety::DeadMan {
        via: Via::Rest,
        how: "`POST /api/v3/trade/countdown-cancel-all` with `countdown` in seconds",
        refresh: None,
        range: Some((Duration::from_secs(5), Duration::from_secs(60))),
    },
    assumed: &["that ping frames count as messages"],
    sources: "copies of the Bitget API guide, WebSocket; measurements",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Bitget's dialect on its v2 and v3 endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bitget;

impl Venue for Bitget {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bitget",
        production_url: Some("wss://ws.bitget.com/v2/ws/public"),
        test_url: Some("wss://wspap.bitget.com/v2/ws/public"),
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Bitget {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if frame == Frame::Text("pong") {
            return Signal::Answer { probe: None };
        }
        Signal::of_control(frame)
    }
}

impl Responder for Bitget {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("ping"))
    }
}

impl Platform for Bitget {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Documented: a ping every 30 s. That would let a dead line pass for alive for as long,
        // and a still book proves nothing.
        defaults(&RULES).probing(PROBING)
    }
}
