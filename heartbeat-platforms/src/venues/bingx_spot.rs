//! BingX spot: challenges in compressed JSON, whose id and time are to be echoed in plain.
//!
//! Sources: `bingx-api.github.io/docs`, the page on spot sockets, read 2026-11-23; the package
//! ccxt, 4.5.90. Nobody has published measurements; those of the swaps ("measured" below, of
//! 2026-09-23) stand in for them.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, Responder,
    Signal, Token,
};

use super::{Profile, Row, Venue, defaults_by_challenges};
use crate::echo::Echo;
use crate::json::Json;
use crate::{
    AtOnce, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule,
    Scope, Timer, TimerUnit, Trigger, Via, gzip,
};

/// The longest compressed message that is looked into, in bytes; a challenge has about 90.
const LONGEST: usize = 128;

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Documented. A comment in a public client (JKorf/BingX.Net) says 30 s, of older days.
        every: Duration::from_secs(5),
        respond_within: Duration::from_secs(5),
        // No number is documented. Measured on the swaps: cut 30.5 s after the opening, half a
        // second after the sixth.
        misses: 5,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    connections_at_once: &[AtOnce { count: 60, scope: Scope::Address }],
    // Ten subscriptions a second; a response is none. ccxt, 4.5.90, has turned its own check by
    // pings off here.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Seconds, Duration::from_secs(60), Duration::from_secs(20))
                .within(Duration::from_secs(10), Duration::from_secs(120)),
        ),
        via: Via::Rest,
        how: "`POST /openApi/spot/v1/trade/cancelAllAfter` with `type` `ACTIVATE` and `timeOut`",
        covers: Covers::Account,
        ..SafeguardRule::NEW
    }]),
    assumed: &["how many challenges may be missed, which is the swaps'"],
    sources: "bingx-api.github.io/docs",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// BingX's dialect on its spot endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct BingxSpot;

impl Venue for BingxSpot {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bingx-spot",
        endpoints: &[
            // With a listen key in the query for what is private.
            Row::production("wss://open-api-ws.bingx.com/market"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for BingxSpot {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        classify(frame)
    }
}

/// Gives a frame its meaning, for the swaps as well: the venue's own skills
/// (`BingX-API/api-ai-skills@d40bcc6`, 2026-04-21) know the text `Ping`, the text `ping` and JSON,
/// and which endpoint sends which is not said the same everywhere.
pub(super) fn classify(frame: Frame<'_>) -> Signal {
    gzip::classify(frame, LONGEST, |text| match text {
        "Ping" | "ping" => Some(Signal::Challenge { token: Token::default() }),
        text => {
            let message = Json::parse(text)?;
            read(message).or_else(|| expired(message))
        }
    })
}

/// Writes the response: the words of the challenge, or the text `Pong` to either text.
pub(super) fn respond(token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
    if token.is_empty() {
        return out.text(format_args!("Pong"));
    }
    out.text_around(r#"{"pong":"#, token, "}")
}

/// Reads that the key of a user's stream has run out: the socket stays, and is mute. Documented: a
/// key lasts an hour, and is prolonged by `PUT`.
fn expired(message: Json<'_>) -> Option<Signal> {
    let [kind] = message.pick(["e"])?;
    let notice = Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None };
    kind?.is("listenKeyExpired").then_some(notice)
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [ping, time] = message.pick(["ping", "time"])?;
    let echo = Echo::new().string(ping?)?.words(r#","time":"#).string(time?)?;
    Some(Signal::Challenge { token: echo.into_token() })
}

impl Responder for BingxSpot {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        respond(token, out)
    }
}

impl Platform for BingxSpot {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults_by_challenges(&RULES)
    }
}
