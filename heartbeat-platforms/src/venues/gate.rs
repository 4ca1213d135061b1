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

use super::{PROBING, Profile, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, BrokenBy, Confidence, Facts, OrderSafety, Rules, SilenceRule, Via};

/// The channels of both markets that matter to a heartbeat.
const HEARTBEATS: &[&str] = &["spot.pong", "spot.system", "futures.pong", "futures.system"];

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
    /// Has the last two for needles.
    sieve: Sieve<2>,
}

impl Channels {
    const fn new(probe: &'static str, answer: &'static str, system: &'static str) -> Self {
        let sieve = Sieve::new([Needle::new(answer), Needle::new(system)]).data(DATA);
        Self { probe, answer, system, sieve }
    }

    fn read(&self, message: Json<'_>) -> Option<Signal> {
        let [channel, event, error, result] =
            message.pick(["channel", "event", "error", "result"])?;
        let channel = channel?;
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
        kind?.is("upgrade").then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: None })
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
    order_safety: OrderSafety::DeadMan {
        via: Via::Rest,
        how: "`POST /spot/countdown_cancel_all` with `timeout` in seconds",
        refresh: None,
        range: None,
    },
    sources: "copies of the Gate WebSocket v4 documentation; gateio/gatews; measured",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

const FUTURES_FACTS: Facts = Facts {
    // The official sample sends ping frames along with its messages.
    answers_pings: Answered::Presumed { why: "the official sample sends them" },
    order_safety: OrderSafety::DeadMan {
        via: Via::Rest,
        how: "`POST /futures/{settle}/countdown_cancel_all` with `timeout` in seconds",
        refresh: None,
        range: None,
    },
    ..SPOT_FACTS
};

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
        production_url: Some("wss://api.gateio.ws/ws/v4/"),
        test_url: None,
        rules: SPOT_RULES,
        facts: SPOT_FACTS,
    };
}

impl Venue for GateFutures {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "gate-futures",
        production_url: Some("wss://fx-ws.gateio.ws/v4/ws/usdt"),
        test_url: Some("wss://ws-testnet.gate.com/v4/ws/futures/usdt"),
        rules: FUTURES_RULES,
        facts: FUTURES_FACTS,
    };
}

macro_rules! speak {
    ($venue:ident, $channels:ident) => {
        impl Detector for $venue {
            fn classify(&self, frame: Frame<'_>) -> Signal {
                $channels.sieve.classify(frame, |message| $channels.read(message))
            }
        }

        impl Responder for $venue {
            fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
                Ok(()) // No message of the venue's challenges anybody.
            }

            fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
                $channels.probe(out)
            }
        }

        impl Platform for $venue {
            fn name(&self) -> &str {
                Self::PROFILE.name
            }

            fn defaults(&self) -> ConfigBuilder {
                // The official client probes every 10 s.
                defaults(&Self::PROFILE.rules).probing(PROBING)
            }
        }
    };
}

speak!(GateSpot, SPOT);
speak!(GateFutures, FUTURES);
