//! dxLink, the feed of dxFeed and of tastytrade's quotes: each side says how soon the other must be
//! heard, and fills silence with a message that nobody answers.
//!
//! The platform sends `SETUP`, which must come first, so an application must not; it logs in after
//! that, by `AUTH`. In it stands within which time the *venue* must speak; in the venue's own,
//! within which time *we* must. Any message counts, either way.
//!
//! Sources: `github.com/dxFeed/dxLink` ed4b347, asyncapi.yml and SPECIFICATION.md; the SDK of
//! tastytrade, which says `KEEPALIVE` every 30 s and has its library's ping frames off; read
//! 2026-11-25.

use core::time::Duration;

use heartbeat_core::{
    Clock, ConfigBuilder, Detector, Frame, Heard, Outbox, OutboxError, Patience, ProbeId,
    Responder, Signal, Terms, TermsRange,
};

use super::dialect::{Dialect, venue};
use super::{Profile, Row, defaults};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Auth, Begins, BrokenBy, CloseRule, Confidence, Facts, Hazard, OrderSafety, Rules, SilenceRule,
};

static SIEVE: Sieve<2> = Sieve::new([Needle::new("KEEPALIVE"), Needle::new("SETUP")]);

/// Within which time the venue must speak, as we say it.
const OURS: Duration = Duration::from_secs(30);

/// What a venue may ask of us; the samples have 60 s.
const TERMS: TermsRange = TermsRange { shortest: Duration::from_secs(2), longest: OURS };

/// dxLink's dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct DxLink;

impl Dialect for DxLink {
    const NAME: &'static str = "dxlink";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        defaults(rules).terms(TERMS).keepalive_every(Duration::from_secs(10))
    }
}

impl Detector for DxLink {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind, channel, timeout] = message.pick(["type", "channel", "keepaliveTimeout"])?;
    let kind = kind?;
    // The connection's own channel; all others are the application's.
    if channel?.as_u64()? != 0 {
        return None;
    }
    if kind.is("KEEPALIVE") {
        return Some(Signal::Beat { counter: None });
    }
    if !kind.is("SETUP") {
        return None;
    }
    let silence = match timeout {
        Some(seconds) => Some(Duration::from_secs(seconds.as_u64()?)),
        None => None,
    };
    // By its SETUP the venue has taken ours, and in it what we want to hear.
    let heard = Some(Heard { clock: Clock::Transport, within: OURS });
    let terms = Terms { heard, patience: Patience { response: None, silence } };
    Some(Signal::Terms { terms, arms: true })
}

impl Responder for DxLink {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        let ours = OURS.as_secs();
        out.text(format_args!(
            concat!(
                r#"{{"type":"SETUP","channel":0,"version":"0.1-heartbeat/0.1","#,
                r#""keepaliveTimeout":{ours},"acceptKeepaliveTimeout":60}}"#,
            ),
            ours = ours,
        ))
    }

    /// There is no such message: what the venue answers of all that may be sent was not found.
    fn probe(&self, _id: ProbeId, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"type":"KEEPALIVE","channel":0}}"#))
    }
}

const RULES: Rules = Rules {
    // Within our own time: a third of it.
    beat_every: Some(Duration::from_secs(10)),
    begins: Begins::Arming,
    silence: Some(SilenceRule {
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    order_safety: OrderSafety::NoOrders,
    hazards: &[Hazard::PingFrame],
    assumed: &[
        "that ping frames do harm, since its clients have them off",
        "how often the venue fills its silence, and how it ends a connection",
        "the URL of production",
    ],
    sources: "dxFeed/dxLink ed4b347",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Dxlink,
    DxLink,
    Profile {
        name: "dxlink",
        endpoints: &[
            Row::production("wss://tasty-openapi-ws.dxfeed.com/realtime").auth(Auth::Message),
            Row::demo("demo", "wss://demo.dxfeed.com/dxlink-ws"),
        ],
        rules: RULES,
        facts: FACTS,
    }
);
