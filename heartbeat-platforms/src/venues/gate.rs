//! Gate v4: pings in JSON, on a channel of each market's own.
//!
//! Sources, read 2026-11-23: copies of the official documentation, spot and futures WebSocket v4,
//! in Chinese; the official clients `gateio/gatews@7afc02b`; and a third party's measurements on
//! live sockets, 2026-09 ("measured" below).
//!
//! The documents say that the server sends ping frames and drops a client that does not answer
//! them, but name neither period nor deadline. Measured: none came in 150 s on futures, none in
//! 110 s on spot at Gate US. So the rules have none, and nothing here waits for one; one that comes
//! is answered.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal,
};

use super::{CONNECTORS, PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, BrokenBy, Confidence, Covers, Facts, Hazard, OrderSafety, Rules,
    SafeguardRule, Scope, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// The channels of all markets that matter to a heartbeat.
const HEARTBEATS: &[&str] = &[
    "spot.pong",
    "spot.system",
    "futures.pong",
    "futures.system",
    "options.pong",
    "options.system",
    "announcement.pong",
    "announcement.system",
];

/// How data and acknowledgements begin.
const DATA: &[Opening] = &[
    Opening::new(&[r#"{"time":"#, r#","time_ms":"#, r#","channel":""#]).unless(HEARTBEATS),
    Opening::new(&[r#"{"time":"#, r#","channel":""#]).unless(HEARTBEATS),
];

/// The channels of a market that matter to its heartbeat.
struct Channels {
    probe: &'static str,
    answer: &'static str,
    /// Documented for futures alone; that spot has one is likely and not confirmed.
    system: &'static str,
    /// Has the last two for needles, and the word of the notice that names no channel.
    sieve: Sieve<3>,
}

impl Channels {
    const fn new(probe: &'static str, answer: &'static str, system: &'static str) -> Self {
        let upgrade = Needle::new(r#""upgrade""#);
        let sieve = Sieve::new([Needle::new(answer), Needle::new(system), upgrade]).data(DATA);
        Self { probe, answer, system, sieve }
    }

    fn read(&self, message: Json<'_>) -> Option<Signal> {
        const NOTICE: Signal = Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
        let [channel, event, error, result, kind, text] =
            message.pick(["channel", "event", "error", "result", "type", "msg"])?;
        let Some(channel) = channel else {
            // As the documents print the notice: its body, and nothing around it.
            let is_bare = event.is_none() && result.is_none() && text?.text().is_some();
            return (is_bare && kind?.is("upgrade")).then_some(NOTICE);
        };
        // An error comes on the channel that it is about; `null` is none.
        if error.is_some_and(Json::is_object) {
            return None;
        }
        if channel.is(self.answer) {
            let is_plain = event.is_none_or(|event| event.is(""));
            return is_plain.then_some(Signal::Answer { probe: None });
        }
        // The channel has other news, such as `outdated_sbe_schema_id`, that end nothing.
        let is_news = channel.is(self.system) && event?.is("update");
        let [kind] = result.filter(|_| is_news)?.pick(["type"])?;
        kind?.is("upgrade").then_some(NOTICE)
    }

    /// Writes a probe.
    ///
    /// Documented (a copy of 2026-05-27): `time` is required, in seconds, and may be at most 60 s
    /// away from the venue's clock. Where ours is not known it is left out, as several clients do
    /// on either market, `crypto-crawler-rs@8091c2c` among them: a wrong one would break the rule
    /// that is written. The `time` of the answer is the venue's own, no echo (measured).
    fn probe(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        let channel = self.probe;
        match out.wall_time() {
            Some(reads) => {
                let time = reads.as_unix_secs();
                out.text(format_args!(r#"{{"time":{time},"channel":"{channel}"}}"#))
            }
            None => out.text(format_args!(r#"{{"channel":"{channel}"}}"#)),
        }
    }
}

static SPOT: Channels = Channels::new("spot.ping", "spot.pong", "spot.system");

static FUTURES: Channels = Channels::new("futures.ping", "futures.pong", "futures.system");

/// Documented is its ping; the others by analogy.
static OPTIONS: Channels = Channels::new("options.ping", "options.pong", "options.system");

static ANNOUNCEMENTS: Channels =
    Channels::new("announcement.ping", "announcement.pong", "announcement.system");

/// Measured: 30.0 s (spot, at Gate US) and 30.5 s (futures) on a connection that neither sent nor
/// subscribed, dropped without a close frame; 60.0 s at Gate US where a subscription had no data.
/// No document names a limit.
const IDLE: Duration = Duration::from_secs(30);

const SPOT_RULES: Rules = Rules {
    silence: Some(SilenceRule {
        limit: IDLE,
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    ..Rules::NONE
};

const FUTURES_RULES: Rules = Rules {
    // Measured: a ping frame every 10 s kept the connection.
    silence: Some(SilenceRule { limit: IDLE, broken_by: BrokenBy::AnyMessage, counts_pings: true }),
    ..Rules::NONE
};

const SPOT_FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    // The maintainer of the official clients (their report 25, 2022-02): no limit to messages,
    // about a hundred connections recommended, and who reads slowly is closed.
    connections_at_once: &[AtOnce { count: 100, scope: Scope::Address }],
    hazards: &[Hazard::SlowReader],
    assumed: &["that a probe without the time is answered, where the wall clock is not known"],
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(30), Duration::from_secs(10))
                .at_least(Duration::from_secs(5)),
        ),
        via: Via::Rest,
        how: "`POST /spot/countdown_cancel_all` with `timeout`, perhaps of one `currency_pair`; \
              0 stops it",
        covers: Covers::Account,
        surprises: &["again every 30 s with 30 s on it, as the sample has it, is a race"],
        ..SafeguardRule::NEW
    }]),
    sources: "copies of the Gate WebSocket v4 documentation; gateio/gatews; measured",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

const FUTURES_FACTS: Facts = Facts {
    // The official sample sends ping frames along with its messages.
    answers_pings: Answered::Presumed { why: "the official sample sends them" },
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(30), Duration::from_secs(10))
                .at_least(Duration::from_secs(5)),
        ),
        via: Via::Rest,
        how: "`POST /futures/{settle}/countdown_cancel_all` with `timeout`, perhaps of one \
              `contract`; 0 stops it",
        covers: Covers::Account,
        spares: &["delivery contracts", "options"],
        surprises: &["again every 30 s with 30 s on it, as the sample has it, is a race"],
        ..SafeguardRule::NEW
    }]),
    ..SPOT_FACTS
};

/// Delivery contracts have no timer.
const DELIVERY_FACTS: Facts = Facts { order_safety: OrderSafety::NotFound, ..FUTURES_FACTS };

/// Options have a timer of their own.
const OPTIONS_FACTS: Facts = Facts {
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        how: "`POST /options/countdown_cancel_all` with `timeout`, perhaps of one `contract`",
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(30), Duration::from_secs(10))
                .at_least(Duration::from_secs(5)),
        ),
        spares: &["futures and delivery contracts"],
        ..SafeguardRule::NEW
    }]),
    ..FUTURES_FACTS
};

const NEWS_FACTS: Facts = Facts { order_safety: OrderSafety::NoOrders, ..SPOT_FACTS };

/// Gate's dialect on its options endpoints.
struct Options;

/// Gate's dialect on its announcements.
struct Announcements;

/// Gate's dialect on its spot endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct GateSpot;

/// Gate's dialect on its futures endpoints, perpetual and delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct GateFutures;

impl Venue for GateSpot {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "gate-spot",
        endpoints: &[
            Row::production("wss://api.gateio.ws/ws/v4/").auth(Auth::Optional),
            Row::real("sbe", "wss://api.gateio.ws/ws/v4/sbe").auth(Auth::Optional),
            Row::real("eu", "wss://api.gateeu.com/ws/v4/").auth(Auth::Optional),
            Row::real("us", "wss://ws.gate.us/v4/").auth(Auth::Optional),
            // Of the client gateio-api; another reading has `wss://ws.gate.io/v4`.
            Row::real("announcements", "wss://api.gateio.ws/ws/v4/ann")
                .facts(&NEWS_FACTS)
                .platform(&Announcements),
            Row::test("wss://ws-testnet.gate.com/v4/ws/spot").auth(Auth::Optional),
        ],
        rules: SPOT_RULES,
        facts: SPOT_FACTS,
    };
}

impl Venue for GateFutures {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "gate-futures",
        endpoints: &[
            Row::production("wss://fx-ws.gateio.ws/v4/ws/usdt").auth(Auth::Optional),
            Row::real("btc", "wss://fx-ws.gateio.ws/v4/ws/btc").auth(Auth::Optional),
            Row::real("sbe", "wss://fx-ws.gateio.ws/v4/ws/usdt/sbe").auth(Auth::Optional),
            Row::real("delivery", "wss://fx-ws.gateio.ws/v4/ws/delivery/usdt")
                .auth(Auth::Optional)
                .facts(&DELIVERY_FACTS),
            Row::real("delivery-btc", "wss://fx-ws.gateio.ws/v4/ws/delivery/btc")
                .auth(Auth::Optional)
                .facts(&DELIVERY_FACTS),
            Row::real("options", "wss://op-ws.gateio.live/v4/ws/usdt")
                .auth(Auth::Optional)
                .facts(&OPTIONS_FACTS)
                .platform(&Options),
            Row::real("options-btc", "wss://op-ws.gateio.live/v4/ws/btc")
                .auth(Auth::Optional)
                .facts(&OPTIONS_FACTS)
                .platform(&Options),
            Row::test("wss://ws-testnet.gate.com/v4/ws/futures/usdt").auth(Auth::Optional),
            Row::demo("test-btc", "wss://fx-ws-testnet.gateio.ws/v4/ws/btc").auth(Auth::Optional),
            Row::demo("test-delivery", "wss://fx-ws-testnet.gateio.ws/v4/ws/delivery/usdt")
                .auth(Auth::Optional)
                .facts(&DELIVERY_FACTS),
            Row::demo("test-options", "wss://ws-testnet.gate.com/v4/ws/options/usdt")
                .auth(Auth::Optional)
                .facts(&OPTIONS_FACTS)
                .platform(&Options),
            Row::demo("test-options-btc", "wss://ws-testnet.gate.com/v4/ws/options/btc")
                .auth(Auth::Optional)
                .facts(&OPTIONS_FACTS)
                .platform(&Options),
        ],
        rules: FUTURES_RULES,
        facts: FUTURES_FACTS,
    };
}

macro_rules! speak {
    ($platform:ident as $venue:ident, $channels:ident) => {
        impl Detector for $platform {
            fn classify(&self, frame: Frame<'_>) -> Signal {
                $channels.sieve.classify(frame, |message| $channels.read(message))
            }
        }

        impl Responder for $platform {
            fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
                Ok(()) // No message of the venue's challenges anybody.
            }

            fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
                $channels.probe(out)
            }
        }

        impl Platform for $platform {
            fn name(&self) -> &str {
                $venue::PROFILE.name
            }

            fn defaults(&self) -> ConfigBuilder {
                // The official client probes every 10 s.
                defaults(&$venue::PROFILE.rules).probing(PROBING)
            }
        }
    };
}

speak!(GateSpot as GateSpot, SPOT);
speak!(GateFutures as GateFutures, FUTURES);
speak!(Options as GateFutures, OPTIONS);
speak!(Announcements as GateSpot, ANNOUNCEMENTS);
