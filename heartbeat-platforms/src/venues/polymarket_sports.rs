//! Polymarket's sports results: the venue sends the text `ping` and wants the text `pong`.
//!
//! Sources, read 2026-11-23: `docs.polymarket.com/developers/sports-websocket/overview`; and
//! `github.com/tardis-dev/tardis-node`, c1d73fb, for the letters on the wire.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Signal, Token,
};

use super::{Profile, Row, Venue, defaults};
use crate::{ChallengeRule, CloseRule, Confidence, Facts, OrderSafety, Rules};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        every: Duration::from_secs(5),
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    // Documented: terminated. No code was found.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    order_safety: OrderSafety::NoOrders,
    sources: "docs.polymarket.com, sports WebSocket; a connector",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Polymarket's dialect on its sports endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct PolymarketSports;

impl Venue for PolymarketSports {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "polymarket-sports",
        endpoints: &[Row::production("wss://sports-api.polymarket.com/ws")],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for PolymarketSports {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        // The documents write capitals, the connector small letters: the response follows
        // whichever came.
        if let Frame::Text(text @ ("ping" | "PING")) = frame {
            return Signal::Challenge { token: Token::new(text.as_bytes()) };
        }
        Signal::of_control(frame)
    }
}

impl Responder for PolymarketSports {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("{}", if token == b"PING" { "PONG" } else { "pong" }))
    }
}

impl Platform for PolymarketSports {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // No probes: whether the venue answers pings is not known, and between games its own are
        // all that comes. Two spans of one and a half periods each leave room for one that is
        // late, and find a dead line after 15 s.
        let span = Duration::from_millis(7_500);
        defaults(&RULES).failure_threshold(2).session_limit(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_is_in_the_letters_of_the_challenge() {
        for (challenge, response) in [("ping", "pong"), ("PING", "PONG")] {
            let Signal::Challenge { token } = PolymarketSports.classify(Frame::Text(challenge))
            else {
                panic!("{challenge} is a challenge");
            };
            let mut out = Outbox::new();
            PolymarketSports.respond(token.as_bytes().unwrap(), &mut out).unwrap();
            assert_eq!(out.frame(), Some(Frame::Text(response)));
        }
    }
}
