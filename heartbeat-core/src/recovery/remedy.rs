//! What a failure calls for: the one table of statuses, close codes and verdicts.

use core::time::Duration;

use super::refusal::{Refusal, RefusalCode};
use super::{AttemptFailure, GiveUp, RecoveryConfig};
use crate::{Cause, Settlement};

/// What a failure calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Back off, and tell the breaker this.
    BackOff(Settlement),
    /// The venue closed the connection and said nothing by it: back off, but not for ever.
    Closed(Option<u16>),
    /// A limit of ours ended the connection: back off, but not for ever, and blame nobody.
    OwnLimit,
    /// The venue broke the rules of the protocol, or those of reason: back off, but not for ever.
    Broke,
    /// The venue refused us: pause, longer with each in a row.
    Pause {
        refusal: Refusal,
        code: Option<RefusalCode>,
        /// What it asked for.
        asked: Option<Duration>,
    },
    /// It may be for good: pause, and give up when it stays.
    Deny { refusal: Refusal, code: Option<RefusalCode>, asked: Option<Duration> },
    /// The credentials were refused, and that is certain: pause, as often as that is allowed.
    RefuseCredentials(Option<RefusalCode>),
    /// No further attempt.
    GiveUp(GiveUp),
}

impl Remedy {
    /// What the breaker is told of an attempt that ended so. It is about the venue, and not about
    /// what we ask of it.
    pub(super) const fn settlement(self) -> Settlement {
        match self {
            Self::BackOff(settlement) => settlement,
            Self::Closed(_) | Self::Broke => Settlement::Failure,
            Self::OwnLimit
            | Self::Pause { .. }
            | Self::Deny { .. }
            | Self::RefuseCredentials(_)
            | Self::GiveUp(_) => Settlement::Neutral,
        }
    }

    pub(super) fn of_failure(failure: AttemptFailure, config: &RecoveryConfig) -> Self {
        match failure {
            AttemptFailure::Http { status, retry_after, with_credentials } => {
                Self::of_status(status, retry_after, with_credentials, config)
            }
            AttemptFailure::Redirected { status } => Self::GiveUp(GiveUp::Redirected { status }),
            AttemptFailure::Unreachable => Self::BackOff(Settlement::Failure),
            AttemptFailure::AuthRefused { is_final: true } => {
                Self::GiveUp(GiveUp::Unauthorized { status: None })
            }
            AttemptFailure::AuthRefused { is_final: false } => {
                Self::Deny { refusal: Refusal::Credentials, code: None, asked: None }
            }
            AttemptFailure::NotReady => Self::BackOff(Settlement::Neutral),
        }
    }

    fn of_status(
        status: u16,
        asked: Option<Duration>,
        with_credentials: bool,
        config: &RecoveryConfig,
    ) -> Self {
        let code = RefusalCode::Status(status);
        let refusal = Refusal::of(code, config.refusals());
        let code = Some(code);
        match refusal {
            Refusal::Credentials if with_credentials => Self::RefuseCredentials(code),
            Refusal::Credentials | Refusal::Blocked | Refusal::Denied => {
                Self::Deny { refusal, code, asked }
            }
            Refusal::Unknown if matches!(status, 301..=303 | 307 | 308) => {
                Self::GiveUp(GiveUp::Redirected { status })
            }
            // What it asks for is no more than we do anyway.
            Refusal::Unknown if asked.is_none_or(|span| span <= config.backoff_bound(0)) => {
                Self::BackOff(Settlement::Failure)
            }
            Refusal::SessionExpired => Self::BackOff(Settlement::Neutral),
            Refusal::RateLimited
            | Refusal::Banned
            | Refusal::Maintenance
            | Refusal::Restarting
            | Refusal::Displaced
            | Refusal::Unknown => Self::Pause { refusal, code, asked },
        }
    }

    pub(super) fn of_cause(cause: Cause, in_maintenance: bool, config: &RecoveryConfig) -> Self {
        let pause = |refusal, code| Self::Pause { refusal, code, asked: None };
        if cause == Cause::Stopped {
            return Self::GiveUp(GiveUp::Stopped);
        }
        if let Cause::PeerClosed { code: Some(number) } = cause {
            let code = RefusalCode::Close(number);
            match Refusal::of(code, config.refusals()) {
                Refusal::Credentials => return Self::RefuseCredentials(Some(code)),
                Refusal::SessionExpired => return Self::BackOff(Settlement::Neutral),
                Refusal::Unknown => {}
                refusal @ (Refusal::RateLimited
                | Refusal::Banned
                | Refusal::Blocked
                | Refusal::Denied
                | Refusal::Maintenance
                | Refusal::Restarting
                | Refusal::Displaced) => return pause(refusal, Some(code)),
            }
        }
        if in_maintenance {
            pause(Refusal::Maintenance, None)
        } else if let Cause::PeerClosed { code } = cause {
            Self::Closed(code)
        } else if matches!(cause, Cause::MessageTooLong { .. }) {
            Self::OwnLimit
        } else if matches!(
            cause,
            Cause::Flood { .. } | Cause::ProtocolViolated | Cause::InvalidUtf8
        ) {
            Self::Broke
        } else if cause.is_peer_fault() {
            Self::BackOff(Settlement::Failure)
        } else {
            Self::BackOff(Settlement::Neutral)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[(RefusalCode, Refusal)] = &[
        (RefusalCode::Status(401), Refusal::Credentials),
        (RefusalCode::Close(4001), Refusal::Credentials),
        (RefusalCode::Close(4008), Refusal::RateLimited),
    ];

    fn config() -> RecoveryConfig {
        RecoveryConfig::builder().refusals(KNOWN).build().unwrap()
    }

    #[test]
    fn a_status_calls_for_what_the_venue_meant() {
        let http = |status, retry_after: Option<u64>, with_credentials| {
            let retry_after = retry_after.map(Duration::from_secs);
            let failure = AttemptFailure::Http { status, retry_after, with_credentials };
            Remedy::of_failure(failure, &config())
        };
        let pause = |refusal, status, asked: Option<u64>| Remedy::Pause {
            refusal,
            code: Some(RefusalCode::Status(status)),
            asked: asked.map(Duration::from_secs),
        };
        let deny = |refusal, status, asked: Option<u64>| Remedy::Deny {
            refusal,
            code: Some(RefusalCode::Status(status)),
            asked: asked.map(Duration::from_secs),
        };
        assert_eq!(http(429, Some(0), false), pause(Refusal::RateLimited, 429, Some(0)));
        assert_eq!(http(418, None, false), pause(Refusal::Banned, 418, None));
        assert_eq!(http(503, Some(30), false), pause(Refusal::Unknown, 503, Some(30)));
        for asked in [None, Some(0)] {
            assert_eq!(http(503, asked, false), Remedy::BackOff(Settlement::Failure));
        }
        let certain = Remedy::RefuseCredentials(Some(RefusalCode::Status(401)));
        assert_eq!(http(401, Some(1), true), certain);
        assert_eq!(http(401, None, false), deny(Refusal::Credentials, 401, None), "none were sent");
        for status in [403, 404, 451] {
            assert_eq!(http(status, None, true), deny(Refusal::Denied, status, None));
        }
        assert_eq!(http(403, Some(60), false), deny(Refusal::Denied, 403, Some(60)));
        for status in [301, 302, 303, 307, 308] {
            let redirected = Remedy::GiveUp(GiveUp::Redirected { status });
            assert_eq!(http(status, None, true), redirected);
        }
    }

    #[test]
    fn a_verdict_calls_for_what_it_says_of_the_venue() {
        let of = |cause| Remedy::of_cause(cause, false, &config());
        let closed = |code| of(Cause::PeerClosed { code });
        let pause = |refusal, code| Remedy::Pause {
            refusal,
            code: Some(RefusalCode::Close(code)),
            asked: None,
        };
        for code in [1012, 1013] {
            assert_eq!(closed(Some(code)), pause(Refusal::Restarting, code));
        }
        assert_eq!(closed(Some(1008)), pause(Refusal::Denied, 1008));
        assert_eq!(closed(Some(4008)), pause(Refusal::RateLimited, 4008));
        let certain = Remedy::RefuseCredentials(Some(RefusalCode::Close(4001)));
        assert_eq!(closed(Some(4001)), certain);
        for code in [None, Some(1000), Some(1001), Some(1006), Some(1011), Some(1014)] {
            assert_eq!(closed(code), Remedy::Closed(code));
        }
        assert_eq!(of(Cause::TransmitFailed), Remedy::BackOff(Settlement::Neutral));
        assert_eq!(of(Cause::Stopped), Remedy::GiveUp(GiveUp::Stopped));
        let in_maintenance = Remedy::of_cause(Cause::TransportLost, true, &config());
        let maintained = Remedy::Pause { refusal: Refusal::Maintenance, code: None, asked: None };
        assert_eq!(in_maintenance, maintained);
    }
}
