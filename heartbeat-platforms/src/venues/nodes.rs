//! Data vendors, nodes and a derivatives exchange that keep to RFC 6455 alone.
//!
//! Sources, read 2026-11-25: the code of the servers and clients that are named with each. Where a
//! user runs the server there is no endpoint.

use core::time::Duration;

use super::dialect::{pings, venue};
use super::rfc6455::Rfc6455;
use super::{ITS_OWN, Profile, Row};
use crate::{
    Answered, Auth, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule, Trigger, Via,
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: ITS_OWN },
    order_safety: OrderSafety::NoOrders,
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Why ping frames are presumed to be answered where the venue's own client relies on it.
const ITS_CLIENT: &str = "its own client pings and gives up without a pong";

venue!(
    EthereumNode,
    Rfc6455,
    Profile {
        name: "ethereum-node",
        endpoints: &[],
        // go-ethereum: 30 s after its last write, and only a pong counts from then on, in 30 s.
        rules: pings(Duration::from_secs(30), Duration::from_secs(30)),
        facts: Facts { sources: "ethereum/go-ethereum 02b73d4, rpc/websocket.go", ..FACTS },
    }
);

venue!(
    PythHermes,
    Rfc6455,
    Profile {
        name: "pyth-hermes",
        endpoints: &[],
        // Each must be answered before the next.
        rules: pings(Duration::from_secs(30), Duration::from_secs(30)),
        facts: Facts {
            // Announced by an error: `Connection timeout reached (24h)`.
            max_age: Some(Duration::from_secs(24 * 3600)),
            sources: "pyth-network/pyth-crosschain 7c915eb",
            ..FACTS
        },
    }
);

venue!(
    TardisMachine,
    Rfc6455,
    Profile {
        name: "tardis-machine",
        endpoints: &[],
        // Whose pong is missing at the next check is cut.
        rules: pings(Duration::from_secs(30), Duration::from_secs(30)),
        facts: Facts { sources: "tardis-dev/tardis-machine 1843be5", ..FACTS },
    }
);

venue!(
    ChainlinkStreams,
    Rfc6455,
    Profile {
        name: "chainlink-streams",
        endpoints: &[],     // Two connections at least, to different origins.
        rules: Rules::NONE, // The client pings every 2 s, and waits as long.
        facts: Facts {
            answers_pings: Answered::Presumed { why: ITS_CLIENT },
            sources: "its own client, 815637d",
            ..FACTS
        },
    }
);

venue!(
    Massive,
    Rfc6455,
    Profile {
        name: "massive",
        // The market follows: `stocks`, `crypto`.
        endpoints: &[Row::production("wss://socket.massive.com").auth(Auth::Message)],
        rules: Rules::NONE, // The client pings every 25 s, and waits 30 s.
        facts: Facts {
            answers_pings: Answered::Presumed { why: ITS_CLIENT },
            sources: "its own client in Go, 45a2abb",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);

venue!(
    Thalex,
    Rfc6455,
    Profile {
        name: "thalex",
        endpoints: &[],
        rules: Rules::NONE, // The client pings every 5 s.
        facts: Facts {
            answers_pings: Answered::Presumed { why: ITS_CLIENT },
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                trigger: Trigger::Disconnect,
                via: Via::WebSocket,
                how: "`private/set_cancel_on_disconnect` with `timeout_secs`, which the client's \
                      samples set to 5 or 6; the application's to send, after its login",
                covers: Covers::Connection,
                ..SafeguardRule::NEW
            }]),
            assumed: &["whose orders are cancelled"],
            sources: "its own client, 32833b3",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);
