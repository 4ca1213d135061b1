//! XT, spot and futures: the client says `ping`, and data does not keep it alive.
//!
//! Sources: a third party's measurements on live sockets, 2026-09, beside the venue's documents
//! ("measured" below); JKorf/XT.Net 1e79074 and ccxt 4.5.90, which ping every 20 s; read
//! 2026-11-25. A ping in JSON is refused (`Invalid parameter`), and the socket stays.

use core::time::Duration;

use super::dialect::venue;
use super::text_ping::TextPing;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, Auth, BrokenBy, CloseRule, Confidence, Facts, Rules, SilenceRule};

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented; measured: 30.0 s, on a busy line as well.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        // Not documented.
        counts_pings: false,
    }),
    // Measured.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    sources: "its documents, as quoted and measured by a third party; ccxt 4.5.90; JKorf/XT.Net",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    XtSpot,
    TextPing,
    Profile {
        name: "xt-spot",
        endpoints: &[
            Row::production("wss://stream.xt.com/public"),
            Row::real("private", "wss://stream.xt.com/private").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    XtFutures,
    TextPing,
    Profile {
        name: "xt-futures",
        endpoints: &[
            // Coin margin is on the same socket.
            Row::production("wss://fstream.xt.com/ws/market"),
            Row::real("user", "wss://fstream.xt.com/ws/user").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);
