//! What a client hands to the application, in words for people and logs.

use core::fmt;

use heartbeat_core::WatchEvent;

use super::{AttemptFault, Down, FailedAttempt, Gap, GapCause, Overlapped, Update};

/// One line; of a message the message itself.
impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => message.fmt(f),
            Self::Gap(gap) => gap.fmt(f),
            Self::Live { generation } => write!(f, "connection {generation} is live"),
            Self::Down(down) => down.fmt(f),
            Self::Ended { generation, report } => {
                write!(f, "connection {generation} has ended: {report}")
            }
            Self::AttemptFailed(failed) => failed.fmt(f),
            Self::Rotated { from, to, reason } => {
                write!(f, "connection {from} left for {to}: {}", reason.as_str())
            }
            Self::RotationFailed { generation, reason, tries } => write!(
                f,
                "connection {generation} stays: {tries} attempts to leave it failed ({})",
                reason.as_str()
            ),
            Self::Left { generation, why } => {
                write!(f, "connection {generation} left: {}", why.as_str())
            }
            Self::Overlapped(overlapped) => overlapped.fmt(f),
            Self::Behind(unread) => write!(f, "application is behind: {unread}"),
            Self::CaughtUp => f.write_str("application has caught up"),
            Self::LabelPanicked { generation } => {
                write!(f, "application's label panicked over a message of connection {generation}")
            }
            Self::Breaker(state) => write!(f, "breaker of the venue is {}", state.as_str()),
            Self::Event { generation, event } => write!(f, "connection {generation}: {event}"),
            Self::Watch { generation, event } => {
                write!(f, "connection {generation}: {}", Watched(event))
            }
            Self::Subscription { generation, event } => {
                write!(f, "connection {generation}: {event}")
            }
            Self::Latency { generation, sample } => {
                write!(f, "connection {generation}: {sample:?}")
            }
            Self::GivenUp(why) => write!(f, "given up: {why}"),
            Self::Restarted(report) => write!(f, "made anew: {report}"),
            Self::Closed(report) => write!(f, "closed: {report}"),
        }
    }
}

/// A change of a subscription that is watched.
struct Watched<'a>(&'a WatchEvent);

impl fmt::Display for Watched<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            WatchEvent::FirstDataOverdue { key, .. } => {
                write!(f, "no first data of subscription {key} in time")
            }
            WatchEvent::DataOverdue { key, .. } => {
                write!(f, "no more data of subscription {key} in time")
            }
            WatchEvent::Recovered { key, .. } => write!(f, "data of subscription {key} again"),
            WatchEvent::ResubscribedInVain { key, .. } => {
                write!(f, "subscription {key} stays silent, however often it is asked for")
            }
            // The core may come to tell more than this crate knows of.
            ref other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, cause } = self;
        write!(f, "messages may be missing from {from} to {to}: {cause}")
    }
}

impl fmt::Display for GapCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reconnected { cause } => write!(f, "there was no connection: {cause}"),
            Self::Lagged(lagged) => write!(
                f,
                "application was too slow for {} messages of {} bytes",
                lagged.frames, lagged.bytes
            ),
            Self::LocalStall { late } => write!(f, "this process did not run for {late:?}"),
            Self::CounterJump { expected, got } => {
                write!(f, "venue said number {got} where {expected} was due")
            }
            Self::Left { from, why, .. } => {
                write!(f, "connection {from} was left before there was another: {}", why.as_str())
            }
            Self::Rotated { from, to } => {
                write!(f, "nothing proves that connection {to} goes on where {from} ended")
            }
        }
    }
}

impl fmt::Display for Overlapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, matched, lag, .. } = self;
        write!(f, "connections {from} and {to} had {matched} messages in common")?;
        if let Some(span) = self.span_needed {
            write!(f, ", at most {lag:?} apart; the overlap had to be {span:?}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {} is down: {}", self.generation, self.cause)
    }
}

impl fmt::Display for FailedAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {} failed: {}", self.generation, self.fault)
    }
}

impl fmt::Display for AttemptFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { failure, why } => write!(f, "{failure}: {why}"),
            Self::Overdue { phase, within, stage } => {
                write!(f, "phase {} took longer than {within:?}", phase.as_str())?;
                stage.map_or(Ok(()), |stage| write!(f, ", {stage}"))
            }
            Self::Ended(cause) => cause.fmt(f),
            Self::Withdrawn => f.write_str("operator wants no connection"),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_core::{Cause, Timestamp};

    use super::*;

    #[test]
    fn updates_read_like_a_log() {
        let [from, to] = [1_500, 2_750].map(Timestamp::from_millis);
        for (cause, said) in [
            (
                GapCause::Reconnected { cause: Cause::TransportLost },
                "there was no connection: transport ended without a closing handshake",
            ),
            (
                GapCause::LocalStall { late: Duration::from_secs(20) },
                "this process did not run for 20s",
            ),
            (GapCause::CounterJump { expected: 5, got: 7 }, "venue said number 7 where 5 was due"),
        ] {
            let gap = Update::Gap(Gap { from, to, cause });
            let said = format!("messages may be missing from 1.500s to 2.750s: {said}");
            assert_eq!(gap.to_string(), said);
            assert_eq!(gap.clone().to_string(), said);
        }
    }
}
