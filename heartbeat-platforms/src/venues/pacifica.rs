//! Pacifica: Hyperliquid's bytes, which keep the line when the client sends them.
//!
//! Sources, read 2026-11-25: `docs.pacifica.fi/api-documentation/api/websocket`; ccxt 4.5.90, every
//! 20 s; hummingbot 2bfaccc, every 30 s.

use core::time::Duration;

use super::dialect::{silence, venue};
use super::hyperliquid::Hyperliquid;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, BrokenBy, Confidence, Facts};

venue!(
    Pacifica,
    Hyperliquid,
    Profile {
        name: "pacifica",
        endpoints: &[
            Row::production("wss://ws.pacifica.fi/ws"),
            Row::test("wss://test-ws.pacifica.fi/ws"),
        ],
        // Documented: closed if no message was sent for 60 s. Whose is not said; at Hyperliquid it
        // is the venue's own. A probe makes both sides speak.
        rules: silence(Duration::from_secs(60), BrokenBy::ClientMessage),
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            max_age: Some(Duration::from_secs(24 * 3600)), // Documented.
            assumed: &["that it is the client's message which counts"],
            sources: "docs.pacifica.fi, WebSocket; ccxt 4.5.90; hummingbot",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);
