//! WhiteBIT: the client pings in JSON-RPC, and must never send what is not JSON.
//!
//! Sources, read 2026-11-23: `docs.whitebit.com/websocket`, pages "Rate limits" and "Service";
//! `github.com/whitebit-exchange/api-docs`; and a third party's measurements on a live socket,
//! 2026-09-22 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::sieve::{Needle, Sieve};
use crate::{
    Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, Hazard, MessageBudget,
    OrderSafety, Rules, SafeguardRule, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

static SIEVE: Sieve<1> = Sieve::new([Needle::new("pong")]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented, and measured at 60.5 s on a connection that never sent. Disputed: one that
        // had subscribed, and then sent nothing, was measured still open at 75 s.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        // Disputed: measured, they kept a connection open for 75 s.
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // `answers_pings` stays unknown. Disputed: measured, ping frames were answered; the client
    // JKorf/WhiteBit.Net says not rightly.
    connect_budget: Some(Budget::per_address(1000, Duration::from_secs(60))),
    // Of the older documents; the newer ones say 12000 in ten seconds.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(200, Duration::from_secs(60)),
        // Not stated: the stricter reading.
        counts_control_frames: true,
    }),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(60), Duration::from_secs(20))
                .within(Duration::from_secs(5), Duration::from_secs(600)),
        ),
        via: Via::Rest,
        how: "`POST /api/v4/order/kill-switch` with `market` and `timeout`",
        covers: Covers::Symbol,
        ..SafeguardRule::NEW
    }]),
    // Measured: cut after 166 ms and 181 ms.
    hazards: &[Hazard::MalformedText],
    assumed: &["that ping frames count as messages"],
    sources: "docs.whitebit.com; whitebit-exchange/api-docs; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// WhiteBIT's dialect.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Whitebit;

impl Venue for Whitebit {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "whitebit",
        endpoints: &[
            // `wss://api.whitebit.com/ws` is deprecated, and refuses connections from 2027-03-01
            // on. The venue documents that it has no test network.
            Row::production("wss://wss.whitebit.com/ws").auth(Auth::Optional),
            // Of the documents' region switch, which they ship turned off.
            Row::real("eu", "wss://api.whitebit.eu/ws").auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Whitebit {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, rpc::read_result)
    }
}

impl Responder for Whitebit {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = rpc::number_of(id);
        out.text(format_args!(r#"{{"id":{id},"method":"ping","params":[]}}"#))
    }
}

impl Platform for Whitebit {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
