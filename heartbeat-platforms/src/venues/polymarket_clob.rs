//! Polymarket's order book: the text `PING` gets the text `PONG`, but not before a subscription.
//!
//! Sources, read 2026-11-23: `docs.polymarket.com/market-data/websocket/overview.md` and
//! `/nex/websocket-feeds`; `github.com/nautechsystems/nautilus_trader`, as of 2026-07-02, and
//! report 4864 to it of 2026-08-26; `github.com/Polymarket/rs-clob-client`; `ts-sdk@a76fa49` for
//! the heartbeat of orders.
//!
//! No facts here: the limits of `subs-v2` (50, 20, 10), since of what they count nothing was
//! legible.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Refusal, RefusalCode,
    Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{
    Answered, Auth, BrokenBy, CloseRule, Confidence, Covers, Facts, Hazard, OrderSafety, Rules,
    SafeguardRule, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: a `PING` every 10 s, without saying what becomes of whoever sends none.
        // For what precedes production: activity at least once a minute. Third parties
        // (2026-08) report a minute as well.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        // Until 2026-07 nautilus_trader sent ping frames every 30 s and nothing else.
        counts_pings: true,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "a connector kept its streams by ping frames alone until 2026-07; the live data \
              answers them",
    },
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(Timer::new(
            TimerUnit::Fixed,
            Duration::from_secs(10),
            Duration::from_secs(3),
        )),
        via: Via::Rest,
        how: "`POST /v1/heartbeats` with the last `heartbeat_id`, `\"\"` at first",
        covers: Covers::Key,
        surprises: &["the legacy `POST /heartbeats` resets the id that is expected next"],
        ..SafeguardRule::NEW
    }]),
    // A zombie is reported (py-clob-client 292, 2026-03): the answers come, the data does not. Only
    // a watch over the data finds it.
    hazards: &[Hazard::PingBeforeSubscribe],
    // "invalid subscription payload": a first message that is none.
    refusals: &[(RefusalCode::Close(1008), Refusal::Denied)],
    sources: "docs.polymarket.com, WebSocket; connectors",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Polymarket's dialect on its order book's market and user endpoints.
///
/// The venue closes a connection on which a `PING` comes before the first subscription, with 1008,
/// as it does with any first message that is no subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolymarketClob {
    by_text: bool,
}

impl PolymarketClob {
    /// Probes by ping frames, which nothing forbids at any time and nobody promises to count.
    pub const BY_FRAME: Self = Self { by_text: false };

    /// Probes by the text `PING`, as the documents ask, and by ping frames until the application
    /// has sent something.
    ///
    /// ```
    /// use heartbeat_core::{Frame, Outbox, ProbeId, Responder};
    /// use heartbeat_platforms::venues::polymarket_clob::PolymarketClob;
    ///
    /// let mut out = Outbox::new();
    /// PolymarketClob::default().probe(ProbeId::from_number(1), &mut out).unwrap();
    /// assert_eq!(out.frame(), Some(Frame::Text("PING")));
    /// PolymarketClob::BY_FRAME.probe(ProbeId::from_number(1), &mut out).unwrap();
    /// assert_eq!(out.frame(), Some(Frame::Ping(b"hb-1")));
    /// ```
    pub const BY_TEXT: Self = Self { by_text: true };
}

impl Default for PolymarketClob {
    /// Makes the dialect with the probes that the documents ask for, [`BY_TEXT`](Self::BY_TEXT).
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Venue for PolymarketClob {
    const STANDARD: Self = Self::BY_TEXT;

    const PROFILE: Profile = Profile {
        name: "polymarket-clob",
        endpoints: &[
            Row::production("wss://ws-subscriptions-clob.polymarket.com/ws/market"),
            Row::real("user", "wss://ws-subscriptions-clob.polymarket.com/ws/user")
                .auth(Auth::Message),
            // Its clients ping every 5 s, in words or by frames; frames were answered every time
            // (11,544 of them, RTDS client PR 25).
            Row::real("live-data", "wss://ws-live-data.polymarket.com")
                .platform(&PolymarketClob::BY_FRAME),
            Row::demo("preproduction", "wss://nex-ws.preprod.defi.euw2.polymarket.sh"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for PolymarketClob {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if frame != Frame::Text("PONG") {
            Signal::of_control(frame)
        } else if self.by_text {
            Signal::Answer { probe: None }
        } else {
            // To a `PING` of the application's; it says nothing of a ping frame of ours.
            Signal::Unsolicited
        }
    }
}

impl Responder for PolymarketClob {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.by_text {
            out.text(format_args!("PING"))
        } else {
            out.ping(id.payload().as_bytes())
        }
    }
}

impl Platform for PolymarketClob {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Twice as often as the documents ask.
        defaults(&RULES).probing(PROBING).ping_until_first_send(self.by_text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_answers_only_the_kind_of_probe_that_asks_for_it() {
        let probe = ProbeId::from_number(7);
        let text = Frame::Text("PONG");
        let payload = probe.payload();
        let frame = Frame::Pong(payload.as_bytes());
        assert_eq!(PolymarketClob::BY_TEXT.classify(text), Signal::Answer { probe: None });
        assert_eq!(PolymarketClob::BY_FRAME.classify(text), Signal::Unsolicited);
        let answer = Signal::Answer { probe: Some(probe) };
        assert_eq!(PolymarketClob::BY_FRAME.classify(frame), answer);
    }
}
