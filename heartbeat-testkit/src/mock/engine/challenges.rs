//! The challenges that a client has yet to answer.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::Timestamp;
use heartbeat_platforms::ChallengeRule;

/// How many settled payloads are remembered, to tell a second answer from a wrong one.
const SETTLED_MAX: usize = 8;

/// How many challenges can be open at once: beyond, nothing more is asked.
const OPEN_MAX: usize = 4_096;

/// The challenges of one connection.
#[derive(Debug, Default)]
pub(super) struct Challenges {
    /// The oldest first.
    open: VecDeque<Open>,
    settled: VecDeque<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Open {
    payload: Vec<u8>,
    sent: Timestamp,
    deadline: Option<Timestamp>,
}

/// What a client's answer turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The answer to a challenge, and with it to those before it.
    Right { superseded: usize, after: Duration },
    /// An answer that nobody waits for. It is legal, and proves nothing.
    Extra,
    /// An answer that does not echo the challenge.
    Wrong,
}

impl Challenges {
    /// Notes a challenge that was sent with this to be echoed, perhaps nothing.
    pub(super) fn open(&mut self, now: Timestamp, payload: Vec<u8>, respond_within: Duration) {
        let deadline = now.checked_add(respond_within);
        self.open.push_back(Open { payload, sent: now, deadline });
    }

    /// Tells whether another challenge may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < OPEN_MAX
    }

    /// Returns when the client has missed too many in a row.
    pub(super) fn deadline(&self, rule: Option<ChallengeRule>) -> Option<Timestamp> {
        let last = usize::try_from(rule?.misses.saturating_sub(1)).unwrap_or(usize::MAX);
        self.open.get(last)?.deadline
    }

    /// Gives every open challenge its whole time again.
    pub(super) fn restart(&mut self, now: Timestamp, respond_within: Duration) {
        for open in &mut self.open {
            open.deadline = now.checked_add(respond_within);
        }
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    /// Takes an answer with this echo.
    pub(super) fn answer(&mut self, now: Timestamp, payload: &[u8]) -> Answer {
        if let Some(superseded) = self.open.iter().position(|open| open.payload == payload) {
            // RFC 6455, section 5.5.3: a pong may answer the latest ping alone.
            self.open.drain(..superseded);
            let after = self.open.pop_front().map(|open| now.saturating_since(open.sent));
            self.settle(payload);
            return Answer::Right { superseded, after: after.unwrap_or_default() };
        }
        let is_second = self.settled.iter().any(|settled| settled == payload);
        if self.open.is_empty() || payload.is_empty() || is_second {
            Answer::Extra
        } else {
            Answer::Wrong
        }
    }

    fn settle(&mut self, payload: &[u8]) {
        if payload.is_empty() {
            return;
        }
        if self.settled.len() == SETTLED_MAX {
            self.settled.pop_front();
        }
        self.settled.push_back(payload.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_platforms::Exchange;

    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1_000)
    }

    #[test]
    fn as_many_may_be_missed_as_the_rule_says() {
        let mut rule = Exchange::Rfc6455.rules().challenge.unwrap();
        (rule.every, rule.respond_within) = (Duration::from_secs(5), Duration::from_secs(5));
        for (misses, deadline) in [(1, 10), (2, 15), (4, 25)] {
            rule.misses = misses;
            let mut challenges = Challenges::default();
            for sent in [5, 10, 15, 20] {
                challenges.open(at(sent), sent.to_string().into_bytes(), rule.respond_within);
            }
            assert_eq!(challenges.deadline(Some(rule)), Some(at(deadline)));
            assert_eq!(at(5).checked_add(rule.ends_after()), Some(at(deadline)));
            // The answer to one answers for those before it.
            let answer = Answer::Right { superseded: 2, after: Duration::from_secs(5) };
            assert_eq!(challenges.answer(at(20), b"15"), answer);
            let left = if misses == 1 { Some(at(25)) } else { None };
            assert_eq!(challenges.deadline(Some(rule)), left);
        }
    }

    #[test]
    fn an_answer_is_right_once_then_extra_and_another_is_wrong() {
        let mut challenges = Challenges::default();
        assert_eq!(challenges.answer(at(0), b"7"), Answer::Extra);
        challenges.open(at(0), b"7".to_vec(), Duration::from_secs(5));
        assert_eq!(challenges.answer(at(1), b"8"), Answer::Wrong);
        assert_eq!(challenges.answer(at(1), b""), Answer::Extra);
        let after = Duration::from_secs(2);
        assert_eq!(challenges.answer(at(2), b"7"), Answer::Right { superseded: 0, after });
        challenges.open(at(5), b"8".to_vec(), Duration::from_secs(5));
        assert_eq!(challenges.answer(at(6), b"7"), Answer::Extra);
    }
}
