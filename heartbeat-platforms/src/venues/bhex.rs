//! The gateways of BHEX: `{"ping":1758600000000}` and `{"pong":1758600000000}`, either way.
//!
//! The family of Toobit, HashKey, Coins.ph and BigONE. What comes back differs: HashKey and Toobit
//! say their own time, Coins.ph the client's number, so that no answer names its probe. Sources,
//! read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the venues'
//! documents ("measured" below); JKorf/Toobit.Net 558158e; ccxt 4.5.90.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal, WallTime,
};

use super::dialect::{Dialect, by_probes, pings, silence, venue};
use super::{CONNECTORS, ITS_OWN, Profile, Row};
use crate::echo::Echo;
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, AtOnce, Auth, BrokenBy, Confidence, Facts, Rules, Scope};

static SIEVE: Sieve<2> =
    Sieve::with_longest(Some(128), [Needle::new(r#""pong""#), Needle::new(r#""ping""#)]);

/// The dialect of the gateways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bhex;

impl Dialect for Bhex {
    const NAME: &'static str = "bhex";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for Bhex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    match message.pick(["ping", "pong"])? {
        [Some(ping), None] => {
            Some(Signal::Challenge { token: Echo::new().number(ping)?.into_token() })
        }
        [None, Some(pong)] => pong.as_u64().map(|_| Signal::Answer { probe: None }),
        _ => None,
    }
}

impl Responder for Bhex {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"pong":"#, token, "}")
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        // The time is what the documents show; any number is answered.
        let number = u64::from(id.number());
        let number = out.wall_time().map_or(number, WallTime::as_unix_millis);
        out.text(format_args!(r#"{{"ping":{number}}}"#))
    }
}

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    sources: "its documents, as quoted and measured by a third party, 2026-09; ccxt 4.5.90",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Toobit,
    Bhex,
    Profile {
        name: "toobit",
        endpoints: &[
            Row::production("wss://stream.toobit.com/quote/ws/v1"),
            // A key follows.
            Row::real("user", "wss://stream.toobit.com/api/v1/ws").auth(Auth::Url),
        ],
        // Measured: 60.3 s after the last frame of either side; documented: 5 min.
        rules: silence(Duration::from_secs(60), BrokenBy::AnyMessage),
        facts: FACTS,
    }
);

venue!(
    HashkeyV1,
    Bhex,
    Profile {
        name: "hashkey-v1",
        endpoints: &[
            Row::production("wss://stream-glb.hashkey.com/quote/ws/v1"),
            // A key follows; there the venue asks, every 30 s.
            Row::real("private", "wss://stream-glb.hashkey.com/api/v1/ws").auth(Auth::Url),
            Row::test("wss://stream-glb.sim.hashkeydev.com/quote/ws/v1"),
            Row::demo("test-private", "wss://stream-glb.sim.hashkeydev.com/api/v1/ws")
                .auth(Auth::Url),
        ],
        // Measured: 60.3 s, where nothing is subscribed to; documented: a ping every 10 s.
        rules: silence(Duration::from_secs(60), BrokenBy::AnyMessage),
        facts: FACTS,
    }
);

venue!(
    HashkeyV2,
    Bhex,
    Profile {
        name: "hashkey-v2",
        endpoints: &[
            Row::production("wss://stream-glb.hashkey.com/quote/ws/v2"),
            Row::test("wss://stream-glb.sim.hashkeydev.com/quote/ws/v2"),
        ],
        // Measured: 31 s without a ping of the client's, on a busy line as well.
        rules: silence(Duration::from_secs(31), BrokenBy::ClientMessage),
        facts: FACTS,
    }
);

venue!(
    CoinsPh,
    Bhex,
    Profile {
        name: "coins-ph",
        endpoints: &[
            Row::production("wss://wsapi.pro.coins.ph/openapi/quote/ws/v3"),
            Row::real("stream", "wss://wsapi.pro.coins.ph/openapi/quote/stream"),
            // A key follows.
            Row::real("user", "wss://wsapi.pro.coins.ph/openapi/ws").auth(Auth::Url),
        ],
        // Measured: a ping frame every 30 s; nobody was cut in 100 s. Documented: 5 min.
        rules: pings(Duration::from_secs(30), Duration::from_secs(30)),
        facts: Facts {
            answers_pings: Answered::Presumed { why: ITS_OWN },
            assumed: &["the time for the pong"],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);

venue!(
    Bigone,
    Bhex,
    Profile {
        name: "bigone",
        endpoints: &[], // The URL is the subscription: `/ws/contract/v2/depth@SYMBOL`.
        rules: Rules::NONE,
        facts: Facts {
            answers_pings: Answered::Unknown,
            connections_at_once: &[AtOnce { count: 5, scope: Scope::Account }],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);
