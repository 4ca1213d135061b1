//! HTX spot, the private endpoint v2: challenges in plain JSON, whose time is to be echoed.
//!
//! Sources: `github.com/huobiapi/docs`, branch `v1_en`, the venue's documents of 2021, read
//! 2026-11-23; the package ccxt, 4.5.90. Nobody has published measurements of this endpoint. The
//! market endpoints and the order push of the futures speak dialects of their own, compressed.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::echo::Echo;
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, Budget, ChallengeRule, CloseRule, Confidence, Facts, MessageBudget,
    Rules, Scope,
};

/// The time between challenges, as documented.
const EVERY: Duration = Duration::from_secs(20);

static SIEVE: Sieve<1> =
    Sieve::new([Needle::new("ping")]).data(&[Opening::new(&[r#"{"action":""#]).unless(&["ping"])]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        every: EVERY,
        // No deadline is documented, nor how many may be missed: until the next challenge, and
        // none.
        respond_within: EVERY,
        misses: 1,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: super::htx_market::WHY_PINGS },
    connections_at_once: &[AtOnce { count: 10, scope: Scope::Key }],
    // Of valid requests, pings and pongs excluded.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(50, Duration::from_secs(1)),
        counts_control_frames: false,
    }),
    order_safety: super::htx_market::SPOT_SAFETY,
    assumed: &["the time for the answer", "that none may be missed"],
    sources: "huobiapi/docs, v1_en",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// HTX's dialect on its private spot endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct HtxPrivate;

impl Venue for HtxPrivate {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "htx-private",
        endpoints: &[
            Row::production("wss://api.huobi.pro/ws/v2").auth(Auth::Message),
            Row::real("aws", "wss://api-aws.huobi.pro/ws/v2").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for HtxPrivate {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [action, data] = message.pick(["action", "data"])?;
    let [time] = data.filter(|_| action.is_some_and(|action| action.is("ping")))?.pick(["ts"])?;
    Some(Signal::Challenge { token: Echo::new().number(time?)?.into_token() })
}

impl Responder for HtxPrivate {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"action":"pong","data":{"ts":"#, token, "}}")
    }
}

impl Platform for HtxPrivate {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Should a proxy answer our ping frames while the session behind it is dead, its
        // challenges stay away.
        defaults(&RULES).probing(PROBING).session_limit(EVERY.saturating_mul(2))
    }
}
