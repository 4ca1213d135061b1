//! Derive, version 3, and the host of its older name, Lyra.
//!
//! Sources, read 2026-11-25: `docs.derive.xyz`, Connecting; ccxt 4.5.90, a ping frame every 9 s;
//! `nautilus_trader` a95c804, one every 30 s, at the older host too, where hummingbot 2bfaccc sends
//! `{"method":"ping"}` besides. Whether a beat of version 3 has to show a token anew was not read.

use core::time::Duration;

use super::dialect::{silence, venue};
use super::rfc6455::Rfc6455;
use super::text_ping::TextPing;
use super::{CONNECTORS, Profile, Row};
use crate::{
    Answered, Auth, BrokenBy, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule,
    Trigger, Via,
};

venue!(
    DeriveV3,
    TextPing,
    Profile {
        name: "derive-v3",
        endpoints: &[
            Row::production("wss://api.derive.xyz/v3/ws").auth(Auth::Optional),
            Row::test("wss://testnet.api.derive.xyz/v3/ws").auth(Auth::Optional),
        ],
        // Documented: about 180 s, as deployed now. Any text of the client's counts, and so does
        // the pong to the venue's ping frames, whose period is not said.
        rules: silence(Duration::from_secs(180), BrokenBy::ClientMessage),
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                trigger: Trigger::Disconnect,
                via: Via::WebSocket,
                how: "a request on the WebSocket alone, which is the application's to send; its \
                      method was not read",
                covers: Covers::Connection,
                ..SafeguardRule::NEW
            }]),
            assumed: &[
                "that ping frames of the client's do not count",
                "whose orders are cancelled"
            ],
            sources: "docs.derive.xyz, Connecting; ccxt 4.5.90; nautilus_trader",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);

venue!(
    DeriveV2,
    Rfc6455,
    Profile {
        name: "derive-v2",
        endpoints: &[
            Row::production("wss://api.lyra.finance/ws").auth(Auth::Optional),
            Row::test("wss://api-demo.lyra.finance/ws").auth(Auth::Optional),
        ],
        rules: Rules::NONE,
        facts: Facts {
            answers_pings: Answered::Presumed {
                why: "nautilus_trader keeps its connections by ping frames, every 30 s",
            },
            sources: "nautilus_trader a95c804; hummingbot 2bfaccc",
            read: "2026-11-25",
            confidence: Confidence::Low,
            ..Facts::UNKNOWN
        },
    }
);
