//! Noren, which several Indian brokers run, Shoonya first: the client says `{"t":"h"}`, once it is
//! connected, and gets the same back.
//!
//! Sources: `marketcalls/openalgo` 60156bc, for Shoonya, Flattrade, Zebu, Firstock and Tradesmart,
//! read 2026-11-25. The first message is the application's, with its token, and is acknowledged by
//! `ck` or `cf`.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes, venue};
use super::{CONNECTORS, Profile, Row};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, Auth, BrokenBy, CloseRule, Confidence, Facts, Hazard, Rules, SilenceRule};

static SIEVE: Sieve<1> = Sieve::with_longest(Some(128), [Needle::new("\"h\"")]);

/// Noren's dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct NorenDialect;

impl Dialect for NorenDialect {
    const NAME: &'static str = "noren";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules).ping_until_first_send(true)
    }
}

impl Detector for NorenDialect {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind] = message.pick(["t"])?;
    kind?.is("h").then_some(Signal::Answer { probe: None })
}

impl Responder for NorenDialect {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"t":"h"}}"#))
    }
}

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Its clients say it every 30 s; how long the venue waits was not found.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: true,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    hazards: &[Hazard::PingBeforeSubscribe],
    assumed: &[
        "how long the venue bears silence, and how it ends a connection",
        "that nothing may come before the first message of the application's",
    ],
    sources: "marketcalls/openalgo 60156bc",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    Noren,
    NorenDialect,
    Profile {
        name: "noren",
        endpoints: &[Row::production("wss://api.shoonya.com/NorenWSAPI/").auth(Auth::Message)],
        rules: RULES,
        facts: FACTS,
    }
);
