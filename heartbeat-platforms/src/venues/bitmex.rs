//! BitMEX: the client sends the text `ping` and gets the text `pong`.
//!
//! Sources, read 2026-11-23: copies of the official documentation, "WebSocket API",
//! "Heartbeats" and "Dead Man's Switch", since the page itself was not at hand; and
//! `blog.bitmex.com`, "Updates to Rate Limits".

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, DeadManRange, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform,
    ProbeId, Responder, Safeguard, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::{Json, Text};
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Budget, Confidence, Covers, Facts, Hazard, OrderSafety, Rules, SafeguardRule,
    Timer, TimerUnit, Trigger, Via,
};

/// The operation that winds up the dead-man switch. Its name is quoted in every reply.
const CANCEL_ALL_AFTER: &str = "cancelAllAfter";

/// How the venue begins to say that what a subscription was granted by is over. Its note asks to
/// subscribe anew with another token; the socket stays, and is mute. No document has it, four
/// connectors know it (public repositories, 2018 to 2023).
const EXPIRED: &str = "Access Token expired for subscription";

static SIEVE: Sieve<2> = Sieve::new([Needle::new(CANCEL_ALL_AFTER), Needle::new(EXPIRED)]);

/// Documented: below 5 s it may run out on a connection that is well. No longest is.
const DEAD_MAN_RANGE: DeadManRange = DeadManRange {
    shortest: Duration::from_secs(5),
    longest: None,
    step: Duration::from_millis(1),
};

/// The venue expects no ping; whether and when it drops a silent client is not documented.
const RULES: Rules = Rules::NONE;

const FACTS: Facts = Facts {
    // Documented: a ping frame or the text, as the client likes.
    answers_pings: Answered::Yes,
    // Too many errors in a session end it; to authenticate twice is one.
    hazards: &[Hazard::RepeatedErrors],
    // The blog; before that 40, and 20 in 2017. The venue's first message said 300 until
    // 2026-03, without a span; one connector (2026-07) says 3 in a second.
    connect_budget: Some(Budget::per_address(60, Duration::from_secs(3_600))),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(
            Timer::new(TimerUnit::Millis, Duration::from_secs(60), Duration::from_secs(15))
                .at_least(Duration::from_secs(5)),
        ),
        via: Via::WebSocket,
        how: "`cancelAllAfter` with the time, after authentication",
        covers: Covers::Account,
        surprises: &["below 5 s it may run out on a connection that is well"],
        ..SafeguardRule::NEW
    }]),
    sources: "copies of the BitMEX WebSocket API guide; connectors",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// BitMEX's dialect on its realtime endpoint, with its dead-man switch for those who
/// [ask for it](heartbeat_core::DeadMan) and have authenticated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bitmex;

impl Venue for Bitmex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bitmex",
        endpoints: &[
            Row::production("wss://ws.bitmex.com/realtime").auth(Auth::Optional),
            Row::test("wss://ws.testnet.bitmex.com/realtime").auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Bitmex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        // Four bytes among JSON; the venue's own older client took them for an error.
        if frame == Frame::Text("pong") {
            return Signal::Answer { probe: None };
        }
        SIEVE.classify(frame, read)
    }
}

/// Reads the reply to [`CANCEL_ALL_AFTER`], which quotes the request. The time at which the
/// orders are cancelled is the number 0 where the switch was switched off.
fn read(message: Json<'_>) -> Option<Signal> {
    let [cancel_time, error, request] = message.pick(["cancelTime", "error", "request"])?;
    if error.and_then(Json::text).is_some_and(|error| begins(error, EXPIRED)) {
        return Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None });
    }
    let [op] = request?.pick(["op"])?;
    if !op?.is(CANCEL_ALL_AFTER) {
        return None;
    }
    let safeguard = Safeguard::DeadMan;
    match (cancel_time, error) {
        (Some(time), None) => time.text().map(|_| Signal::SafeguardSet { safeguard }),
        (None, Some(error)) => error.text().map(|_| Signal::SafeguardRefused { safeguard }),
        _ => None,
    }
}

fn begins(text: Text<'_>, with: &str) -> bool {
    let mut said = text.chars();
    with.chars().all(|letter| said.next() == Some(letter))
}

impl Responder for Bitmex {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        // Of the two forms the one that a proxy cannot answer.
        out.text(format_args!("ping"))
    }

    fn dead_man(&self, timeout: Duration, out: &mut Outbox) -> Result<(), OutboxError> {
        let millis = timeout.as_millis();
        out.text(format_args!(r#"{{"op":"{CANCEL_ALL_AFTER}","args":{millis}}}"#))
    }
}

impl Platform for Bitmex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Documented: a ping after 5 s of silence, reconnect after 5 s without its pong. Probes
        // that do not wait for silence also keep ahead of whatever patience the venue has.
        defaults(&RULES).probing(PROBING).dead_man_range(DEAD_MAN_RANGE)
    }
}
