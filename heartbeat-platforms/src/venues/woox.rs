//! WOO X v3: the venue hangs up on a client that is silent, and answers ping frames.
//!
//! Sources: `developer.woox.io/api-reference/websocket_introduction`, read 2026-09-22; and a
//! third party's measurements on live sockets, 2026-09-23 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal, Token,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, Ban, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts,
    OrderSafety, Rules, SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

// The key that pings and pongs have in common.
static SIEVE: Sieve<1> =
    Sieve::new([Needle::new("cmd")])
        .data(&[Opening::new(&[r#"{"id":""#, r#"","cmd":""#]).unless(&["PING", "PONG"])]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Measured: 60.2 s, whatever was subscribed to. Documented: no ping is needed.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        // Measured: one in 10 s kept a connection that sent nothing else.
        counts_pings: true,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Measured, twice.
    answers_pings: Answered::Yes,
    max_age: Some(Duration::from_secs(24 * 3600)),
    connections_at_once: &[AtOnce { count: 100, scope: Scope::Address }],
    retry_ban: Some(Ban { scope: Scope::Address, lasts: None }),
    connect_budget: Some(Budget::per_address(100, Duration::from_secs(300))),
    // The shortest time is not documented.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Millis, Duration::from_secs(60), Duration::from_secs(20))
                .at_most(Duration::from_secs(900)),
        ),
        via: Via::Rest,
        how: "`POST /v3/trade/cancelAllAfter` with `triggerAfter`",
        covers: Covers::Account,
        requires: &["a VIP account"],
        ..SafeguardRule::NEW
    }]),
    sources: "developer.woox.io; measured",
    read: "2026-09-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// WOO X's dialect on its endpoints of version 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Woox;

impl Venue for Woox {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "woox",
        endpoints: &[
            Row::production("wss://wss.woox.io/v3/public"),
            Row::real("private", "wss://wss.woox.io/v3/private").auth(Auth::Url),
            Row::test("wss://wss.staging.woox.io/v3/public"),
            Row::demo("test-private", "wss://wss.staging.woox.io/v3/private").auth(Auth::Url),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Woox {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [command, success] = message.pick(["cmd", "success"])?;
    let command = command?;
    match success {
        // Two public clients answer it; whoever measured has never seen it.
        None if command.is("PING") => Some(Signal::Challenge { token: Token::default() }),
        // The reply to a ping of the application's.
        Some(success) if command.is("PONG") && success.as_bool() == Some(true) => {
            Some(Signal::Unsolicited)
        }
        _ => None,
    }
}

impl Responder for Woox {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"cmd":"PONG"}}"#))
    }
}

impl Platform for Woox {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // The venue's own ping is a message with the time in it, and its answer names no ping. A
        // ping frame needs no clock, its pong names it, and it counts just as well.
        defaults(&RULES).probing(PROBING)
    }
}
