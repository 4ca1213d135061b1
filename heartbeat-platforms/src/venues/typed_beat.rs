//! Beats of one member, which nobody has to answer: `{"type":"ka"}`, under whatever key and word.
//!
//! The family of Drift's order book server, Bitso, Independent Reserve, BTC Markets, One Trading,
//! Tiingo, Finnhub and Architect. Sources, read 2026-11-25: for Drift its server,
//! `drift-labs/dlob-server` 4113523; for Tiingo, Finnhub and Architect public clients
//! (`nautilus_trader` a95c804 for the last); for the others a third party's measurements on live
//! sockets, 2026-09, beside the venues' documents ("measured" below).

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Detector, Frame, Outbox, OutboxError, Responder, Signal};

use super::dialect::{Dialect, by_beats, venue};
use super::{CONNECTORS, Profile, Row};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Begins, Budget, Confidence, Covers, Facts, Hazard, OrderSafety, Rules,
    SafeguardRule, Trigger, Via,
};

/// The longest message that may be a beat, in bytes: BTC Markets lists the channels in it.
const LONGEST: usize = 256;

/// A dialect whose beats are told by one member.
#[derive(Clone, Copy)]
pub(super) struct TypedBeat {
    key: &'static str,
    beat: &'static str,
    sieve: &'static Sieve<1>,
}

static KEEP_ALIVE: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("ka")]);
static HEARTBEAT: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("heartbeat")]);
static CAPITAL: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("Heartbeat")]);
static CAPITALS: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("HEARTBEAT")]);
static MESSAGE_TYPE: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("messageType")]);
static PING: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("ping")]);
static LETTER: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new(r#""h""#)]);

impl TypedBeat {
    const DRIFT: Self = Self { key: "channel", beat: "heartbeat", sieve: &HEARTBEAT };
    const BITSO: Self = Self { key: "type", beat: "ka", sieve: &KEEP_ALIVE };
    const RESERVE: Self = Self { key: "Event", beat: "Heartbeat", sieve: &CAPITAL };
    const BTC_MARKETS: Self = Self { key: "messageType", beat: "heartbeat", sieve: &HEARTBEAT };
    const ONE_TRADING: Self = Self { key: "type", beat: "HEARTBEAT", sieve: &CAPITALS };
    const TIINGO: Self = Self { key: "messageType", beat: "H", sieve: &MESSAGE_TYPE };
    const FINNHUB: Self = Self { key: "type", beat: "ping", sieve: &PING };
    const ARCHITECT: Self = Self { key: "t", beat: "h", sieve: &LETTER };

    fn read(&self, message: Json<'_>) -> Option<Signal> {
        let [word] = message.pick([self.key])?;
        word?.is(self.beat).then_some(Signal::Beat { counter: None })
    }
}

impl Dialect for TypedBeat {
    const NAME: &'static str = "typed-beat";

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_beats(rules, facts)
    }
}

impl Detector for TypedBeat {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        self.sieve.classify(frame, |message| self.read(message))
    }
}

impl Responder for TypedBeat {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }
}

const fn beats(every: u64) -> Rules {
    Rules { beat_every: Some(Duration::from_secs(every)), ..Rules::NONE }
}

/// Why ping frames are presumed to be answered where nothing else is known.
const RFC: &str = "RFC 6455, section 5.5.2, binds it to";

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: RFC },
    order_safety: OrderSafety::NoOrders,
    sources: "its documents, as quoted and measured by a third party, 2026-09",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    DriftDlob,
    TypedBeat = TypedBeat::DRIFT,
    Profile {
        name: "drift-dlob",
        endpoints: &[],
        rules: beats(5), // The server's code, on every connection.
        facts: Facts {
            answers_pings: Answered::Unknown,
            hazards: &[Hazard::SlowReader], // 1008, `Buffer overflow`, looked for every 10 s.
            sources: "drift-labs/dlob-server 4113523; drift-labs/protocol-v2 0ae3e3b",
            ..FACTS
        },
    }
);

venue!(
    Bitso,
    TypedBeat = TypedBeat::BITSO,
    Profile {
        name: "bitso",
        endpoints: &[Row::production("wss://ws.bitso.com")],
        // Documented, and measured without a subscription too. A subscription without a book is
        // answered by a close, 1011.
        rules: beats(20),
        facts: FACTS,
    }
);

venue!(
    IndependentReserve,
    TypedBeat = TypedBeat::RESERVE,
    Profile {
        name: "independent-reserve",
        endpoints: &[
            Row::production("wss://websockets.independentreserve.com"),
            // A depth follows.
            Row::real("orderbook", "wss://websockets.independentreserve.com/orderbook"),
        ],
        // Measured, and in idle seconds alone: a busy line has none. Documented: every 60 s.
        rules: beats(1),
        facts: Facts { answers_pings: Answered::Presumed { why: CONNECTORS }, ..FACTS },
    }
);

venue!(
    BtcMarkets,
    TypedBeat = TypedBeat::BTC_MARKETS,
    Profile {
        name: "btc-markets",
        endpoints: &[Row::production("wss://socket.btcmarkets.net/v2").auth(Auth::Optional)],
        // Documented, once the channel `heartbeat` is subscribed to, which is the application's to
        // do: a later request for it alone takes the place of its books. Measured: 60.5 s without
        // any message are the end.
        rules: Rules { begins: Begins::Subscription, ..beats(5) },
        facts: Facts {
            connect_budget: Some(Budget::per_address(3, Duration::from_secs(10))),
            ..FACTS
        },
    }
);

venue!(
    OneTrading,
    TypedBeat = TypedBeat::ONE_TRADING,
    Profile {
        name: "one-trading",
        endpoints: &[Row::production("wss://streams.fast.onetrading.com").auth(Auth::Optional)],
        rules: beats(10), // Measured, on every socket.
        facts: Facts {
            // Documented: where beats stay away, a ping frame of the client's shows why.
            answers_pings: Answered::Yes,
            order_safety: OrderSafety::NotFound,
            hazards: &[Hazard::MalformedText], // 4000, `INVALID_MESSAGE_FORMAT`.
            ..FACTS
        },
    }
);

venue!(
    Tiingo,
    TypedBeat = TypedBeat::TIINGO,
    Profile {
        name: "tiingo",
        endpoints: &[Row::production("wss://api.tiingo.com").auth(Auth::Message)],
        rules: Rules::NONE, // Its period was not found.
        facts: Facts {
            sources: "a public client, 4d9a977, and a capture",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);

venue!(
    Finnhub,
    TypedBeat = TypedBeat::FINNHUB,
    Profile {
        name: "finnhub",
        endpoints: &[],
        rules: Rules::NONE, // About every 60 s, by public notes. A `pong` is ignored.
        facts: Facts {
            sources: "public clients and notes",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);

venue!(
    ArchitectAx,
    TypedBeat = TypedBeat::ARCHITECT,
    Profile {
        name: "architect-ax",
        endpoints: &[],
        rules: Rules::NONE, // Its period was not found.
        facts: Facts {
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                trigger: Trigger::Disconnect,
                via: Via::Url,
                how: "`?cancel_on_disconnect=true` on the socket for orders",
                covers: Covers::Connection,
                ..SafeguardRule::NEW
            }]),
            sources: "nautilus_trader a95c804",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);
