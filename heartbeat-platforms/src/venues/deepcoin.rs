//! DeepCoin: the client says `ping`, and has 20 s for it however much flows.
//!
//! Sources, read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the
//! venue's documents ("measured" below); JKorf/DeepCoin.Net f50dcc4, whose 30 s are too slow; ccxt
//! 4.5.90. The private endpoint takes the same word and answers nothing; it is not here.

use core::time::Duration;

use super::dialect::{silence, venue};
use super::text_ping::TextPing;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, AtOnce, BrokenBy, CloseRule, Confidence, Facts, Rules, Scope};

venue!(
    Deepcoin,
    TextPing,
    Profile {
        name: "deepcoin",
        endpoints: &[
            Row::production("wss://stream.deepcoin.com/streamlet/trade/public/swap?platform=api"),
            Row::real("spot", "wss://stream.deepcoin.com/streamlet/trade/public/spot?platform=api"),
        ],
        rules: Rules {
            // Documented; measured: 20.0 s to 20.2 s, whether or not data flows.
            heartbeat_close: CloseRule::Code { code: 1000, reason: "heartbeat timeout" },
            ..silence(Duration::from_secs(20), BrokenBy::ClientMessage)
        },
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            connections_at_once: &[AtOnce { count: 10, scope: Scope::Address }],
            heartbeat_failure_codes: &[1000],
            sources: "its documents, as quoted and measured by a third party; ccxt 4.5.90",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);
