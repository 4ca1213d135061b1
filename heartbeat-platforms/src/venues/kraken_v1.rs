//! Kraken spot, WebSocket API v1: beats on a quiet line, and pings in JSON with an id.
//!
//! Sources, read 2026-11-23: `docs.kraken.com`, pages "Ping", "Heartbeat", "System status" and
//! "Cancel all orders after" of the WebSocket v1 reference; Kraken's support pages, as two third
//! parties quote them.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Auth, Begins, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules,
    SafeguardRule, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// What a request is refused with whose token is over. Tokens last while a private subscription
/// does, and are now and then over all the same; the venue's support then asks to fetch another
/// (knowm/XChange#3697, 2020-09, which quotes it).
const EXPIRED: &str = "ESession:Invalid session";

static SIEVE: Sieve<4> = Sieve::new([
    Needle::new("heartbeat"),
    Needle::new("pong"),
    Needle::new("maintenance"),
    Needle::new(EXPIRED),
])
.data(&[Opening::new(&["["])]);

const RULES: Rules = Rules {
    // Only while nothing else is sent: their absence proves nothing by itself.
    beat_every: Some(Duration::from_secs(1)),
    begins: Begins::Subscription,
    silence: Some(SilenceRule {
        // Of the support pages, and observed by one third party; the reference has no number.
        // Clients that never ping live on their subscriptions, so traffic either way counts.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Of Cloudflare, about 150 in a rolling window (support page 360022326871).
    connect_budget: Some(Budget::per_address(150, Duration::from_secs(600))),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(Timer::new(
            TimerUnit::Seconds,
            Duration::from_secs(60),
            Duration::from_secs(15),
        )),
        via: Via::WebSocket,
        how: "`cancelAllOrdersAfter` with `timeout` and the session's token, which is the \
              application's to send",
        covers: Covers::Account,
        surprises: &["off once it has fired"],
        off_before_maintenance: true,
        ..SafeguardRule::NEW
    }]),
    sources: "docs.kraken.com, WebSocket v1; support FAQ",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Kraken's dialect on its spot WebSocket API v1.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct KrakenV1;

impl Venue for KrakenV1 {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "kraken-v1",
        endpoints: &[
            Row::production("wss://ws.kraken.com"),
            Row::real("private", "wss://ws-auth.kraken.com").auth(Auth::Message),
            // Documented: beta uses the production trading engine. There is no test endpoint.
            Row::real("beta", "wss://beta-ws.kraken.com"),
            Row::real("beta-private", "wss://beta-ws-auth.kraken.com").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for KrakenV1 {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Market data are arrays; all else is an object with an event.
fn read(message: Json<'_>) -> Option<Signal> {
    let [event, id, status, error] = message.pick(["event", "reqid", "status", "errorMessage"])?;
    let event = event?;
    if event.is("heartbeat") {
        Some(Signal::Beat { counter: None })
    } else if event.is("pong") {
        Some(rpc::pong(id.and_then(rpc::numbered)))
    } else if error.is_some_and(|error| error.is(EXPIRED)) {
        Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None })
    } else {
        // `online` comes on every connect and ends no maintenance by itself.
        (event.is("systemStatus") && status?.is("maintenance"))
            .then_some(Signal::Notice { kind: NoticeKind::MaintenanceStarted, deadline: None })
    }
}

impl Responder for KrakenV1 {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"event":"ping","reqid":{}}}"#, rpc::number_of(id)))
    }
}

impl Platform for KrakenV1 {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
