//! Kraken Futures (Derivatives): the client pings, by control frames; a feed beats on request.
//!
//! Sources, read 2026-11-23: `docs.kraken.com`, Derivatives WebSocket, "Connection management";
//! `support.kraken.com`, article 360022635632; the sample that both name, which pings by control
//! frames every 30 s. This API, REST included, is to end on 2027-03-01 (`docs.kraken.com`, read
//! 2026-11-25): feed and dead-man switch go together.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

static SIEVE: Sieve<2> = Sieve::new([Needle::new("heartbeat"), Needle::new("pong")]).data(&[
    Opening::new(&[r#"{"feed":""#]).unless(&["heartbeat"]),
    Opening::new(&[r#"{"time":"#, r#","product_id":""#]),
]);

const RULES: Rules = Rules {
    // The feed `heartbeat` beats in a period that is not documented, for who subscribes to it;
    // it does not replace the pings, so we do not.
    silence: Some(SilenceRule {
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: true,
    }),
    // Not documented.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the venue's own sample lives by ping frames; the documents say only `ping request`",
    },
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(100, Duration::from_secs(1)),
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(Timer::new(
            TimerUnit::Seconds,
            Duration::from_secs(60),
            Duration::from_secs(15),
        )),
        via: Via::Rest,
        how: "`POST /derivatives/api/v3/cancelallordersafter` with `timeout`, until the API ends \
              on 2027-03-01",
        covers: Covers::Account,
        surprises: &["off once it has fired"],
        off_before_maintenance: true,
        ..SafeguardRule::NEW
    }]),
    assumed: &["that ping frames count as messages"],
    sources: "docs.kraken.com, Derivatives WebSocket; its sample",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Kraken's dialect on its futures WebSocket API v1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct KrakenFutures;

impl Venue for KrakenFutures {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "kraken-futures",
        endpoints: &[
            // The demo was closed on 2026-07-14 and has no successor (kraken-api 1.1.7,
            // 2026-10-16). This API ends on 2027-03-01 (documented): its successor is
            // `kraken-v2/unified`.
            Row::production("wss://futures.kraken.com/ws/v1").auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for KrakenFutures {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    match message.pick(["event", "feed", "product_id"])? {
        // A beat belongs to no product.
        [None, Some(feed), None] if feed.is("heartbeat") => Some(Signal::Beat { counter: None }),
        // The reply to `{"event":"ping"}`, which two clients of others send. We do not, since
        // no document knows it.
        [Some(event), None, None] if event.is("pong") => Some(Signal::Unsolicited),
        _ => None,
    }
}

impl Responder for KrakenFutures {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }
}

impl Platform for KrakenFutures {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
