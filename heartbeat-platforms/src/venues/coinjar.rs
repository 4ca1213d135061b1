//! CoinJar, by Phoenix channels: the client says so often enough that it is there, and each time
//! gets a reply with the same `ref`.
//!
//! Sources: `github.com/phoenixframework/phoenix` 167c469 (`assets/js/phoenix/socket.js`,
//! `lib/phoenix/socket.ex`); a third party's measurements on live sockets, 2026-09 ("measured"
//! below); read 2026-11-25. The other serializer of Phoenix', in which messages are lists, is not
//! this venue's.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes, venue};
use super::{Profile, Row, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{BrokenBy, CloseRule, Confidence, Facts, OrderSafety, Rules, SilenceRule};

static SIEVE: Sieve<1> = Sieve::new([Needle::new("phx_reply")]);

/// Phoenix channels, with messages that are objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phoenix;

impl Dialect for Phoenix {
    const NAME: &'static str = "coinjar";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for Phoenix {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [topic, event, number] = message.pick(["topic", "event", "ref"])?;
    // The reply to a join has its own topic.
    if !topic?.is("phoenix") || !event?.is("phx_reply") {
        return None;
    }
    // The application may say so as well, with a `ref` of its own.
    Some(rpc::pong(rpc::numbered(number?)))
}

impl Responder for Phoenix {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = rpc::number_of(id);
        out.text(format_args!(
            r#"{{"topic":"phoenix","event":"heartbeat","payload":{{}},"ref":{id}}}"#
        ))
    }
}

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented. Measured: 60 s to 66 s, on a busy line as well.
        limit: Duration::from_secs(45),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    // Measured: now with 1000, now without a close frame.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    order_safety: OrderSafety::NoOrders,
    heartbeat_failure_codes: &[1000],
    sources: "phoenixframework/phoenix 167c469; measured by a third party, 2026-09",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Coinjar,
    Phoenix,
    Profile {
        name: "coinjar",
        endpoints: &[Row::production("wss://feed.exchange.coinjar.com/socket/websocket")],
        rules: RULES,
        facts: FACTS,
    }
);
