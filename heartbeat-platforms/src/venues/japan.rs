//! Japan and Korea, by ping frames alone: bitFlyer, Coincheck, GMO Coin, Digital X.
//!
//! Sources, read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the
//! venues' documents ("measured" below); ccxt 4.5.90 for Coincheck.

use core::time::Duration;

use super::dialect::{pings, venue};
use super::rfc6455::Rfc6455;
use super::{CONNECTORS, ITS_OWN, Profile, Row};
use crate::{Answered, Auth, BrokenBy, ChallengeRule, Confidence, Facts, Rules, SilenceRule};

const SECOND: Duration = Duration::from_secs(1);

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: ITS_OWN },
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Bitflyer,
    Rfc6455,
    Profile {
        name: "bitflyer",
        // Its socket of Engine.IO speaks otherwise. An unknown product is acknowledged, too.
        endpoints: &[
            Row::production("wss://ws.lightstream.bitflyer.com/json-rpc").auth(Auth::Optional)
        ],
        // Measured: every 15 s. Documented: a late pong is the end, and not when.
        rules: pings(SECOND.saturating_mul(15), SECOND.saturating_mul(15)),
        facts: Facts {
            assumed: &["the time for the pong"],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);

venue!(
    Coincheck,
    Rfc6455,
    Profile {
        name: "coincheck",
        endpoints: &[
            Row::production("wss://ws-api.coincheck.com/"),
            Row::real("private", "wss://stream.coincheck.com/private").auth(Auth::Message),
        ],
        rules: Rules {
            silence: Some(SilenceRule {
                // Measured: cut after 60.0 s. Whether data keeps it was not.
                limit: Duration::from_secs(60),
                broken_by: BrokenBy::ClientMessage,
                counts_pings: true,
            }),
            ..Rules::NONE
        },
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            assumed: &["that data does not keep it alive"],
            sources: "measured by a third party, 2026-09; ccxt 4.5.90",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);

venue!(
    GmoCoin,
    Rfc6455,
    Profile {
        name: "gmo-coin",
        endpoints: &[
            Row::production("wss://api.coin.z.com/ws/public/v1"),
            // A token follows, which lives for 60 min: `POST /private/v1/ws-auth`.
            Row::real("private", "wss://api.coin.z.com/ws/private/v1").auth(Auth::Url),
        ],
        rules: Rules {
            challenge: Some(ChallengeRule {
                // Documented: one a minute, and three missed are the end.
                misses: 3,
                ..ChallengeRule::new(
                    heartbeat_core::Layer::Control,
                    Duration::from_secs(60),
                    Duration::from_secs(60),
                )
            }),
            ..Rules::NONE
        },
        facts: Facts {
            // One subscription a second per address; a pong is none. Measured: a connection without
            // a subscription ends after 60 s, pongs or none.
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);

venue!(
    DigitalX,
    Rfc6455,
    Profile {
        name: "digital-x",
        endpoints: &[
            Row::production("wss://ws-api.digitalx.miraeasset.com/v2/public"),
            Row::real("private", "wss://ws-api.digitalx.miraeasset.com/v2/private")
                .auth(Auth::Headers),
            // Under its name of before, Korbit.
            Row::real("korbit", "wss://ws-api.korbit.co.kr/v2/public"),
            Row::real("korbit-private", "wss://ws-api.korbit.co.kr/v2/private").auth(Auth::Headers),
        ],
        // Measured: every 30.0 s, with the payload `ping`; nobody was cut in 120 s.
        rules: pings(Duration::from_secs(30), Duration::from_secs(30)),
        facts: Facts {
            assumed: &["the time for the pong"],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);
