//! Bitfinex v2: beats on every channel, and pings in JSON with an id.
//!
//! Sources, read 2026-11-23: `docs.bitfinex.com/docs/ws-general`; the clients
//! `bitfinex-api-node@35ec5e8` and `bitfinex-api-py` of the venue's own; and a third party's
//! measurements on a live socket, 2026-09 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal,
};

use super::{CONNECTORS, PROBING, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Begins, BrokenBy, Budget, Confidence, Covers, Facts, OrderSafety, Rules,
    SafeguardRule, SilenceRule, Trigger, Via,
};

/// The first of the ping ids that are ours alone.
///
/// How large an id may be is not documented. These 2^32 stay below 2^44, far less than a double
/// can hold, and are past any clock in milliseconds before the year 2250.
const FIRST_CID: u64 = 0x0848_0000_0000;

/// The codes of the venue's announcements: reconnect; a pause of at most 120 s begins; it is
/// over, subscribe again.
const RECONNECT: u64 = 20_051;
const PAUSE: u64 = 20_060;
const RESUME: u64 = 20_061;

static SIEVE: Sieve<3> =
    Sieve::new([Needle::new(r#""hb""#), Needle::new(r#""pong""#), Needle::new(r#""info""#)]).data(
        &[
            Opening::new(&["[", ",["]),
            Opening::new(&["[", r#",""#]).unless(&["hb"]),
            Opening::new(&[r#"{"event":""#]).unless(&["pong", "info"]),
        ],
    );

const RULES: Rules = Rules {
    // Measured: on every channel, busy or quiet. Documented: in its silence alone.
    beat_every: Some(Duration::from_secs(15)),
    begins: Begins::Subscription,
    silence: Some(SilenceRule {
        // Measured, once: about 60 s after the opening of a connection that neither sent nor
        // subscribed, without a close frame. No document names a limit.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // It sends none (measured).
    answers_pings: Answered::Presumed { why: CONNECTORS },
    connect_budget: Some(Budget::per_address(20, Duration::from_secs(60))),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::WebSocket,
        how: "`auth` with `\"dms\":4`, which is the application's to send",
        covers: Covers::Account,
        surprises: &[
            "the one socket that asked ends, and orders of other connections and manual ones go \
             too",
        ],
        ..SafeguardRule::NEW
    }]),
    sources: "docs.bitfinex.com, WebSocket general; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// The authenticated host bears fewer connects, in a burst.
const PRIVATE_FACTS: Facts =
    Facts { connect_budget: Some(Budget::per_address(5, Duration::from_secs(15))), ..FACTS };

/// Bitfinex's dialect on its WebSocket API v2.
///
/// The 2^32 ping ids (`cid`) from `0x0848_0000_0000` on are its own; an application must not use
/// them.
///
/// An application that asks for sequence numbers (`conf`, flag 65536) must know that beats have
/// them too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Bitfinex;

impl Venue for Bitfinex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "bitfinex",
        endpoints: &[
            Row::production("wss://api-pub.bitfinex.com/ws/2"),
            Row::real("private", "wss://api.bitfinex.com/ws/2")
                .auth(Auth::Message)
                .facts(&PRIVATE_FACTS),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Bitfinex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    if let Some(items) = message.items() {
        return read_beat(items);
    }
    let [event, cid, code, platform] = message.pick(["event", "cid", "code", "platform"])?;
    let event = event?;
    if event.is("pong") {
        // The application may ping as well, with an id of its own or with none.
        let ours = cid.and_then(Json::as_u64).and_then(probe_of);
        return Some(match ours {
            Some(probe) => Signal::Answer { probe: Some(probe) },
            None => Signal::Unsolicited,
        });
    }
    let kind = match (event.is("info"), code) {
        (true, Some(code)) => kind_of(code.as_u64()?)?,
        // The greeting has no code, but says whether the platform works.
        (true, None) if is_down(platform?) => NoticeKind::MaintenanceStarted,
        _ => return None,
    };
    Some(Signal::Notice { kind, deadline: None })
}

/// Reads a channel's number and `hb`. Documented: a message's length must not be relied on, for
/// fields may be added at its end; a sequence number is one, where the application wants it.
fn read_beat<'f>(mut items: impl Iterator<Item = Json<'f>>) -> Option<Signal> {
    items.next()?.as_u64()?;
    items.next()?.is("hb").then_some(Signal::Beat { counter: None })
}

fn probe_of(cid: u64) -> Option<ProbeId> {
    let number = cid.checked_sub(FIRST_CID)?;
    u32::try_from(number).ok().map(ProbeId::from_number)
}

const fn kind_of(code: u64) -> Option<NoticeKind> {
    match code {
        RECONNECT => Some(NoticeKind::Shutdown),
        PAUSE => Some(NoticeKind::MaintenanceStarted),
        RESUME => Some(NoticeKind::MaintenanceEnded),
        _ => None,
    }
}

fn is_down(platform: Json<'_>) -> bool {
    let status = platform.pick(["status"]).and_then(|[status]| status);
    status.and_then(Json::as_u64) == Some(0)
}

impl Responder for Bitfinex {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let cid = FIRST_CID.saturating_add(u64::from(id.number()));
        out.text(format_args!(r#"{{"event":"ping","cid":{cid}}}"#))
    }
}

impl Platform for Bitfinex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // The beats are for one channel each, 15 s apart, and none comes before the first
        // subscription: the probes find a dead line sooner, and their answers prove the session.
        defaults(&RULES).probing(PROBING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_id_is_its_probe_and_no_other_id_is_one() {
        let probe = |number| Some(ProbeId::from_number(number));
        assert_eq!(probe_of(FIRST_CID), probe(0));
        assert_eq!(probe_of(FIRST_CID + u64::from(u32::MAX)), probe(u32::MAX));
        assert_eq!(probe_of(FIRST_CID - 1), None);
        assert_eq!(probe_of(FIRST_CID + u64::from(u32::MAX) + 1), None);
        assert_eq!(probe_of(1234), None);
    }

    #[test]
    fn reserved_ids_are_past_the_clock_and_below_44_bits() {
        let (first, last) = (FIRST_CID, FIRST_CID + u64::from(u32::MAX));
        let clock_of_2250 = (2250 - 1970) * 366 * 86_400_000;
        assert!(clock_of_2250 < first && last < 1 << 44, "{first} to {last}");
    }
}
