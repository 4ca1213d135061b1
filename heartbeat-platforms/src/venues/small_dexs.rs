//! Decentralised exchanges of which little is known but that they keep to RFC 6455.
//!
//! Sources, read 2026-11-25: ccxt 4.5.90 (4.5.60 for Aftermath, which it has dropped since),
//! hummingbot 2bfaccc, and the venues' own clients where they are named. None states a deadline.

use core::time::Duration;

use super::dialect::venue;
use super::rfc6455::Rfc6455;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, Auth, Confidence, Facts, Rules};

/// Why ping frames are presumed to be answered where hummingbot connects.
const HUMMINGBOT: &str = "hummingbot pings and gives up without a pong";

const fn facts(why: &'static str, sources: &'static str) -> Facts {
    Facts {
        answers_pings: Answered::Presumed { why },
        sources,
        read: "2026-11-25",
        confidence: Confidence::Low,
        ..Facts::UNKNOWN
    }
}

venue!(
    Grvt,
    Rfc6455,
    Profile {
        name: "grvt",
        endpoints: &[
            Row::production("wss://market-data.grvt.io/ws/full"),
            Row::real("lite", "wss://market-data.grvt.io/ws/lite"),
            Row::real("trades", "wss://trades.grvt.io/ws/full").auth(Auth::Headers),
            Row::test("wss://market-data.testnet.grvt.io/ws/full"),
        ],
        // The venue's own client pings as its library does, ccxt every 300 s, hummingbot every
        // 30 s.
        rules: Rules::NONE,
        facts: Facts {
            confidence: Confidence::Medium,
            ..facts(CONNECTORS, "gravity-technologies/grvt-pysdk bb77839; ccxt 4.5.90; hummingbot")
        },
    }
);

venue!(
    NadoGateway,
    Rfc6455,
    Profile {
        name: "nado-gateway",
        endpoints: &[
            Row::production("wss://gateway.prod.nado.xyz/ws/v2"),
            Row::test("wss://gateway.test.nado.xyz/ws/v2"),
        ],
        // ccxt: every 30 s, by frames here and in JSON on the socket for subscriptions.
        rules: Rules::NONE,
        facts: facts(CONNECTORS, "ccxt 4.5.90"),
    }
);

venue!(
    BluefinPro,
    Rfc6455,
    Profile {
        name: "bluefin-pro",
        endpoints: &[], // The host has the name of its environment in it.
        rules: Rules::NONE,
        facts: facts(
            "the venue's own client pings every 10 s, with the payload `Ping`",
            "its own client; its AsyncAPI says nothing of it",
        ),
    }
);

venue!(
    AftermathPerps,
    Rfc6455,
    Profile {
        name: "aftermath-perps",
        endpoints: &[],
        rules: Rules::NONE, // ccxt pinged every 59 s.
        facts: facts(CONNECTORS, "ccxt 4.5.60"),
    }
);

venue!(
    Standx,
    Rfc6455,
    Profile {
        name: "standx",
        endpoints: &[
            Row::production("wss://perps.standx.com/ws-stream/v1"),
            Row::real("ws-api", "wss://perps.standx.com/ws-api/v1").auth(Auth::Message),
        ],
        rules: Rules::NONE,
        facts: Facts {
            // A public client opens another after 23 h 50 min.
            max_age: Some(Duration::from_secs(24 * 3600)),
            assumed: &["that a connection lives for 24 h, after a client that leaves it before"],
            ..facts("a public client pings every 30 s", "one public client")
        },
    }
);

venue!(
    Dexalot,
    Rfc6455,
    Profile {
        name: "dexalot",
        endpoints: &[Row::production("wss://api.dexalot.com")],
        rules: Rules::NONE,
        facts: facts(HUMMINGBOT, "hummingbot 2bfaccc"),
    }
);

venue!(
    Lambdaplex,
    Rfc6455,
    Profile {
        name: "lambdaplex",
        endpoints: &[], // `wss://api.lambdaplex.io/api/VERSION/ws`.
        rules: Rules::NONE,
        facts: facts(HUMMINGBOT, "hummingbot 2bfaccc"),
    }
);

venue!(
    InjectiveChainstream,
    Rfc6455,
    Profile {
        name: "injective-chainstream",
        endpoints: &[], // hummingbot streams by gRPC.
        rules: Rules::NONE,
        facts: Facts {
            answers_pings: Answered::Presumed { why: "RFC 6455, section 5.5.2, binds it to" },
            ..facts("", "hummingbot 2bfaccc, by another transport")
        },
    }
);

venue!(
    Xrpl,
    Rfc6455,
    Profile {
        name: "xrpl",
        endpoints: &[Row::production("wss://s1.ripple.com/")],
        // hummingbot: frames every 10 s, and `{"command":"ping"}` every 15 s besides.
        rules: Rules::NONE,
        facts: facts(HUMMINGBOT, "hummingbot 2bfaccc"),
    }
);
