//! Bitvavo: ping frames that no document mentions, and a dead-man switch for orders.
//!
//! Sources, read 2026-11-23: `docs.bitvavo.com`, "Cancel on disconnect", "Cancel orders after"
//! and "Rate limits"; a third party's measurements on a live socket, 2026-09, twice ("measured"
//! below).

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Venue, defaults};
use crate::{
    Answered, Budget, ChallengeRule, CloseRule, Confidence, Facts, MessageBudget, OrderSafety,
    Rules, Via,
};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Measured, with the payload `ping`.
        every: Duration::from_secs(50),
        // Not known, nor what becomes of who does not answer: taken to be over when the next
        // ping is due.
        respond_within: Duration::from_secs(50),
        misses: 1,
    }),
    // Not known.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes, // Measured.
    // Of a session. Requests have weights besides, 1000 a minute. Whether control frames count
    // is not said: taken to.
    message_budget: Some(MessageBudget {
        budget: Budget { count: 5000, per: Duration::from_secs(1) },
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::DeadMan {
        via: Via::WebSocket,
        // A timer, not tied to the connection. Market orders have none.
        how: "`privateCancelOrdersAfter` with `codGroupId` and `expiryAfterSeconds`, for the \
              orders placed with that `codGroupId`, so it is the application's to wind up",
        refresh: None,
        range: Some((Duration::from_secs(10), Duration::from_secs(300))),
    },
    assumed: &["the time for the pong", "that ping and pong frames count as messages"],
    sources: "docs.bitvavo.com; pings measured",
    read: "2026-11-23",
    // Of the pings, one observer; of the orders, the documents.
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Bitvavo's dialect.
///
/// When the matching engine restarts the connection stays: the `nonce` of a book then falls,
/// which is for the application to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bitvavo;

impl Venue for Bitvavo {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bitvavo",
        production_url: Some("wss://ws.bitvavo.com/v2"),
        test_url: None,
        rules: RULES,
        facts: FACTS,
    };
}

speaks_by_control_frames!(Bitvavo);

impl Platform for Bitvavo {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
