//! HTX's market dialect elsewhere: BitTrade in Japan, SunX, and Bitrue, whose gateway it is too.
//!
//! Sources, read 2026-11-25: ccxt 4.5.90; `pybotters/pybotters` 4866b93, which keeps BitTrade by
//! unsolicited pongs every 5 s, so that their number is not checked; for Bitrue
//! `Bitrue-exchange/Spot-official-api-docs` 36e2d0a, and a third party's measurements, 2026-09.
//! BitTrade's retail socket has a heartbeat of numbers and is not here.

use core::time::Duration;

use heartbeat_core::Layer;

use super::dialect::venue;
use super::htx_market::{self, HtxMarket};
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, AtOnce, ChallengeRule, Confidence, Facts, Rules, Scope};

const HTX: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    heartbeat_failure_codes: &[1003],
    assumed: &["the times and the close code, which are HTX's"],
    sources: "ccxt 4.5.90; pybotters 4866b93; HTX's own documents",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    Bittrade,
    HtxMarket,
    Profile {
        name: "bittrade",
        endpoints: &[Row::production("wss://api-cloud.bittrade.co.jp/ws")],
        rules: htx_market::RULES,
        facts: HTX,
    }
);

venue!(
    Sunx,
    HtxMarket,
    Profile { name: "sunx", endpoints: &[], rules: htx_market::RULES, facts: HTX }
);

/// A challenge each ten seconds (measured; documented 15 s of spot and 1 s of futures). Nobody was
/// cut in 120 s.
const fn bitrue(respond_within: Duration) -> Rules {
    let every = Duration::from_secs(10);
    Rules {
        challenge: Some(ChallengeRule::new(Layer::Dialect, every, respond_within)),
        ..Rules::NONE
    }
}

const BITRUE: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    max_age: Some(Duration::from_secs(24 * 3600)),
    connections_at_once: &[AtOnce { count: 100, scope: Scope::Address }],
    sources: "Bitrue-exchange/Spot-official-api-docs 36e2d0a; measured; ccxt 4.5.90",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    BitrueSpot,
    HtxMarket,
    Profile {
        name: "bitrue-spot",
        endpoints: &[Row::production("wss://ws.bitrue.com/market/ws")],
        // Documented: a minute for the pong, whose content may be any. The documents show the time
        // as a string, all that was seen has a number.
        rules: bitrue(Duration::from_secs(60)),
        facts: BITRUE,
    }
);

venue!(
    BitrueFutures,
    HtxMarket,
    Profile {
        name: "bitrue-futures",
        endpoints: &[Row::production("wss://fmarket-ws.bitrue.com/kline-api/ws")],
        // Documented: every second, and one second for the pong, as no connection ever was. The
        // number is in seconds.
        rules: bitrue(Duration::from_secs(10)),
        facts: Facts { assumed: &["the time for the pong"], ..BITRUE },
    }
);
