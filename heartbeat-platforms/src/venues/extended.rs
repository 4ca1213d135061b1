//! Extended (x10): ping frames, 15 s apart; each stream has a URL of its own.
//!
//! Sources, read 2026-11-25: two copies of the venue's documents; ccxt 4.5.90; a client in
//! TypeScript. The close code was not found.

use core::time::Duration;

use super::dialect::{pings, venue};
use super::rfc6455::Rfc6455;
use super::{Profile, Row};
use crate::{Answered, Auth, Confidence, Facts};

venue!(
    Extended,
    Rfc6455,
    Profile {
        name: "extended",
        endpoints: &[
            // The stream follows; for what is private, a header `X-Api-Key`.
            Row::production("wss://api.starknet.extended.exchange/stream.extended.exchange/v1"),
            Row::real(
                "account",
                "wss://api.starknet.extended.exchange/stream.extended.exchange/v1/account",
            )
            .auth(Auth::Headers),
            Row::test("wss://api.starknet.sepolia.extended.exchange/stream.extended.exchange/v1",),
        ],
        rules: pings(Duration::from_secs(15), Duration::from_secs(10)), // Documented.
        facts: Facts {
            answers_pings: Answered::Yes, // Documented, and not required.
            sources: "two copies of its documents; ccxt 4.5.90",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);
