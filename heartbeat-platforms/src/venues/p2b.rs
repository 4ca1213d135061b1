//! P2B: pings in JSON-RPC, as Phemex has them.
//!
//! Sources, read 2026-11-25: `P2B-team/P2B-WSS-Public` 93a3fe9; ccxt 4.5.90 for the host.

use core::time::Duration;

use super::dialect::{silence, venue};
use super::phemex::Phemex;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, BrokenBy, Confidence, Facts};

venue!(
    P2b,
    Phemex,
    Profile {
        name: "p2b",
        endpoints: &[Row::production("wss://apiws.p2pb2b.com/")],
        rules: silence(Duration::from_secs(100), BrokenBy::ClientMessage), // Documented.
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            sources: "P2B-team/P2B-WSS-Public 93a3fe9; ccxt 4.5.90",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);
