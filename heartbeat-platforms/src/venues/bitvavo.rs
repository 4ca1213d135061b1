//! Bitvavo: ping frames that no document mentions, and a dead-man switch for orders.
//!
//! Sources, read 2026-11-23: `docs.bitvavo.com`, "Cancel on disconnect", "Cancel orders after"
//! and "Rate limits"; a third party's measurements on a live socket, 2026-09, twice ("measured"
//! below).

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Layer, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{
    Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, Timer, TimerUnit, Trigger, Via,
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
        budget: Budget::per_connection(5000, Duration::from_secs(1)),
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::Guarded(&[
        SafeguardRule {
            trigger: Trigger::Timer(
                Timer::new(TimerUnit::Seconds, Duration::from_secs(60), Duration::from_secs(20))
                    .within(Duration::from_secs(10), Duration::from_secs(300)),
            ),
            via: Via::WebSocket,
            how: "`privateCancelOrdersAfter` with `codGroupId` and `expiryAfterSeconds`, which \
                  is the application's to send",
            covers: Covers::Group,
            spares: &["market orders", "orders without that `codGroupId`"],
            ..SafeguardRule::NEW
        },
        SafeguardRule {
            trigger: Trigger::Disconnect,
            via: Via::Fix,
            how: "`EnableCOD` (5001) of the logon",
            covers: Covers::Connection,
            ..SafeguardRule::NEW
        },
    ]),
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
        endpoints: &[
            Row::production("wss://ws.bitvavo.com/v2").auth(Auth::Optional),
            Row::real("mdpro", "wss://ws-mdpro.bitvavo.com/v2").auth(Auth::Message),
        ],
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
