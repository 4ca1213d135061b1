//! Deribit: challenges in JSON-RPC, which begin once the client asks for them.
//!
//! Sources, read 2026-11-23: `docs.deribit.com/api-reference/session-management`, pages
//! `public-set_heartbeat` and `private-enable_cancel_on_disconnect`; and a third party's
//! measurements on a live socket, 2026-09 ("measured" below).
//!
//! Not meant here: Starbase, a gateway in SBE, which cancels on disconnect by the order.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, NoticeKind, Outbox, OutboxError, Platform, Responder,
    Safeguard, Signal, Token,
};

use super::dialect::Dialect;
use super::{PROBING, Profile, RESERVED_IDS, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, Begins, BrokenBy, ChallengeRule, CloseRule, Confidence, Covers, Facts,
    OrderSafety, Rules, SafeguardRule, Scope, SilenceRule, Trigger, Via,
};

/// The id of the request that arms the heartbeat.
const ARM_ID: u64 = RESERVED_IDS + 1;

/// The id of every response to a challenge. One is enough: nobody waits for a certain reply.
const RESPONSE_ID: u64 = RESERVED_IDS + 2;

/// The id of the request to cancel on disconnect.
const CANCEL_ID: u64 = RESERVED_IDS + 3;

/// The digits are those that all three ids begin with; a number cannot be escaped.
/// The code and the reason of the reply to whatever is asked with a token that is over
/// (docs.deribit.com, "Error Codes", its example). The code alone says no more than that a token is
/// wrong, old or badly signed.
const UNAUTHORIZED: u64 = 13_009;
const EXPIRED: &str = "token has expired";

static SIEVE: Sieve<3> =
    Sieve::new([Needle::new("heartbeat"), Needle::new("794483050414"), Needle::new(EXPIRED)])
        .data(&[Opening::new(&[r#"{"jsonrpc":"2.0","method":""#]).unless(&["heartbeat"])]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // As asked for. Measured: about every 10.6 s at an interval of 10.
        every: Deribit::STANDARD.interval,
        // Documented: closed "immediately". Measured: 10.0 s after the challenge, at an
        // interval of 10; whether the grace grows with the interval is not known.
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    beat_every: Some(Deribit::STANDARD.interval),
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
    // HTTP included; sessions for a key.
    connections_at_once: &[
        AtOnce { count: 32, scope: Scope::Address },
        AtOnce { count: 16, scope: Scope::Key },
    ],
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::WebSocket,
        how: "`private/enable_cancel_on_disconnect` with `scope` `connection` or `account`, \
              after authentication",
        covers: Covers::ConnectionOrAccount,
        spares: &[
            "orders of other connections, with `connection`",
            "orders of a client that sends `private/logout`",
        ],
        surprises: &["without a heartbeat it takes ten minutes of silence"],
        ..SafeguardRule::NEW
    }]),
    heartbeat_failure_codes: &[4000],
    sources: "docs.deribit.com, session management; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Coinbase's gateway. ccxt, 4.5.90: a connection on which the client sends no message for about
/// 30 s is closed with 1011, and ping frames are none. Our responses are the messages, so it is
/// armed at half of that.
pub(super) const DRB_RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        every: DRB_INTERVAL,
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    beat_every: Some(DRB_INTERVAL),
    silence: Some(SilenceRule {
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    ..RULES
};

pub(super) const DRB_FACTS: Facts = Facts {
    heartbeat_failure_codes: &[1011, 4000],
    assumed: &["that the gateway keeps Deribit's rules but for the silence"],
    sources: "docs.cdp.coinbase.com, Global Derivatives; ccxt 4.5.90",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..FACTS
};

const DRB_INTERVAL: Duration = Duration::from_secs(15);

pub(super) const AT_DRB: Deribit = Deribit { interval: DRB_INTERVAL };

static DRB: Deribit = AT_DRB;

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
    /// Makes the dialect with an interval of 30 s, as the venue advises.
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
    // The venue's support (article 25944603459613) advises 30 s to 60 s, and says that who asks for
    // less may meet stricter limits. A dead line is found by probes, well before.
    const STANDARD: Self = Self { interval: Duration::from_secs(30) };

    const PROFILE: Profile = Profile {
        name: "deribit",
        endpoints: &[
            Row::production("wss://www.deribit.com/ws/api/v2").auth(Auth::Optional),
            Row::test("wss://test.deribit.com/ws/api/v2").auth(Auth::Optional),
            // Coinbase's gateway to Deribit: requests and what is private on the one, streams on
            // the other.
            Row::real("drb", "wss://drb.coinbase.com/ws/api/v2")
                .auth(Auth::Optional)
                .rules(&DRB_RULES)
                .facts(&DRB_FACTS)
                .platform(&DRB),
            Row::real("drb-streams", "wss://streams.drb.coinbase.com/ws/api/v2")
                .rules(&DRB_RULES)
                .facts(&DRB_FACTS)
                .platform(&DRB),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for Deribit {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        self.defaults().patience(rules.patience())
    }
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
        (_, None, Some(error)) if is_expired(error) => {
            Some(Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None })
        }
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

/// Tells whether an error says that the session is over.
fn is_expired(error: Json<'_>) -> bool {
    let expired = || {
        let [code, data] = error.pick(["code", "data"])?;
        let [reason] = data?.pick(["reason"])?;
        Some(code?.as_u64()? == UNAUTHORIZED && reason?.is(EXPIRED))
    };
    expired().unwrap_or(false)
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
        // the session clock catches that, after four and a half intervals without a beat.
        let limit = self.interval.saturating_mul(3).div_f32(2.0);
        defaults(&RULES).probing(PROBING).session_limit(limit)
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
            assert_eq!(config.session_limit(), Some(Duration::from_millis(1_500 * interval)));
            assert_eq!(config.silence_bound(), Duration::from_secs(14));
        }
    }
}
