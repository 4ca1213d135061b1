//! Gemini's legacy feeds: beats, which the URL asks for.
//!
//! Sources, read 2026-11-23: a client's quotation of the documentation, which was since replaced
//! (`thrasher-corp/gocryptotrader@7417b81`); captures; and a third party's measurements on the v2
//! feed, 2026-09 ("measured" below). The API at `ws.gemini.com` is another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Auth, Confidence, Covers, Facts, OrderSafety, Rules, SafeguardRule, Timer, TimerUnit, Trigger,
    Via,
};

/// The time between beats, data or none (documented; measured on the v2 feed).
const BEAT_EVERY: Duration = Duration::from_secs(5);

/// A beat and a half.
const LIMIT: Duration = Duration::from_millis(7_500);

static SIEVE: Sieve<1> = Sieve::new([Needle::new("heartbeat")])
    .data(&[Opening::new(&[r#"{"type":""#]).unless(&["heartbeat"])]);

const RULES: Rules = Rules {
    beat_every: Some(BEAT_EVERY),
    // Neither a limit to silence nor a close code was found; the v2 feed sends no ping frames
    // (measured).
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Whether it answers ping frames was looked for and not found.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(Timer::new(
            TimerUnit::Fixed,
            Duration::from_secs(30),
            Duration::from_secs(10),
        )),
        via: Via::Rest,
        how: "a key that \"requires heartbeat\" and `POST /v1/heartbeat`",
        covers: Covers::Key,
        ..SafeguardRule::NEW
    }]),
    sources: "gocryptotrader, quoting the former documentation; captures; measured",
    read: "2026-11-23",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Gemini's dialect on `/v1/marketdata`, `/v1/multimarketdata`, `/v1/order/events` and
/// `/v2/marketdata`.
///
/// Beats are its only proof of life, and the v1 feeds send them only if the URL says
/// `heartbeat=true`: a connection without them is ended after 15 s, busy or not.
///
/// The `socket_sequence` of a beat counts beats and data together, so it is no counter of beats;
/// an application that checks it must know that beats have one too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct GeminiV1;

impl Venue for GeminiV1 {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "gemini-v1",
        endpoints: &[
            Row::production("wss://api.gemini.com/v1/marketdata/btcusd?heartbeat=true"),
            Row::real(
                "multi",
                "wss://api.gemini.com/v1/multimarketdata?heartbeat=true&symbols=BTCUSD",
            ),
            Row::real("orders", "wss://api.gemini.com/v1/order/events?heartbeat=true")
                .auth(Auth::Headers),
            Row::real("v2", "wss://api.gemini.com/v2/marketdata"),
            Row::test("wss://api.sandbox.gemini.com/v1/marketdata/btcusd?heartbeat=true"),
            Row::demo("test-orders", "wss://api.sandbox.gemini.com/v1/order/events?heartbeat=true")
                .auth(Auth::Headers),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for GeminiV1 {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Reads a beat: an object, where order events come in arrays.
fn read(message: Json<'_>) -> Option<Signal> {
    let [kind] = message.pick(["type"])?;
    kind?.is("heartbeat").then_some(Signal::Beat { counter: None })
}

impl Responder for GeminiV1 {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }
}

impl Platform for GeminiV1 {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // No probes: whether the venue answers pings is not known. Two limits in a row without a
        // beat are a dead line after 15 s, when the third is due.
        defaults(&RULES).failure_threshold(2).session_limit(LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_beats_may_be_lost_and_the_third_be_on_time() {
        let config = GeminiV1.defaults().build().unwrap();
        assert_eq!(config.silence_bound(), BEAT_EVERY * 3);
        assert!(LIMIT > BEAT_EVERY, "a beat on time is no failure");
    }
}
