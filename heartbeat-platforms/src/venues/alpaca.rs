//! Alpaca: no heartbeat of the venue's; its own clients ping.
//!
//! Sources, read 2026-11-23: `docs.alpaca.markets`, "Real-time Stock Data" and "Websocket
//! Streaming", which mention no heartbeat; the venue's clients `alpaca-py`, which pings every
//! 10 s and gives up after 180 s, and `alpaca-trade-api-js`, which ends a connection without a
//! pong.

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Row, Venue, defaults};
use crate::{Answered, AtOnce, Auth, Confidence, Facts, Hazard, Rules, Scope};

/// Outside the sessions of the stock exchanges a line without data is a healthy one.
const RULES: Rules = Rules {
    // Documented; else error 404.
    authenticate_within: Some(Duration::from_secs(10)),
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes, // The venue's own clients rely on it.
    // On most plans, for each endpoint: error 406.
    connections_at_once: &[AtOnce { count: 1, scope: Scope::Account }],
    hazards: &[Hazard::SlowReader], // Error 407.
    sources: "docs.alpaca.markets; alpacahq/alpaca-py, alpacahq/alpaca-trade-api-js",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Alpaca's dialect, on its endpoints for market data and for trading.
///
/// Usually one connection is allowed per endpoint: until the venue has noticed that the last
/// one is dead it refuses the next, by an error 406 in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Alpaca;

impl Venue for Alpaca {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "alpaca",
        endpoints: &[
            // Of the feeds the one that every account may read.
            Row::production("wss://stream.data.alpaca.markets/v2/iex").auth(Auth::Message),
            Row::real("sip", "wss://stream.data.alpaca.markets/v2/sip").auth(Auth::Message),
            Row::real("crypto", "wss://stream.data.alpaca.markets/v1beta3/crypto/us")
                .auth(Auth::Message),
            Row::real("news", "wss://stream.data.alpaca.markets/v1beta1/news").auth(Auth::Message),
            Row::real("options", "wss://stream.data.alpaca.markets/v1beta1/indicative")
                .auth(Auth::Message),
            Row::real("trading", "wss://api.alpaca.markets/stream").auth(Auth::Message),
            Row::test("wss://stream.data.alpaca.markets/v2/test").auth(Auth::Message),
            Row::demo("sandbox", "wss://stream.data.sandbox.alpaca.markets/v2/iex")
                .auth(Auth::Message),
            Row::demo("paper", "wss://paper-api.alpaca.markets/stream").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

speaks_by_control_frames!(Alpaca);

impl Platform for Alpaca {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
