//! Alpaca: no heartbeat of the venue's; its own clients ping.
//!
//! Sources, read 2026-11-23: `docs.alpaca.markets`, "Real-time Stock Data" and "Websocket
//! Streaming", which mention no heartbeat; the venue's clients `alpaca-py`, which pings every
//! 10 s and gives up after 180 s, and `alpaca-trade-api-js`, which ends a connection without a
//! pong.

use heartbeat_core::{ConfigBuilder, Platform};

use super::control_frames::speaks_by_control_frames;
use super::{PROBING, Profile, Venue, defaults};
use crate::{Answered, Confidence, Facts, Rules};

/// The documents ask for an authentication within 10 s on the data endpoints, which only the
/// application can send. Beyond that nothing was found that the venue demands: outside the sessions
/// of the stock exchanges a line without data is a healthy one.
const RULES: Rules = Rules::NONE;

const FACTS: Facts = Facts {
    answers_pings: Answered::Yes, // The venue's own clients rely on it.
    sources: "docs.alpaca.markets; alpacahq/alpaca-py, alpacahq/alpaca-trade-api-js",
    read: "2026-11-23",
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
        // Of the feeds the one that every account may read.
        production_url: Some("wss://stream.data.alpaca.markets/v2/iex"),
        test_url: Some("wss://stream.data.alpaca.markets/v2/test"),
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
