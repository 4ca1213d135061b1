//! KuCoin, the classic endpoints: the client pings in JSON, as often as the venue announced.
//!
//! Sources: `github.com/Kucoin/kucoin-api-docs`, 2023-06-09, "Websocket Feed";
//! `github.com/Kucoin/kucoin-universal-sdk`, 2025-11-04; `kucoin-api@1672e81`, 2026-07-27, for the
//! dead-man switch of unified accounts and the age; and a third party's measurements on a
//! live socket, 2026-09 ("measured" below). The newer hosts `x-push-{spot,futures}.kucoin.com`,
//! their twins under `kucoin.eu` and `wsapi-push.kucoin.com` speak in binary frames, and are not
//! spoken to here: they are no rows of the table.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Pace, Patience, Platform,
    ProbeId, Probing, Refusal, RefusalCode, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, BrokenBy, Budget, CloseRule, Confidence, Covers, Facts, MessageBudget,
    OrderSafety, Rules, SafeguardRule, SilenceRule, Timer, TimerUnit, Trigger, Via,
};

/// How long a client may send nothing, whatever the venue announced. Measured: 60.5 s and
/// 60.4 s, with 18 s and 10 s announced, the first time on a connection full of data.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// What a connection is told whose token is over: 24 h after it was made, by the documents. Two
/// connectors quote the message (ccxt/ccxt; knowm/XChange#4740, 2023-07).
const EXPIRED: &str = "token is expired";

static SIEVE: Sieve<2> = Sieve::new([Needle::new("pong"), Needle::new(EXPIRED)]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // A ping is due after the interval and given up after the timeout. Measured: 60 s; the
        // documents say "a long time".
        limit: Kucoin::STANDARD.patience(),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    // Measured on the futures host; a connection without a subscription was cut once.
    heartbeat_close: CloseRule::Code { code: 1000, reason: "Bye" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // A comment in ccxt 4.5.90: ping frames are not supported. The client JKorf/Kucoin.Net relies
    // on them all the same; the stricter reading stays.
    answers_pings: Answered::No,
    // Documented: expect to be cut.
    max_age: Some(Duration::from_secs(24 * 3_600)),
    connect_budget: Some(Budget::per_address(30, Duration::from_secs(60))),
    // Documented 2023-06; the newer hosts bear 300, pings included.
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(100, Duration::from_secs(10)),
        counts_control_frames: true,
    }),
    // Not tied to the connection. The endpoint's text says that only calling it again winds it up;
    // that of an attribute, that any request does.
    order_safety: OrderSafety::Guarded(&[
        SafeguardRule {
            trigger: Trigger::Timer(
                Timer::new(TimerUnit::Seconds, Duration::from_secs(30), Duration::from_secs(10))
                    .within(Duration::from_secs(5), Duration::from_secs(86400)),
            ),
            via: Via::Rest,
            how: "`POST /api/v1/hf/orders/dead-cancel-all` with `timeout`, of classic spot",
            covers: Covers::Account,
            spares: &["futures and margin"],
            surprises: &["only calling it again winds it up"],
            ..SafeguardRule::NEW
        },
        SafeguardRule {
            trigger: Trigger::Timer(Timer::new(
                TimerUnit::Seconds,
                Duration::from_secs(30),
                Duration::from_secs(10),
            )),
            via: Via::Rest,
            how: "`POST /api/ua/v1/dcp/set`, of a unified account: `SPOT`, `FUTURES` or `MARGIN`",
            covers: Covers::Product,
            surprises: &["cancelling may lag by 10 s"],
            ..SafeguardRule::NEW
        },
    ]),
    heartbeat_failure_codes: &[1000],
    // The answer to an upgrade with a token that is over (ccxt/ccxt#11649, JKorf/Kucoin.Net#140).
    refusals: &[(RefusalCode::Status(401), Refusal::SessionExpired)],
    sources: "Kucoin/kucoin-api-docs; kucoin-universal-sdk; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// KuCoin's dialect on its classic spot and futures endpoints, with the times that the venue
/// announced.
///
/// The request ids `hb-0` to `hb-4294967295` are its own; an application must not use them. It
/// must wait for the venue's `welcome`, which it gets as data, before it subscribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kucoin {
    interval: Duration,
    timeout: Duration,
}

impl Kucoin {
    /// The shortest interval: a third of it is the time between probes, of which there must not
    /// be more than one a second, and an answer needs some of that.
    pub const INTERVAL_MIN: Duration = Duration::from_secs(6);

    /// The longest interval. The venue has announced 18 s and, until 2023, 50 s.
    pub const INTERVAL_MAX: Duration = Duration::from_secs(3600);

    /// The shortest timeout: twice the stall of our own that is tolerated.
    pub const TIMEOUT_MIN: Duration = Duration::from_secs(2);

    /// The longest timeout. The venue has announced 10 s.
    pub const TIMEOUT_MAX: Duration = Duration::from_secs(3600);

    /// Makes the dialect with the `pingInterval` and the `pingTimeout` that came with the token
    /// of the connection, in milliseconds there.
    ///
    /// # Errors
    ///
    /// [`TimingError`] if one of them is shorter than [`INTERVAL_MIN`](Self::INTERVAL_MIN) or
    /// [`TIMEOUT_MIN`](Self::TIMEOUT_MIN), or longer than [`INTERVAL_MAX`](Self::INTERVAL_MAX) or
    /// [`TIMEOUT_MAX`](Self::TIMEOUT_MAX).
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_platforms::venues::kucoin::Kucoin;
    ///
    /// let millis = Duration::from_millis;
    /// assert_eq!(Kucoin::new(millis(18_000), millis(10_000)), Ok(Kucoin::default()));
    /// assert_eq!(
    ///     Kucoin::new(millis(5_999), millis(10_000)).unwrap_err().to_string(),
    ///     "ping interval (5.999s) must be at least 6s and at most 3600s",
    /// );
    /// ```
    pub fn new(interval: Duration, timeout: Duration) -> Result<Self, TimingError> {
        let check = |field, value, (min, max)| {
            let in_range = min <= value && value <= max;
            if in_range { Ok(value) } else { Err(TimingError { field, value, min, max }) }
        };
        let intervals = (Self::INTERVAL_MIN, Self::INTERVAL_MAX);
        let timeouts = (Self::TIMEOUT_MIN, Self::TIMEOUT_MAX);
        Ok(Self {
            interval: check("ping interval", interval, intervals)?,
            timeout: check("ping timeout", timeout, timeouts)?,
        })
    }

    /// Returns how long the venue may be left without a message of ours.
    const fn patience(self) -> Duration {
        let announced = self.interval.saturating_add(self.timeout);
        if announced.as_nanos() < SILENCE_MAX.as_nanos() { announced } else { SILENCE_MAX }
    }

    /// Returns probes three to an interval, but no more often than elsewhere: they find a dead
    /// line before the venue does, whatever it announced.
    #[expect(clippy::arithmetic_side_effects, reason = "the divisors are not zero")]
    fn probing(self) -> Probing {
        let every = PROBING.every.min(self.interval / 3);
        let share = every.saturating_mul(3) / 5;
        Probing {
            every,
            answer_within: PROBING.answer_within.min(share).min(self.timeout),
            pace: Pace::Unconditional,
        }
    }
}

impl Default for Kucoin {
    /// Makes the dialect with 18 s and 10 s, which the venue announces in 2026.
    fn default() -> Self {
        Self::STANDARD
    }
}

/// A time that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingError {
    field: &'static str,
    value: Duration,
    min: Duration,
    max: Duration,
}

impl fmt::Display for TimingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, min, max } = self;
        write!(f, "{field} ({value:?}) must be at least {min:?} and at most {max:?}")
    }
}

impl core::error::Error for TimingError {}

impl Venue for Kucoin {
    const STANDARD: Self =
        Self { interval: Duration::from_secs(18), timeout: Duration::from_secs(10) };

    const PROFILE: Profile = Profile {
        name: "kucoin",
        endpoints: &[
            // With the query `token`, and both as `POST /api/v1/bullet-public` returns them. The
            // sandbox is closed.
            Row::production("wss://ws-api-spot.kucoin.com/").auth(Auth::Url),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Kucoin {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind, id, data] = message.pick(["type", "id", "data"])?;
    let kind = kind?;
    if kind.is("pong") {
        return Some(rpc::pong(rpc::named(id?.text()?)));
    }
    let notice = Signal::Notice { kind: NoticeKind::SessionExpired, deadline: None };
    (kind.is("error") && data?.is(EXPIRED)).then_some(notice)
}

impl Responder for Kucoin {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"id":"hb-{id}","type":"ping"}}"#))
    }
}

impl Platform for Kucoin {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        let patience = Patience { silence: Some(self.patience()), ..RULES.patience() };
        // Documented: the connection is open to messages once the venue has said `welcome`.
        defaults(&RULES).patience(patience).probing(self.probing()).probe_at_once(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn kucoin(interval: Duration, timeout: Duration) -> Kucoin {
        Kucoin::new(interval, timeout).unwrap()
    }

    #[test]
    fn what_the_venue_announced_decides_how_long_it_waits() {
        for (interval, timeout, patience) in [(18, 10, 28), (50, 10, 60), (6, 2, 8), (3600, 2, 60)]
        {
            let config = kucoin(interval * SECOND, timeout * SECOND).defaults().build().unwrap();
            assert_eq!(config.patience().silence, Some(patience * SECOND));
        }
    }

    #[test]
    fn every_announcement_has_defaults_that_are_faster_than_the_venue() {
        let intervals = [Kucoin::INTERVAL_MIN, 10 * SECOND, 15 * SECOND, Kucoin::INTERVAL_MAX];
        let timeouts = [Kucoin::TIMEOUT_MIN, 3 * SECOND, 10 * SECOND, Kucoin::TIMEOUT_MAX];
        for interval in intervals {
            for timeout in timeouts {
                let config = kucoin(interval, timeout).defaults().build().unwrap();
                let probing = config.probing().unwrap();
                assert!(probing.every > SECOND && probing.every * 3 <= interval.max(15 * SECOND));
                assert!(probing.answer_within <= timeout);
                let bound = config.silence_bound();
                assert!(bound < interval && bound <= 15 * SECOND, "{interval:?}: {bound:?}");
            }
        }
    }

    #[test]
    fn a_time_out_of_range_is_refused_by_name() {
        let (interval, timeout) = (18 * SECOND, 10 * SECOND);
        for (interval, timeout, field) in [
            (Duration::ZERO, timeout, "ping interval"),
            (Kucoin::INTERVAL_MAX + SECOND, timeout, "ping interval"),
            (interval, Duration::from_millis(1999), "ping timeout"),
            (interval, Duration::MAX, "ping timeout"),
        ] {
            assert_eq!(Kucoin::new(interval, timeout).map_err(|error| error.field), Err(field));
        }
    }
}
