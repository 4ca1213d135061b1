//! Interactive Brokers' Client Portal API: the client says `tic`, and the answer is JSON on the
//! topic of that name; the venue beats besides.
//!
//! Sources: `Voyz/ibind` a3d8fe1, and several clients that quote the venue's documents, read
//! 2026-11-25. The session behind it is kept by REST (`/tickle`), which no platform does.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes, venue};
use super::{Profile, Row};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{Auth, BrokenBy, CloseRule, Confidence, Facts, Rules, SilenceRule};

static SIEVE: Sieve<2> = Sieve::new([Needle::new("tic"), Needle::new("system")]);

/// The Client Portal's dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientPortal;

impl Dialect for ClientPortal {
    const NAME: &'static str = "ibkr-cpapi";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for ClientPortal {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [topic, beat] = message.pick(["topic", "hb"])?;
    let topic = topic?;
    if topic.is("tic") {
        return Some(Signal::Answer { probe: None });
    }
    // On the same topic it greets and says who is logged in.
    let beats = topic.is("system") && beat.and_then(Json::as_u64).is_some();
    beats.then_some(Signal::Beat { counter: None })
}

impl Responder for ClientPortal {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("tic"))
    }
}

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented, as quoted: at least once a minute.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    assumed: &["how it ends a connection", "the host"],
    sources: "Voyz/ibind a3d8fe1",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    IbkrCpapi,
    ClientPortal,
    Profile {
        name: "ibkr-cpapi",
        // Most go by the gateway on their own machine, at `wss://localhost:5000/v1/api/ws`.
        endpoints: &[Row::production("wss://api.ibkr.com/v1/api/ws").auth(Auth::Headers)],
        rules: RULES,
        facts: FACTS,
    }
);
