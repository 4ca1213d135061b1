//! BloFin: the client says `ping`, as OKX had it in 2023.
//!
//! Sources, read 2026-11-25: a copy of the venue's documents of 2025-10-31; JKorf/BloFin.Net
//! c2e0686, every 30 s; ccxt 4.5.90, every 25 s. Nobody has measured it.

use core::time::Duration;

use super::dialect::{silence, venue};
use super::text_ping::TextPing;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, Auth, BrokenBy, Budget, Confidence, Facts, Hazard};

venue!(
    Blofin,
    TextPing,
    Profile {
        name: "blofin",
        endpoints: &[
            Row::production("wss://openapi.blofin.com/ws/public"),
            Row::real("private", "wss://openapi.blofin.com/ws/private").auth(Auth::Message),
            Row::demo("demo", "wss://demo-trading-openapi.blofin.com/ws/public"),
            Row::demo("demo-private", "wss://demo-trading-openapi.blofin.com/ws/private")
                .auth(Auth::Message),
        ],
        // Documented: 30 s without a subscription or without data. How it ends is not.
        rules: silence(Duration::from_secs(30), BrokenBy::AnyMessage),
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            connect_budget: Some(Budget::per_address(1, Duration::from_secs(1))),
            // Of the arguments of a request.
            hazards: &[Hazard::FrameLongerThan(4_096)],
            sources: "a copy of its documents, 2025-10; JKorf/BloFin.Net; ccxt 4.5.90",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);
