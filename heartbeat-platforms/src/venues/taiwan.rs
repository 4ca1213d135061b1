//! Taiwan: BitoPro, which pings, and MAX, which is to be pinged.
//!
//! Sources, read 2026-11-25: `bitoex/bitopro-offical-api-docs` 1150a3f;
//! `maicoin/max-websocket-docs` c6ad65b.

use core::time::Duration;

use super::dialect::{pings, venue};
use super::rfc6455::Rfc6455;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, Auth, Ban, BrokenBy, Budget, Confidence, Facts, Rules, Scope, SilenceRule};

venue!(
    Bitopro,
    Rfc6455,
    Profile {
        name: "bitopro",
        endpoints: &[
            Row::production("wss://stream.bitopro.com:443/ws/v1/pub"),
            Row::real("private", "wss://stream.bitopro.com:443/ws/v1/pub/auth").auth(Auth::Headers),
        ],
        rules: pings(Duration::from_secs(20), Duration::from_secs(5)), // Documented.
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            sources: "bitoex/bitopro-offical-api-docs 1150a3f",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);

venue!(
    MaxMaicoin,
    Rfc6455,
    Profile {
        name: "max-maicoin",
        endpoints: &[Row::production("wss://max-stream.maicoin.com/ws").auth(Auth::Optional)],
        rules: Rules {
            silence: Some(SilenceRule {
                limit: Duration::from_secs(130), // Documented: a ping of the client's.
                broken_by: BrokenBy::ClientMessage,
                counts_pings: true,
            }),
            ..Rules::NONE
        },
        facts: Facts {
            answers_pings: Answered::Yes, // Documented.
            connect_budget: Some(Budget::per_address(600, Duration::from_secs(3600))),
            retry_ban: Some(Ban { scope: Scope::Address, lasts: None }), // After 429.
            sources: "maicoin/max-websocket-docs c6ad65b",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);
