//! Polymarket perpetuals: the client pings by a request; the answer is like that to any other,
//! and only the id tells.
//!
//! Sources, read 2026-11-23: `docs.polymarket.com/api-reference/wss/perps-ping.md` and
//! `perps-book.md`; ccxt 4.5.90, which pings every 20 s.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Auth, BrokenBy, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule,
    SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// The book does not hold it; the replies to other requests do.
static SIEVE: Sieve<1> = Sieve::new([Needle::new("status")]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        limit: Duration::from_secs(60),
        // Documented: "inactivity". Whose is not said: the stricter reading.
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    // No close code was found.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // One firing more in a UTC day is refused; a newer page has 1000.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::UnixMillis, Duration::from_secs(60), Duration::from_secs(20))
                .at_least(Duration::from_secs(5)),
        ),
        via: Via::WebSocketOrRest,
        how: "`PATCH /v1/trade/auto-cancel`, or the post `autoCancel`, signed, which is the \
              application's to send",
        covers: Covers::Account,
        surprises: &["one shot: off once it has fired", "ten firings a day, and no more"],
        ..SafeguardRule::NEW
    }]),
    assumed: &[
        "that only the client's messages end its silence",
        "that messages are limited per address, by a number that was not legible",
    ],
    sources: "docs.polymarket.com, Perps WebSocket and set-auto-cancel",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Polymarket's dialect on its perpetuals endpoint.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct PolymarketPerps;

impl Venue for PolymarketPerps {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "polymarket-perps",
        endpoints: &[
            Row::production("wss://ws.perpetuals.polymarket.com/v1/ws").auth(Auth::Optional)
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for PolymarketPerps {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Reads an `ok` under an id of ours. Under any other it is the reply to whatever the application
/// asked for, and so its data; with a channel it is no reply.
fn read(message: Json<'_>) -> Option<Signal> {
    let [id, data, channel] = message.pick(["id", "data", "ch"])?;
    let probe = id.and_then(rpc::numbered)?;
    let [status] = data.filter(|_| channel.is_none())?.pick(["status"])?;
    status?.is("ok").then_some(Signal::Answer { probe: Some(probe) })
}

impl Responder for PolymarketPerps {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = rpc::number_of(id);
        out.text(format_args!(r#"{{"id":{id},"req":"post","op":{{"type":"ping"}}}}"#))
    }
}

impl Platform for PolymarketPerps {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
