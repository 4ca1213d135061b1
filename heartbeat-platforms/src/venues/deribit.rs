//! Deribit: challenges in JSON-RPC, which begin once the client asks for them.
//!
//! Sources, read 2026-11-23: `docs.deribit.com/api-reference/session-management`, pages
//! `public-set_heartbeat` and `private-enable_cancel_on_disconnect`; and a third party's
//! measurements on a live socket, 2026-09 ("measured" below).

use core::fmt;
use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder, Safeguard,
    Signal, Token,
};

use super::{PROBING, Profile, RESERVED_IDS, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Begins, BrokenBy, ChallengeRule, CloseRule, Confidence, Facts, OrderSafety, Rules,
    SilenceRule, Via,
};

/// The id of the request that arms the heartbeat.
const ARM_ID: u64 = RESERVED_IDS + 1;

/// The id of every response to a challenge. One is enough: nobody waits for a certain reply.
const RESPONSE_ID: u64 = RESERVED_IDS + 2;

/// The id of the request to cancel on disconnect.
const CANCEL_ID: u64 = RESERVED_IDS + 3;

/// The digits are those that all three ids begin with; a number cannot be escaped.
static SIEVE: Sieve<2> = Sieve::new([Needle::new("heartbeat"), Needle::new("794483050414")])
    .data(&[Opening::new(&[r#"{"jsonrpc":"2.0","method":""#]).unless(&["heartbeat"])]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Measured: about every 10.6 s at an interval of 10.
        every: Duration::from_secs(10),
        // Documented: closed "immediately". Measured: 10.0 s after the challenge, at an
        // interval of 10; whether the grace grows with the interval is not known.
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    beat_every: Some(Duration::from_secs(10)),
    begins: Begins::Arming,
    silence: Some(SilenceRule {
        // Measured: 60.5 s on a connection that neither sent nor subscribed, three times.
        // Documented: ten minutes.
        limit: Duration::from_secs(60),
        broken_by: BrokenBy::AnyMessage,
        counts_pings: false,
    }),
    // Measured, twice; the codes are not documented.
    heartbeat_close: CloseRule::Code { code: 4000, reason: "heartbeat close" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: "RFC 6455 asks for it, and no report denies it" },
    // 32 connections at once per address, HTTP included, and 16 sessions per key: a number of
    // connections, not a rate.
    order_safety: OrderSafety::CancelOnDisconnect {
        via: Via::WebSocket,
        // Not upon `private/logout`.
        how: "`private/enable_cancel_on_disconnect` with `scope` `connection` or `account`, \
              after authentication",
    },
    heartbeat_failure_codes: &[4000],
    sources: "docs.deribit.com, session management; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Deribit's dialect, with the interval that is asked for.
///
/// Ids from `0x4842_0000_0000` on are its own; an application must not use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deribit {
    interval: Duration,
}

impl Deribit {
    /// The shortest interval (documented: "not less than 10").
    pub const INTERVAL_MIN: Duration = Duration::from_secs(10);

    /// The longest interval. The documents name none; one third party's client says 3600.
    pub const INTERVAL_MAX: Duration = Duration::from_secs(3600);

    /// Makes the dialect with an interval between the venue's heartbeats.
    ///
    /// # Errors
    ///
    /// [`IntervalError`] if it is shorter than [`INTERVAL_MIN`](Self::INTERVAL_MIN), longer than
    /// [`INTERVAL_MAX`](Self::INTERVAL_MAX), or not whole seconds.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_platforms::venues::deribit::Deribit;
    ///
    /// assert!(Deribit::new(Duration::from_secs(10)).is_ok());
    /// assert_eq!(
    ///     Deribit::new(Duration::from_secs(9)).unwrap_err().to_string(),
    ///     "interval (9s) must be at least 10s, at most 3600s, and whole seconds",
    /// );
    /// ```
    pub fn new(interval: Duration) -> Result<Self, IntervalError> {
        let in_range = (Self::INTERVAL_MIN..=Self::INTERVAL_MAX).contains(&interval);
        if in_range && interval.subsec_nanos() == 0 {
            Ok(Self { interval })
        } else {
            Err(IntervalError { interval })
        }
    }
}

impl Default for Deribit {
    /// Makes the dialect with the shortest interval, which finds a dead session fastest.
    fn default() -> Self {
        Self::STANDARD
    }
}

/// An interval that the venue does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalError {
    interval: Duration,
}

impl fmt::Display for IntervalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "interval ({:?}) must be at least {:?}, at most {:?}, and whole seconds",
            self.interval,
            Deribit::INTERVAL_MIN,
            Deribit::INTERVAL_MAX
        )
    }
}

impl core::error::Error for IntervalError {}

impl Venue for Deribit {
    const STANDARD: Self = Self { interval: Self::INTERVAL_MIN };

    const PROFILE: Profile = Profile {
        name: "deribit",
        production_url: Some("wss://www.deribit.com/ws/api/v2"),
        test_url: Some("wss://test.deribit.com/ws/api/v2"),
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Deribit {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

const CANCEL: Safeguard = Safeguard::CancelOnDisconnect;

fn read(message: Json<'_>) -> Option<Signal> {
    let [method, params, id, result, error] =
        message.pick(["method", "params", "id", "result", "error"])?;
    if let Some(method) = method {
        let [kind] = params.filter(|_| method.is("heartbeat"))?.pick(["type"])?;
        let kind = kind?;
        return if kind.is("test_request") {
            Some(Signal::Challenge { token: Token::default() })
        } else {
            kind.is("heartbeat").then_some(Signal::Beat { counter: None })
        };
    }
    match (id?.as_u64()?, result, error) {
        (ARM_ID, Some(result), None) => result.is("ok").then_some(Signal::Armed),
        (ARM_ID, None, Some(error)) => error.is_object().then_some(Signal::ArmRefused),
        (CANCEL_ID, Some(result), None) => {
            result.is("ok").then_some(Signal::SafeguardSet { safeguard: CANCEL })
        }
        (CANCEL_ID, None, Some(error)) => {
            error.is_object().then_some(Signal::SafeguardRefused { safeguard: CANCEL })
        }
        // The reply to our response proves the session once more.
        (RESPONSE_ID, Some(_), None) => Some(Signal::Beat { counter: None }),
        _ => None,
    }
}

impl Responder for Deribit {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(
            r#"{{"jsonrpc":"2.0","id":{RESPONSE_ID},"method":"public/test","params":{{}}}}"#
        ))
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(
            r#"{{"jsonrpc":"2.0","id":{ARM_ID},"method":"public/set_heartbeat","params":{}}}"#,
            format_args!(r#"{{"interval":{}}}"#, self.interval.as_secs())
        ))
    }

    /// Asks for the orders of this connection, once it has authenticated: those of the whole
    /// account, as the wider scope has it, are not this session's to cancel.
    fn cancel_on_disconnect(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        let method = "private/enable_cancel_on_disconnect";
        out.text(format_args!(
            r#"{{"jsonrpc":"2.0","id":{CANCEL_ID},"method":"{method}","params":{}}}"#,
            r#"{"scope":"connection"}"#
        ))
    }
}

impl Platform for Deribit {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Probes are ping frames, which a proxy may answer while the session behind it is dead;
        // the session clock catches that, after six intervals without a beat.
        defaults(&RULES).probing(PROBING).session_limit(self.interval.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn the_needle_is_in_every_id() {
        for id in [ARM_ID, RESPONSE_ID, CANCEL_ID] {
            assert!(id.to_string().starts_with("794483050414"));
        }
    }

    #[test]
    fn an_interval_is_asked_for_as_it_was_given() {
        let secs = Duration::from_secs;
        let mut out = Outbox::new();
        Deribit::new(secs(3600)).unwrap().arm(&mut out).unwrap();
        let Some(Frame::Text(text)) = out.frame() else { panic!("{out:?}") };
        assert!(text.ends_with(r#""params":{"interval":3600}}"#), "{text}");
        for interval in [secs(0), secs(9), Duration::from_millis(10_500), secs(3601)] {
            assert_eq!(Deribit::new(interval), Err(IntervalError { interval }));
        }
    }

    #[test]
    fn every_interval_has_defaults_that_build() {
        for interval in [10, 11, 30, 3600] {
            let deribit = Deribit::new(Duration::from_secs(interval)).unwrap();
            let config = deribit.defaults().build().unwrap();
            assert_eq!(config.session_limit(), Some(Duration::from_secs(2 * interval)));
            assert_eq!(config.detection_bound(), Duration::from_secs(14));
        }
    }
}
