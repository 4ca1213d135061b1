//! Bybit v5: the client pings in JSON, and every endpoint answers in a shape of its own.
//!
//! Sources: the API documentation v5, page "Connect", read 2026-11-23;
//! `github.com/bybit-exchange/docs`, 2026-07-24, files
//! `docs/v5/websocket/wss-authentication.mdx` and `docs/v5/order/dcp.mdx`; captures of the trade
//! endpoint by two public clients, 2026-07. The endpoints in SBE are not spoken here,
//! and of the one for quotes (RFQ) no path was found.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal,
};

use super::dialect::{Dialect, by_probes};
use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, OrderSafety,
    Rules, SafeguardRule, Scope, SilenceRule, Trigger, Via,
};

/// The code by which the trade endpoint says that it restarts: open another connection; requests
/// under way are carried out. The reply to a batch of orders may be longer than any heartbeat; then
/// it is left to the application, as is every reply.
const RESTARTING: u64 = 10_019;

static PUBLIC: Sieve<1> = Sieve::new([Needle::new("pong")]);

static PRIVATE: Sieve<2> = Sieve::new([Needle::new("pong"), Needle::new("10019")]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented for the private and the trade endpoint: ten minutes without a ping and
        // without data, looked for every 30 s; the parameter `max_active_time` of the URL makes
        // it 30 s to 600 s. For the public endpoints nothing is stated but to ping every 20 s,
        // which the defaults do four times as often.
        limit: Duration::from_secs(600),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    // No close code was found.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // The client JKorf/Bybit.Net turns its keepalive off, since the venue answers no ping frame.
    answers_pings: Answered::No,
    // For each family of markets.
    connections_at_once: &[AtOnce { count: 1000, scope: Scope::Address }],
    // And per domain.
    connect_budget: Some(Budget::per_address(500, Duration::from_secs(300))),
    order_safety: OrderSafety::NoOrders,
    sources: "bybit-exchange/docs, v5",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Bybit's dialect on its public endpoints.
///
/// The request ids `hb-0` to `hb-4294967295` are its own; an application must not use them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BybitPublic;

impl Venue for BybitPublic {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bybit-public",
        endpoints: &[
            Row::production("wss://stream.bybit.com/v5/public/linear"),
            Row::real("spot", "wss://stream.bybit.com/v5/public/spot"),
            Row::real("inverse", "wss://stream.bybit.com/v5/public/inverse"),
            Row::real("option", "wss://stream.bybit.com/v5/public/option"),
            Row::real("spread", "wss://stream.bybit.com/v5/public/spread"),
            Row::real("status", "wss://stream.bybit.com/v5/public/misc/status"),
            Row::test("wss://stream-testnet.bybit.com/v5/public/linear"),
            Row::demo("test-spot", "wss://stream-testnet.bybit.com/v5/public/spot"),
            Row::demo("test-inverse", "wss://stream-testnet.bybit.com/v5/public/inverse"),
            Row::demo("test-option", "wss://stream-testnet.bybit.com/v5/public/option"),
            Row::demo("test-spread", "wss://stream-testnet.bybit.com/v5/public/spread"),
            Row::demo("test-status", "wss://stream-testnet.bybit.com/v5/public/misc/status"),
            // By where the account is registered. The EU, NL, AE and bytick sites use the global
            // stream (bybit-api 4.7.6, 2026-09-04).
            Row::real("tr", "wss://stream.bybit.tr/v5/public/linear"),
            Row::real("tr-spot", "wss://stream.bybit.tr/v5/public/spot"),
            Row::real("kz", "wss://stream.bybit.kz/v5/public/linear"),
            Row::real("kz-spot", "wss://stream.bybit.kz/v5/public/spot"),
            Row::real("id", "wss://stream.bybit.id/v5/public/linear"),
            Row::real("id-spot", "wss://stream.bybit.id/v5/public/spot"),
            Row::real("ge", "wss://stream.bybitgeorgia.ge/v5/public/linear"),
            Row::real("ge-spot", "wss://stream.bybitgeorgia.ge/v5/public/spot"),
            Row::real("jp", "wss://stream.manepa.jp/v5/public/linear"),
            Row::real("jp-spot", "wss://stream.manepa.jp/v5/public/spot"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

/// Bybit's dialect on its private and its trade endpoint.
///
/// The request ids `hb-0` to `hb-4294967295` are its own; an application must not use them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BybitPrivate;

impl Venue for BybitPrivate {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bybit-private",
        endpoints: &[
            Row::production("wss://stream.bybit.com/v5/private").auth(Auth::Message),
            Row::real("trade", "wss://stream.bybit.com/v5/trade").auth(Auth::Message),
            Row::test("wss://stream-testnet.bybit.com/v5/private").auth(Auth::Message),
            Row::demo("test-trade", "wss://stream-testnet.bybit.com/v5/trade").auth(Auth::Message),
            Row::demo("demo", "wss://stream-demo.bybit.com/v5/private").auth(Auth::Message),
            Row::real("tr", "wss://stream.bybit.tr/v5/private").auth(Auth::Message),
            Row::real("tr-trade", "wss://stream.bybit.tr/v5/trade").auth(Auth::Message),
            Row::real("kz", "wss://stream.bybit.kz/v5/private").auth(Auth::Message),
            Row::real("kz-trade", "wss://stream.bybit.kz/v5/trade").auth(Auth::Message),
            Row::real("id", "wss://stream.bybit.id/v5/private").auth(Auth::Message),
            Row::real("id-trade", "wss://stream.bybit.id/v5/trade").auth(Auth::Message),
            Row::real("ge", "wss://stream.bybitgeorgia.ge/v5/private").auth(Auth::Message),
            Row::real("ge-trade", "wss://stream.bybitgeorgia.ge/v5/trade").auth(Auth::Message),
            Row::real("jp", "wss://stream.manepa.jp/v5/private").auth(Auth::Message),
            Row::real("jp-trade", "wss://stream.manepa.jp/v5/trade").auth(Auth::Message),
        ],
        rules: RULES,
        facts: Facts {
            // When every connection with that subscription has been dead for the time window;
            // a ping, and not the reconnect alone, stops the clock.
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                trigger: Trigger::Absence {
                    range: (Duration::from_secs(3), Duration::from_secs(300)),
                },
                via: Via::Rest,
                how: "`POST /v5/order/disconnected-cancel-all` with `timeWindow` in seconds and \
                      `product`, and a subscription to `dcp.future`, `dcp.spot` or `dcp.option`",
                covers: Covers::Product,
                spares: &["products that `product` does not name: left out, it is `OPTIONS`"],
                requires: &["an institutional account"],
                surprises: &["a reconnect alone does not stop the clock: a ping does"],
                ..SafeguardRule::NEW
            }]),
            ..FACTS
        },
    };
}

impl Dialect for BybitPublic {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for BybitPublic {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        PUBLIC.classify(frame, read_pong)
    }
}

impl Detector for BybitPrivate {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        PRIVATE.classify(frame, |message| read_pong(message).or_else(|| read_notice(message)))
    }
}

/// Reads a pong in any of the shapes, whichever the endpoint: spot, linear and inverse say
/// `"op":"ping"`, as the request did, and `pong` in another place.
fn read_pong(message: Json<'_>) -> Option<Signal> {
    let [op, text, success, id] = message.pick(["op", "ret_msg", "success", "req_id"])?;
    let op = op?;
    let says_pong = text.is_some_and(|text| text.is("pong"));
    let is_pong = op.is("pong") || (op.is("ping") && says_pong);
    if !is_pong || success.is_some_and(|success| success.as_bool() != Some(true)) {
        return None;
    }
    match id {
        // Linear and inverse may return it empty, options, spread and trade not at all.
        None => Some(Signal::Answer { probe: None }),
        Some(id) if id.is("") => Some(Signal::Answer { probe: None }),
        Some(id) => Some(rpc::pong(rpc::named(id.text()?))),
    }
}

fn read_notice(message: Json<'_>) -> Option<Signal> {
    let [code] = message.pick(["retCode"])?;
    (code?.as_u64() == Some(RESTARTING))
        .then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
}

fn probe(id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
    out.text(format_args!(r#"{{"req_id":"hb-{id}","op":"ping"}}"#))
}

impl Responder for BybitPublic {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        probe(id, out)
    }
}

impl Responder for BybitPrivate {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        probe(id, out)
    }
}

impl Platform for BybitPublic {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}

impl Platform for BybitPrivate {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
