//! HitBTC and its twins Bequant and FMFW.io: ping frames, and one missing pong is the end.
//!
//! Sources: a third party's measurements on live sockets of HitBTC's, 2026-09, beside the venue's
//! documents ("measured" below), read 2026-11-25; ccxt 4.5.90 for the twins. That ccxt pings every
//! 4 s is not needed.

use core::time::Duration;

use heartbeat_core::Layer;

use super::dialect::venue;
use super::rfc6455::Rfc6455;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, AtOnce, Auth, ChallengeRule, CloseRule, Confidence, Facts, Rules, Scope};

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        // Documented: every 30 s. Measured: a client without pongs is closed at 60.0 s.
        every: Duration::from_secs(30),
        respond_within: Duration::from_secs(30),
        misses: 1,
    }),
    heartbeat_close: CloseRule::Code { code: 4002, reason: "Ping pong timeout." },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    connections_at_once: &[AtOnce { count: 100, scope: Scope::Address }],
    heartbeat_failure_codes: &[4002],
    sources: "its documents, as quoted and measured by a third party, 2026-09",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// The documents of the twins are HitBTC's in other colours; nobody measured them.
const TWIN: Facts = Facts {
    assumed: &["what is known of HitBTC alone"],
    sources: "what is measured of HitBTC, 2026-09; ccxt 4.5.90",
    confidence: Confidence::Medium,
    ..FACTS
};

venue!(
    Hitbtc,
    Rfc6455,
    Profile {
        name: "hitbtc",
        endpoints: &[
            Row::production("wss://api.hitbtc.com/api/3/ws/public"),
            Row::real("trading", "wss://api.hitbtc.com/api/3/ws/trading").auth(Auth::Message),
            Row::real("wallet", "wss://api.hitbtc.com/api/3/ws/wallet").auth(Auth::Message),
            Row::test("wss://api.demo.hitbtc.com/api/3/ws/public"),
            Row::demo("test-trading", "wss://api.demo.hitbtc.com/api/3/ws/trading")
                .auth(Auth::Message),
            Row::demo("test-wallet", "wss://api.demo.hitbtc.com/api/3/ws/wallet")
                .auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    Bequant,
    Rfc6455,
    Profile {
        name: "bequant",
        endpoints: &[
            Row::production("wss://api.bequant.io/api/3/ws/public"),
            Row::real("trading", "wss://api.bequant.io/api/3/ws/trading").auth(Auth::Message),
            Row::real("wallet", "wss://api.bequant.io/api/3/ws/wallet").auth(Auth::Message),
        ],
        rules: RULES,
        facts: TWIN,
    }
);

venue!(
    Fmfw,
    Rfc6455,
    Profile {
        name: "fmfw",
        endpoints: &[
            Row::production("wss://api.fmfw.io/api/3/ws/public"),
            Row::real("trading", "wss://api.fmfw.io/api/3/ws/trading").auth(Auth::Message),
            Row::real("wallet", "wss://api.fmfw.io/api/3/ws/wallet").auth(Auth::Message),
        ],
        rules: RULES,
        facts: TWIN,
    }
);
