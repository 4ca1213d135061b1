//! What happened, in words for people and logs.

use core::fmt;

use super::Event;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("session began"),
            Self::Stopped { cause } => write!(f, "session ended: {cause}"),
            Self::Armed => f.write_str("armed"),
            Self::Live => f.write_str("live"),
            Self::ChallengeReceived { layer } => write!(f, "{} challenge read", layer.as_str()),
            Self::BeatReceived { counter: Some(counter) } => write!(f, "beat {counter} read"),
            Self::BeatReceived { counter: None } => f.write_str("beat read"),
            Self::Responded { layer, response_time } => {
                write!(f, "{} challenge answered in {response_time:?}", layer.as_str())
            }
            Self::Unanswerable { layer } => {
                write!(f, "{} challenge cannot be answered", layer.as_str())
            }
            Self::KeepaliveSent => f.write_str("keepalive sent"),
            Self::TermsTaken { silence_bound } => {
                write!(f, "venue's terms taken: silence is noticed within {silence_bound:?}")
            }
            Self::ProbeSent { probe } => write!(f, "probe {probe} sent"),
            Self::Answered { probe, round_trip: Some(span) } => {
                write!(f, "probe {probe} answered in {span:?}")
            }
            Self::Answered { probe, round_trip: None } => write!(f, "probe {probe} answered"),
            Self::AnswerIgnored { probe: Some(probe) } => {
                write!(f, "answer to probe {probe} ignored: none is waited for")
            }
            Self::AnswerIgnored { probe: None } => {
                f.write_str("answer ignored: none is waited for")
            }
            Self::Timeout { failure } => write!(f, "deadline passed: {}", failure.as_str()),
            Self::Failure { failure, in_a_row, threshold } => {
                write!(f, "{}: {in_a_row} in a row of {threshold} allowed", failure.as_str())
            }
            Self::LevelChanged { from, to } => {
                write!(f, "latency level went from {} to {}", from.as_str(), to.as_str())
            }
            Self::CounterJump { expected, got } => {
                write!(f, "beat {got} read where {expected} was due")
            }
            Self::Coalesced { reports } => {
                write!(f, "too much happened in a second: {reports} reports left out")
            }
            Self::LocalStall { late } => write!(f, "this process did not run for {late:?}"),
            Self::Notice { kind, deadline: Some(span) } => {
                write!(f, "venue announced {} within {span:?}", kind.as_str())
            }
            Self::Notice { kind, deadline: None } => write!(f, "venue announced {}", kind.as_str()),
            Self::SafeguardSet { safeguard } => write!(f, "{} is in force", safeguard.as_str()),
            Self::SafeguardRefused { safeguard } => {
                write!(f, "{} was refused", safeguard.as_str())
            }
            Self::SafeguardOverdue { safeguard } => {
                write!(f, "{} was not acknowledged in time", safeguard.as_str())
            }
            Self::NoSafeguard => f.write_str("nothing can protect the orders here"),
            Self::DeadManRefreshed { until } => write!(f, "dead_man holds until {until}"),
            Self::DeadManLapsed { at } => write!(f, "dead_man ran out at {at}"),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::string::ToString as _;
    use core::time::Duration;

    use crate::{Cause, Event, Timestamp};

    #[test]
    fn events_and_times_read_like_a_log() {
        let late = Duration::from_millis(1_250);
        for (said, event) in [
            (
                "session ended: application ended the session",
                Event::Stopped { cause: Cause::Stopped },
            ),
            ("beat 7 read where 5 was due", Event::CounterJump { expected: 5, got: 7 }),
            ("this process did not run for 1.25s", Event::LocalStall { late }),
        ] {
            assert_eq!(event.to_string(), said);
        }
        assert_eq!(Timestamp::from_nanos(3_600_230_250_487).to_string(), "3600.230s");
    }
}
