//! Who is let in.

use core::time::Duration;

use heartbeat_core::Timestamp;

use super::{Fault, FaultPlan};

/// What becomes of a client that wants in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a server must not overlook a new kind of refusal")]
pub enum Admission {
    /// It is let in.
    Admitted,
    /// Its connection is reset, before a byte of it is read.
    Refused,
    /// Its upgrade is refused.
    Http {
        /// The status, from 300 to 599.
        status: u16,
        /// What `Retry-After` is to say, in whole seconds, where the status calls for it.
        retry_after: Option<Duration>,
    },
}

impl Admission {
    /// What `Retry-After` says where the end of the fault is not planned.
    pub const RETRY_AFTER: Duration = Duration::from_secs(30);

    /// Returns what a fault that is on makes of a client; `None` if it lets clients in.
    pub(super) fn under(plan: &FaultPlan, from: Timestamp, now: Timestamp) -> Option<Self> {
        match plan.fault() {
            Fault::Refuse => Some(Self::Refused),
            Fault::Http(status) => {
                let left = plan.ends(from).map(|ends| ends.saturating_since(now));
                // 418 is what Binance answers to an address that it has banned.
                let tells = matches!(status, 418 | 429 | 503);
                let retry_after = tells.then(|| left.map_or(Self::RETRY_AFTER, whole_seconds));
                Some(Self::Http { status, retry_after })
            }
            Fault::Silent
            | Fault::HalfOpen
            | Fault::AckThenSilence
            | Fault::ZeroWindow
            | Fault::Stall
            | Fault::Slow(_)
            | Fault::Zombie
            | Fault::Cut
            | Fault::Close(_)
            | Fault::ProtocolError
            | Fault::LateAnswer(_)
            | Fault::WrongEcho
            | Fault::DuplicateAnswer
            | Fault::Flood(_)
            | Fault::Jumps
            | Fault::Burst(_)
            | Fault::Garbage
            | Fault::Oversize(_) => None,
        }
    }
}

/// Rounds up, so that whoever waits as long as it is told is let in.
fn whole_seconds(span: Duration) -> Duration {
    let more = u64::from(span.subsec_nanos() > 0);
    Duration::from_secs(span.as_secs().saturating_add(more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MockOptions;

    #[test]
    fn retry_after_is_what_is_left_and_never_too_short() {
        let at = Timestamp::from_millis;
        let options = |plan: &str| {
            MockOptions::default().venue_fault(plan.parse().unwrap()).venue_since(at(1_000))
        };
        for (plan, millis, status, secs) in [
            ("http=503@1s+4s", 2_000, 503, Some(4)),
            ("http=429@1s+4s", 3_001, 429, Some(3)),
            ("http=418@1s", 9_000, 418, Some(30)),
            ("http=401@1s", 9_000, 401, None),
        ] {
            let retry_after = secs.map(Duration::from_secs);
            let refused = Admission::Http { status, retry_after };
            assert_eq!(options(plan).admission(at(millis)), refused, "{plan}");
            assert_eq!(options(plan).admission(at(1_999)), Admission::Admitted, "{plan}");
        }
        assert_eq!(options("http=503@1s+4s").admission(at(6_000)), Admission::Admitted);
        // Of each connection: there is only its opening.
        let each = MockOptions::default().fault("refuse@0s+1s".parse().unwrap());
        assert_eq!(each.admission(at(0)), Admission::Refused);
        assert_eq!(each.admission(at(99_000)), Admission::Refused);
        let later = MockOptions::default().fault("refuse@1s+1s".parse().unwrap());
        assert_eq!(later.admission(at(99_000)), Admission::Admitted);
    }
}
