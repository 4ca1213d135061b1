//! Whether all that is said on a new connection can be said in the time that there is for it.

use core::time::Duration;

use heartbeat_core::MessageLimit;

/// More messages than a connection can send before it has to be ready: however often it is
/// tried, the venue's message limit leaves no time for the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{messages} messages to make a connection ready take {takes:?} by the message limit, and \
     must not take longer than longest_ready ({longest_ready:?})"
)]
#[non_exhaustive]
pub struct NeverReady {
    /// How many there are: those that the handler was said to send, and those that ask for
    /// subscriptions.
    pub messages: u32,
    /// How long they take, if nothing else is sent.
    pub takes: Duration,
    /// How long the phase [`Ready`](heartbeat_core::AttemptPhase::Ready) may take in all.
    pub longest_ready: Duration,
}

/// The time in which a connection is made ready, and what it has to be enough for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// The venue's limits: for one connection, and for all that share its gate.
    pub(super) limits: [Option<MessageLimit>; 2],
    /// What the handler sends.
    pub(super) messages: u32,
    pub(super) longest_ready: Duration,
}

impl Opening {
    /// Refuses what takes too long, with `more` messages besides the handler's.
    pub(super) fn check(&self, more: usize) -> Result<(), NeverReady> {
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let (messages, longest_ready) = (self.messages.saturating_add(more), self.longest_ready);
        let limits = self.limits.iter().flatten();
        let takes = limits.map(|limit| limit.time_for(messages)).max().unwrap_or_default();
        if takes > longest_ready {
            return Err(NeverReady { messages, takes, longest_ready });
        }
        Ok(())
    }
}

/// Returns into how many messages topics go, `batch_max` at most in each, and only such as may
/// share one.
pub(super) fn messages_for(
    mut topics: Vec<&str>,
    batch_max: usize,
    may_share: impl Fn(&str, &str) -> bool,
) -> usize {
    let mut messages = 0_usize;
    while let Some(first) = topics.pop() {
        messages = messages.saturating_add(1);
        let mut room = batch_max.saturating_sub(1);
        topics.retain(|topic| {
            let joins = room > 0 && may_share(first, topic);
            room = room.saturating_sub(usize::from(joins));
            !joins
        });
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_takes_longer_than_there_is_time_is_refused_with_both_numbers() {
        // Four a second for the application.
        let limit = MessageLimit::new(5, secs(1), 1).unwrap();
        let opening = |limits, longest_ready| Opening { limits, messages: 20, longest_ready };
        let own = opening([Some(limit), None], secs(29));
        assert_eq!(own.check(100), Ok(()));
        assert_eq!(
            own.check(101).unwrap_err().to_string(),
            "121 messages to make a connection ready take 30s by the message limit, and must not \
             take longer than longest_ready (29s)"
        );
        // The stricter of two counts.
        let wide = MessageLimit::new(1_000, secs(1), 1).unwrap();
        assert!(opening([Some(wide), Some(limit)], secs(29)).check(101).is_err());
        assert_eq!(opening([None, None], secs(1)).check(usize::MAX), Ok(()));
    }

    #[test]
    fn topics_go_into_as_few_messages_as_the_venue_takes() {
        let topics = ["a1", "a2", "b1", "a3", "b2"];
        let of = |batch_max, may_share: fn(&str, &str) -> bool| {
            messages_for(topics.to_vec(), batch_max, may_share)
        };
        assert_eq!(of(1, |_, _| true), 5);
        assert_eq!(of(2, |_, _| true), 3);
        assert_eq!(of(9, |_, _| true), 1);
        assert_eq!(of(9, |first, other| first[..1] == other[..1]), 2);
        assert_eq!(of(2, |first, other| first[..1] == other[..1]), 3);
        assert_eq!(of(0, |_, _| true), 5, "one at least");
        assert_eq!(messages_for(Vec::new(), 3, |_, _| true), 0);
    }
}
