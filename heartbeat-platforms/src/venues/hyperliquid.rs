//! Hyperliquid: pings in JSON, without an id; the venue drops whom it has nothing to tell.
//!
//! Sources, read 2026-11-23: `hyperliquid.gitbook.io`, "Timeouts and heartbeats" and "Rate
//! limits and user limits"; and a third party's measurements on a live socket, 2026-09
//! ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    BrokenBy, Budget, CloseRule, Confidence, Facts, MessageBudget, OrderSafety, Rules, SilenceRule,
    Via,
};

/// The channel of the answer to a ping, and the word that every answer holds.
const CHANNEL: &str = "pong";

static SIEVE: Sieve<1> = Sieve::new([Needle::new(CHANNEL)])
    .data(&[Opening::new(&[r#"{"channel":""#]).unless(&[CHANNEL])]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: the venue closes a connection to which it has sent nothing for 60 s.
        // Measured: 60.2 s; pings alone survive, through their answers, and so does a
        // subscriber who never sends.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ServerMessage,
        // Whether a pong frame is something sent is not known.
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    connect_budget: Some(Budget { count: 30, per: Duration::from_secs(60) }),
    message_budget: Some(MessageBudget {
        // Of an address, over all its connections, of which there may be ten.
        budget: Budget { count: 2_000, per: Duration::from_secs(60) },
        // Not documented: the stricter reading.
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::DeadMan {
        via: Via::WebSocket,
        how: "signed action `scheduleCancel` with `time` in ms, 5 s ahead or more, may fire \
              ten times a day",
        refresh: None,
        range: None,
    },
    assumed: &["that ping frames count as messages"],
    sources: "hyperliquid.gitbook.io, WebSocket; measurements",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Hyperliquid's dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Hyperliquid;

impl Venue for Hyperliquid {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "hyperliquid",
        production_url: Some("wss://api.hyperliquid.xyz/ws"),
        test_url: Some("wss://api.hyperliquid-testnet.xyz/ws"),
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Hyperliquid {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [channel] = message.pick(["channel"])?;
    channel?.is(CHANNEL).then_some(Signal::Answer { probe: None })
}

impl Responder for Hyperliquid {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"method":"ping"}}"#))
    }
}

impl Platform for Hyperliquid {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Twelve messages a minute: a 16th of the budget with all ten connections open.
        defaults(&RULES).probing(PROBING)
    }
}
