//! Kraken spot, WebSocket API v2: beats on a quiet line, and pings in JSON with an id.
//!
//! Sources, read 2026-11-23: `docs.kraken.com`, pages "Ping" and "Heartbeat" of the WebSocket
//! v2 reference, and the guide "Reconnection and resilience".
//!
//! Not meant here: Kraken Prime (`wss.sandbox.prime.kraken.com`), another system whose rules were
//! not found; and the flag of a FIX logon that saves the orders of US perpetuals, of which no tag
//! was found.

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
.data(&[Opening::new(&[r#"{"channel":""#]).unless(&["heartbeat", "status"])]);

const RULES: Rules = Rules {
    // Only while nothing else is sent: their absence proves nothing by itself.
    beat_every: Some(Duration::from_secs(1)),
    begins: Begins::Subscription,
    silence: Some(SilenceRule {
        // Documented: "at least every 60 seconds" a ping; any valid request will do.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Of Cloudflare, about 150 in a rolling window (support FAQ 360022326871).
    connect_budget: Some(Budget::per_address(150, Duration::from_secs(600))),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(60), Duration::from_secs(15))
                .within(Duration::from_secs(1), Duration::from_secs(86399)),
        ),
        via: Via::WebSocket,
        how: "`cancel_all_orders_after` with `timeout` and the session's token, which is the \
              application's to send",
        covers: Covers::Account,
        surprises: &["off once it has fired"],
        off_before_maintenance: true,
        ..SafeguardRule::NEW
    }]),
    assumed: &["the shortest time on the dead-man switch"],
    sources: "docs.kraken.com, WebSocket v2; support FAQ",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Kraken's dialect on its spot WebSocket API v2.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct KrakenV2;

impl Venue for KrakenV2 {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "kraken-v2",
        endpoints: &[
            Row::production("wss://ws.kraken.com/v2"),
            Row::real("private", "wss://ws-auth.kraken.com/v2").auth(Auth::Message),
            Row::real("l3", "wss://ws-l3.kraken.com/v2").auth(Auth::Message),
            // Of one socket for all products: derivatives now, spot planned for the beginning of
            // 2027.
            Row::real("unified", "wss://uws.kraken.com/v2/public"),
            Row::real("unified-private", "wss://uws.kraken.com/v2/private").auth(Auth::Message),
            // Documented: beta uses the production trading engine. There is no test endpoint.
            Row::real("beta", "wss://beta-ws.kraken.com/v2"),
            Row::real("beta-private", "wss://beta-ws-auth.kraken.com/v2").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for KrakenV2 {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [method, channel, error] = message.pick(["method", "channel", "error"])?;
    match (method, channel) {
        (Some(method), None) if method.is("pong") => read_pong(message),
        (Some(_), None) if error.is_some_and(|error| error.is(EXPIRED)) => {
            Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None })
        }
        (None, Some(channel)) if channel.is("heartbeat") => Some(Signal::Beat { counter: None }),
        (None, Some(channel)) if channel.is("status") => read_status(message),
        _ => None,
    }
}

fn read_pong(message: Json<'_>) -> Option<Signal> {
    let [id, success] = message.pick(["req_id", "success"])?;
    if success.is_some_and(|success| success.as_bool() != Some(true)) {
        return None;
    }
    // The application may ping as well, with an id of its own or with none.
    Some(rpc::pong(id.and_then(rpc::numbered)))
}

fn read_status(message: Json<'_>) -> Option<Signal> {
    let [data] = message.pick(["data"])?;
    // `online` comes on every connect and ends no maintenance by itself.
    let [system] = data?.items()?.next()?.pick(["system"])?;
    system?
        .is("maintenance")
        .then_some(Signal::Notice { kind: NoticeKind::MaintenanceStarted, deadline: None })
}

impl Responder for KrakenV2 {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"method":"ping","req_id":{}}}"#, rpc::number_of(id)))
    }
}

impl Platform for KrakenV2 {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
