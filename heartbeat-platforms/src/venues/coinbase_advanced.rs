//! Coinbase Advanced Trade: counted beats, on a channel to be subscribed to.
//!
//! Sources, read 2026-11-23: `docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket`,
//! "WebSocket Channels", and its reference page `heartbeats`. The venue's derivatives speak
//! Deribit's dialect instead: `deribit/drb`.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{Profile, Row, Venue, defaults};
use crate::json::{Json, Text};
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Begins, BrokenBy, Budget, CloseRule, Confidence, Facts, MessageBudget,
    OrderSafety, Rules, SilenceRule,
};

/// The channel of the beats. Coinbase Exchange, another venue, calls its own `heartbeat`.
const CHANNEL: &str = "heartbeats";

/// The longest frame that may be a heartbeat, in bytes: the venue's acknowledgement lists every
/// subscription of the connection, and an application may have made a thousand before ours.
const LONGEST: usize = 16 * 1024;

/// The time between beats.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// How long after the upgrade the first subscription must come. Documented for Coinbase
/// Exchange; two third parties (2026-07, 2026-09) report it here as well.
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(5);

static SIEVE: Sieve<2> =
    Sieve::with_longest(Some(LONGEST), [Needle::new(CHANNEL), Needle::new("error")])
        .data(&[Opening::new(&[r#"{"channel":""#]).unless(&[CHANNEL, "subscriptions"])]);

const RULES: Rules = Rules {
    beat_every: Some(BEAT_EVERY),
    begins: Begins::Arming,
    subscribe_within: Some(SUBSCRIBE_WITHIN),
    silence: Some(SilenceRule {
        // Documented: "within 60-90 seconds if no updates are sent".
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the official client coinbase-advanced-py pings and gives up without a pong",
    },
    // Documented for Coinbase App; another page of the venue's says 750.
    connect_budget: Some(Budget::per_address(8, Duration::from_secs(1))),
    // Documented for messages without authentication.
    message_budget: Some(MessageBudget {
        budget: Budget::per_address(8, Duration::from_secs(1)),
        counts_control_frames: false,
    }),
    order_safety: OrderSafety::NoOrders,
    sources: "docs.cdp.coinbase.com, Advanced Trade WebSocket",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Coinbase's dialect on its Advanced Trade endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct CoinbaseAdvanced;

impl Venue for CoinbaseAdvanced {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "coinbase-advanced",
        endpoints: &[
            Row::production("wss://advanced-trade-ws.coinbase.com"),
            Row::real("user", "wss://advanced-trade-ws-user.coinbase.com").auth(Auth::Message),
            // Of several clients; no document that was read has it.
            Row::demo("sandbox", "wss://advanced-trade-ws-sandbox.coinbase.com"),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for CoinbaseAdvanced {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind, channel, events] = message.pick(["type", "channel", "events"])?;
    match (kind, channel) {
        // It does not say which subscription failed. After the arming it is the application's.
        (Some(kind), None) if kind.is("error") => Some(Signal::ArmRefused),
        (None, Some(channel)) if channel.is(CHANNEL) => {
            let counter = read_counter(events?.items()?.next()?)?;
            Some(Signal::Beat { counter: Some(counter) })
        }
        (None, Some(channel)) if channel.is("subscriptions") => {
            events?.items()?.any(holds_heartbeats).then_some(Signal::Armed)
        }
        _ => None,
    }
}

/// Reads the counter of a beat: a string in the documents, a number in captures since 2025.
fn read_counter(event: Json<'_>) -> Option<u64> {
    let [counter] = event.pick(["heartbeat_counter"])?;
    let counter = counter?;
    counter.as_u64().or_else(|| counter.text().and_then(decimal))
}

/// Reads a decimal number; `None` if it is empty, larger than 2^64 - 1, or holds anything but
/// digits.
fn decimal(text: Text<'_>) -> Option<u64> {
    let mut number = None;
    for digit in text.chars() {
        let digit = u64::from(digit.to_digit(10)?);
        number = Some(number.unwrap_or(0u64).checked_mul(10)?.checked_add(digit)?);
    }
    number
}

/// Tells whether a list of subscriptions holds that of the beats.
fn holds_heartbeats(event: Json<'_>) -> bool {
    let subscriptions = event.pick(["subscriptions"]).and_then(|[subscriptions]| subscriptions);
    let beats = subscriptions.and_then(|list| list.pick([CHANNEL])).and_then(|[beats]| beats);
    beats.is_some()
}

impl Responder for CoinbaseAdvanced {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"type":"subscribe","channel":"{CHANNEL}"}}"#))
    }
}

impl Platform for CoinbaseAdvanced {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // No probes: nobody says that the venue answers pings. Five beats missed, three
        // times in a row, are a dead line after 15 s.
        defaults(&RULES).arm_within(SUBSCRIBE_WITHIN).session_limit(BEAT_EVERY.saturating_mul(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_a_number_or_a_string_of_digits() {
        for (counter, number) in [
            ("42", Some(42)),
            (r#""3049""#, Some(3049)),
            (r#""30\u00349""#, Some(3049)),
            (r#""18446744073709551615""#, Some(u64::MAX)),
            (r#""18446744073709551616""#, None),
            (r#""""#, None),
            (r#""+1""#, None),
            (r#"" 1""#, None),
            ("-1", None),
            ("1.0", None),
            ("null", None),
            ("[1]", None),
        ] {
            let text = std::format!(r#"{{"heartbeat_counter":{counter}}}"#);
            assert_eq!(read_counter(Json::parse(&text).unwrap()), number, "{counter}");
        }
    }
}
