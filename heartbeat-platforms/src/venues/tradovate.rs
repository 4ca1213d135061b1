//! Tradovate, in letters as `SockJS` has them: the venue beats by `h`, as long as the client says
//! `[]` often enough.
//!
//! Sources: `github.com/tradovate/example-api-js` f139d41, EX-05 and EX-06, the venue's own
//! tutorials, read 2026-11-25.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, venue};
use super::{Profile, Row, defaults};
use crate::json::Json;
use crate::{Auth, BrokenBy, CloseRule, Confidence, Facts, Rules, SilenceRule};

/// The longest farewell in bytes that is looked into.
const LONGEST: usize = 512;

/// How often either side speaks (documented of the client).
const EVERY: Duration = Duration::from_millis(2_500);

/// `SockJS`'s letters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letters;

impl Dialect for Letters {
    const NAME: &'static str = "tradovate";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        // Three times twice its period.
        defaults(rules).keepalive_every(EVERY).transport_limit(Duration::from_secs(5))
    }
}

impl Detector for Letters {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Text(text) = frame else { return Signal::of_control(frame) };
        if text == "h" {
            return Signal::Beat { counter: None };
        }
        let closes = text.strip_prefix('c').filter(|rest| rest.len() < LONGEST);
        if closes.is_some_and(is_farewell) {
            return Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
        }
        Signal::Data
    }
}

/// Reads `[3000,"Go away!"]`.
fn is_farewell(rest: &str) -> bool {
    let Some(mut items) = Json::unchecked(rest).items() else { return false };
    let is_code = items.next().and_then(Json::as_u64).is_some();
    let is_reason = items.next().and_then(Json::text).is_some();
    is_code && is_reason && items.next().is_none()
}

impl Responder for Letters {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // What of all that may be sent is answered was not found.
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("[]"))
    }
}

const RULES: Rules = Rules {
    beat_every: Some(EVERY),
    silence: Some(SilenceRule {
        limit: Duration::from_secs(20),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    assumed: &[
        "how often the venue beats, how long it bears silence, and how it ends a connection",
    ],
    sources: "tradovate/example-api-js f139d41",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Tradovate,
    Letters,
    Profile {
        name: "tradovate",
        endpoints: &[
            Row::production("wss://live.tradovateapi.com/v1/websocket").auth(Auth::Message),
            Row::real("market-data", "wss://md.tradovateapi.com/v1/websocket").auth(Auth::Message),
            Row::demo("demo", "wss://demo.tradovateapi.com/v1/websocket").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);
