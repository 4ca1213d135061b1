//! Polymarket's order book: the text `PING` gets the text `PONG`, but not before a subscription.
//!
//! Sources, read 2026-11-23: `docs.polymarket.com/market-data/websocket/overview.md` and
//! `/nex/websocket-feeds`; `github.com/nautechsystems/nautilus_trader`, as of 2026-07-02, and
//! report 4864 to it of 2026-08-26; `github.com/Polymarket/rs-clob-client`.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Venue, defaults};
use crate::{
    Answered, BrokenBy, CloseRule, Confidence, Facts, Hazard, OrderSafety, Rules, SilenceRule, Via,
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
        why: "a connector kept its streams by ping frames alone until 2026-07",
    },
    order_safety: OrderSafety::DeadMan {
        via: Via::Rest,
        how: "`POST /heartbeats` with the last `heartbeat_id`, once begun at least every 10 s",
        refresh: Some(Duration::from_secs(5)),
        range: None,
    },
    hazards: &[Hazard::PingBeforeSubscribe],
    sources: "docs.polymarket.com, WebSocket; connectors",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Polymarket's dialect on its order book's market and user endpoints.
///
/// The venue closes a connection on which a `PING` comes before the first subscription. By
/// default probes are ping frames, which nothing forbids at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolymarketClob {
    by_text: bool,
}

impl PolymarketClob {
    /// Probes by ping frames.
    pub const BY_FRAME: Self = Self { by_text: false };

    /// Probes by the text `PING`, as the documents ask, and by ping frames until the application
    /// has sent something: for one whose first message is its subscription.
    ///
    /// ```
    /// use heartbeat_core::{Frame, Outbox, ProbeId, Responder};
    /// use heartbeat_platforms::venues::polymarket_clob::PolymarketClob;
    ///
    /// let mut out = Outbox::new();
    /// PolymarketClob::BY_TEXT.probe(ProbeId::from_number(1), &mut out).unwrap();
    /// assert_eq!(out.frame(), Some(Frame::Text("PING")));
    /// PolymarketClob::default().probe(ProbeId::from_number(1), &mut out).unwrap();
    /// assert_eq!(out.frame(), Some(Frame::Ping(b"hb-1")));
    /// ```
    pub const BY_TEXT: Self = Self { by_text: true };
}

impl Default for PolymarketClob {
    /// Makes the dialect with the probes that harm no connection.
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Venue for PolymarketClob {
    const STANDARD: Self = Self::BY_FRAME;

    const PROFILE: Profile = Profile {
        name: "polymarket-clob",
        production_url: Some("wss://ws-subscriptions-clob.polymarket.com/ws/market"),
        test_url: None,
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
