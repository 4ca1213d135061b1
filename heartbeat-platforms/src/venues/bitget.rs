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

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{
    AtOnce, Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
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
    connections_at_once: &[AtOnce { count: 100, scope: Scope::Address }],
    connect_budget: Some(Budget::per_address(300, Duration::from_secs(300))),
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(10, Duration::from_secs(1)),
        // Documented of the text `ping`. Of ping frames nothing is said: the stricter reading.
        counts_control_frames: true,
    }),
    // The venue advises every 3 s to 5 s with 10 s on it.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(10), Duration::from_secs(3))
                .within(Duration::from_secs(5), Duration::from_secs(60)),
        ),
        via: Via::Rest,
        how: "`POST /api/v3/trade/countdown-cancel-all` with `countdown`, once a second at most",
        covers: Covers::Account,
        spares: &["classic accounts"],
        requires: &["a unified account", "an application with the venue"],
        surprises: &["off once it has fired"],
        ..SafeguardRule::NEW
    }]),
    assumed: &["that ping frames count as messages"],
    sources: "copies of the Bitget API guide, WebSocket; measurements",
    read: "2026-11-25",
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
        endpoints: &[
            Row::production("wss://ws.bitget.com/v2/ws/public"),
            Row::real("private", "wss://ws.bitget.com/v2/ws/private").auth(Auth::Message),
            Row::real("unified", "wss://ws.bitget.com/v3/ws/public"),
            Row::real("unified-private", "wss://ws.bitget.com/v3/ws/private").auth(Auth::Message),
            Row::demo("demo", "wss://wspap.bitget.com/v2/ws/public"),
            Row::demo("demo-private", "wss://wspap.bitget.com/v2/ws/private").auth(Auth::Message),
            Row::demo("demo-unified", "wss://wspap.bitget.com/v3/ws/public"),
            Row::demo("demo-unified-private", "wss://wspap.bitget.com/v3/ws/private")
                .auth(Auth::Message),
        ],
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
