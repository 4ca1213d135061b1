//! What a failure calls for: the one table of statuses, close codes and verdicts.

use core::time::Duration;

use super::{AttemptFailure, GiveUp, RecoveryConfig};
use crate::{Cause, Settlement};

/// Close codes by which a server says that it will be back: service restart and try again
/// later. They are the IANA registry's, beyond RFC 6455; of a restart its proposal says to
/// come back after a random delay of 5 to 30 s, whence the default pause.
const COMES_BACK: [u16; 2] = [1012, 1013];

/// What a failure calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Back off, and tell the breaker this.
    BackOff(Settlement),
    /// The venue said that it needs this long: hold everybody off, then back off.
    Pause(Duration),
    /// No further attempt.
    GiveUp(GiveUp),
}

impl Remedy {
    /// What the breaker is told of an attempt that ended so.
    pub(super) const fn settlement(self) -> Settlement {
        match self {
            Self::BackOff(settlement) => settlement,
            Self::Pause(_) | Self::GiveUp(_) => Settlement::Neutral,
        }
    }

    pub(super) fn of_failure(failure: AttemptFailure, config: &RecoveryConfig) -> Self {
        match failure {
            AttemptFailure::Http { status: 401, .. } => {
                Self::GiveUp(GiveUp::Unauthorized { status: Some(401) })
            }
            // Whoever says when to come back has not turned us away for good, 403 included.
            AttemptFailure::Http { retry_after: Some(span), .. } => {
                Self::Pause(span.min(config.longest_pause()))
            }
            AttemptFailure::Http { status: 403, .. } => {
                Self::GiveUp(GiveUp::Unauthorized { status: Some(403) })
            }
            AttemptFailure::Http { status: 418 | 429, .. } => {
                Self::Pause(config.rate_limited_pause())
            }
            AttemptFailure::Unreachable | AttemptFailure::Http { .. } => {
                Self::BackOff(Settlement::Failure)
            }
            AttemptFailure::Redirected { status } => Self::GiveUp(GiveUp::Redirected { status }),
            AttemptFailure::AuthRefused { .. } => {
                Self::GiveUp(GiveUp::Unauthorized { status: None })
            }
            AttemptFailure::NotReady => Self::BackOff(Settlement::Neutral),
        }
    }

    pub(super) fn of_cause(cause: Cause, in_maintenance: bool, config: &RecoveryConfig) -> Self {
        let comes_back = matches!(
            cause, Cause::PeerClosed { code: Some(code) } if COMES_BACK.contains(&code)
        );
        if cause == Cause::Stopped {
            Self::GiveUp(GiveUp::Stopped)
        } else if comes_back || in_maintenance {
            Self::Pause(config.outage_pause())
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

    fn config() -> RecoveryConfig {
        let secs = Duration::from_secs;
        let config = RecoveryConfig::builder().outage_pause(secs(5)).rate_limited_pause(secs(60));
        config.longest_pause(secs(3_600)).build().unwrap()
    }

    #[test]
    fn a_status_calls_for_what_the_venue_meant() {
        let http = |status, retry_after: Option<u64>| {
            let retry_after = retry_after.map(Duration::from_secs);
            Remedy::of_failure(
                AttemptFailure::Http { status, retry_after, with_credentials: true },
                &config(),
            )
        };
        let pause = |secs| Remedy::Pause(Duration::from_secs(secs));
        let unauthorized = |status| Remedy::GiveUp(GiveUp::Unauthorized { status: Some(status) });
        assert_eq!(http(429, Some(7)), pause(7));
        assert_eq!(http(418, Some(7_200)), pause(3_600), "but no longer than we would wait");
        assert_eq!(http(429, None), pause(60));
        assert_eq!(http(418, None), pause(60));
        assert_eq!(http(503, Some(30)), pause(30));
        assert_eq!(http(503, None), Remedy::BackOff(Settlement::Failure));
        assert_eq!(http(401, Some(1)), unauthorized(401));
        assert_eq!(http(403, None), unauthorized(403));
        assert_eq!(http(403, Some(60)), pause(60), "a firewall that says for how long");
    }

    #[test]
    fn a_verdict_calls_for_what_it_says_of_the_venue() {
        let of = |cause| Remedy::of_cause(cause, false, &config());
        let closed = |code| of(Cause::PeerClosed { code });
        let pause = Remedy::Pause(Duration::from_secs(5));
        assert_eq!([closed(Some(1012)), closed(Some(1013))], [pause; 2]);
        for code in [None, Some(1000), Some(1001), Some(1006), Some(1011), Some(1014)] {
            assert_eq!(closed(code), Remedy::BackOff(Settlement::Failure), "{code:?}");
        }
        assert_eq!(of(Cause::TransmitFailed), Remedy::BackOff(Settlement::Neutral));
        assert_eq!(of(Cause::Stopped), Remedy::GiveUp(GiveUp::Stopped));
        assert_eq!(Remedy::of_cause(Cause::TransportLost, true, &config()), pause);
    }
}
