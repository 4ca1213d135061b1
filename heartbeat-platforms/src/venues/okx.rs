//! OKX v5, the JSON endpoints: the client sends the text `ping` and gets the text `pong`.
//!
//! Sources: copies of the official documentation, "WebSocket / Connect" and "Notification",
//! read 2026-11-23; its table of close codes as of 2026-07-20. The SBE endpoint, where the
//! venue pings, is another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform, ProbeId, Refusal,
    RefusalCode, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, OrderSafety,
    Rules, SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// The code of the notice that the connection is about to be closed for an upgrade.
const UPGRADE: &str = "64008";

/// How long the venue gives us then. Documented: 60 s in English, 30 s in Chinese and in older
/// copies.
const UPGRADE_IN: Duration = Duration::from_secs(30);

static SIEVE: Sieve<1> = Sieve::new([Needle::new(UPGRADE)])
    .data(&[Opening::new(&[r#"{"event":""#]).unless(&["notice"])]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Nothing subscribed, or nothing pushed: the venue's keepalive on a still book comes
        // after 60 s, too late.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Code { code: 4004, reason: "No data received in 30s" },
    ..Rules::NONE
};

pub(super) const FACTS: Facts = Facts {
    // A comment in ccxt 4.5.90: ping frames are not supported, the text is. The client
    // JKorf/OKX.Net relies on them all the same; the stricter reading stays.
    answers_pings: Answered::No,
    connect_budget: Some(Budget::per_address(3, Duration::from_secs(1))),
    // For each private channel.
    connections_at_once: &[AtOnce { count: 30, scope: Scope::Channel }],
    // 480 subscriptions and logins an hour; a text ping is neither.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(10), Duration::from_secs(1))
                .within(Duration::from_secs(10), Duration::from_secs(120)),
        ),
        via: Via::Rest,
        how: "`POST /api/v5/trade/cancel-all-after` with `timeOut`; 0 stops it",
        covers: Covers::Account,
        ..SafeguardRule::NEW
    }]),
    heartbeat_failure_codes: &[4004],
    // A copy of the API guide of 2026-07-20: `Login Failed`, and `API key updated or deleted`, at
    // which it says to reconnect.
    refusals: &[
        (RefusalCode::Close(4001), Refusal::Credentials),
        (RefusalCode::Close(4007), Refusal::SessionExpired),
    ],
    sources: "copies of the OKX API guide, WebSocket; ccxt 4.5.90 for the hosts",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// OKX's dialect on its JSON endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Okx;

impl Venue for Okx {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "okx",
        endpoints: &[
            // Port 8443 was switched off on 2026-10-31 (a third party's notice of 2026-11).
            Row::production("wss://ws.okx.com/ws/v5/public"),
            Row::real("private", "wss://ws.okx.com/ws/v5/private").auth(Auth::Message),
            Row::real("business", "wss://ws.okx.com/ws/v5/business").auth(Auth::Optional),
            Row::demo("demo", "wss://wspap.okx.com/ws/v5/public"),
            Row::demo("demo-private", "wss://wspap.okx.com/ws/v5/private").auth(Auth::Message),
            Row::demo("demo-business", "wss://wspap.okx.com/ws/v5/business").auth(Auth::Optional),
            Row::real("us", "wss://wsus.okx.com/ws/v5/public"),
            Row::real("us-private", "wss://wsus.okx.com/ws/v5/private").auth(Auth::Message),
            Row::real("us-business", "wss://wsus.okx.com/ws/v5/business").auth(Auth::Optional),
            Row::demo("us-demo", "wss://wsuspap.okx.com/ws/v5/public"),
            Row::demo("us-demo-private", "wss://wsuspap.okx.com/ws/v5/private").auth(Auth::Message),
            Row::real("eea", "wss://wseea.okx.com/ws/v5/public"),
            Row::real("eea-private", "wss://wseea.okx.com/ws/v5/private").auth(Auth::Message),
            Row::real("eea-business", "wss://wseea.okx.com/ws/v5/business").auth(Auth::Optional),
            Row::demo("eea-demo", "wss://wseeapap.okx.com/ws/v5/public"),
            Row::demo("eea-demo-private", "wss://wseeapap.okx.com/ws/v5/private")
                .auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Okx {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if frame == Frame::Text("pong") {
            return Signal::Answer { probe: None };
        }
        read_notice(frame)
    }
}

/// Reads the notice of an upgrade, for the SBE endpoint as well, which sends the same.
pub(super) fn read_notice(frame: Frame<'_>) -> Signal {
    SIEVE.classify(frame, read)
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [event, code] = message.pick(["event", "code"])?;
    (event?.is("notice") && code?.is(UPGRADE))
        .then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: Some(UPGRADE_IN) })
}

impl Responder for Okx {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("ping"))
    }
}

impl Platform for Okx {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
