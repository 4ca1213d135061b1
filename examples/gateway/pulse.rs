//! Whether a bot is alive. A dead bot must not look alive to the venue.

use core::time::Duration;

use heartbeat_core::Timestamp;

/// How often a bot is asked at least.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long a bot may owe a pong before what comes is kept back for it: what it is sent then would
/// wait unseen in its socket, and be old when it is read.
const OWES_AT_MOST: Duration = Duration::from_secs(1);

/// The signs of life of one bot: frames of its own, and pongs.
#[derive(Debug)]
pub(crate) struct Pulse {
    within: Duration,
    heard: Timestamp,
    next_ask: Timestamp,
    /// When the oldest ping left that nothing has been heard after.
    asked: Option<Timestamp>,
}

/// What is to be done about a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send it a ping.
    Ask,
    /// It has shown no sign of life for so long.
    Dead(Duration),
    /// Nothing before this.
    Wait(Timestamp),
}

impl Pulse {
    /// Begins with a bot that has just been heard.
    pub(crate) fn new(within: Duration, now: Timestamp) -> Self {
        Self { within, heard: now, next_ask: now, asked: None }
    }

    /// Takes a sign of life.
    pub(crate) fn heard(&mut self, now: Timestamp) {
        self.heard = now;
        self.asked = None;
    }

    /// Returns for how long there was no sign of life.
    pub(crate) fn silent_for(&self, now: Timestamp) -> Duration {
        now.saturating_since(self.heard)
    }

    /// Tells whether it owes an answer for so long that it is better to wait with what it is sent.
    pub(crate) fn is_late(&self, now: Timestamp) -> bool {
        self.asked.is_some_and(|asked| now.saturating_since(asked) >= OWES_AT_MOST)
    }

    /// Returns what is to be done now.
    pub(crate) fn poll(&mut self, now: Timestamp) -> Next {
        let silent = self.silent_for(now);
        if silent >= self.within {
            return Next::Dead(silent);
        }
        if now >= self.next_ask {
            self.next_ask = now.saturating_add(ASK_EVERY.min(self.within / 4));
            self.asked.get_or_insert(now);
            return Next::Ask;
        }
        Next::Wait(self.next_ask.min(self.heard.saturating_add(self.within)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_bot_that_is_silent_is_late_after_a_second_and_dead_by_its_limit() {
        let mut pulse = Pulse::new(Duration::from_secs(10), at(0));
        for second in 0..10 {
            let now = at(second * 1_000);
            assert_eq!(pulse.poll(now), Next::Ask);
            assert_eq!(pulse.is_late(now), second > 0);
            assert_eq!(pulse.poll(now), Next::Wait(at((second + 1) * 1_000)));
        }
        assert_eq!(pulse.poll(at(9_999)), Next::Wait(at(10_000)));
        assert_eq!(pulse.poll(at(10_000)), Next::Dead(Duration::from_secs(10)));
    }

    #[test]
    fn any_frame_is_a_sign_of_life_and_asking_is_none() {
        let mut pulse = Pulse::new(Duration::from_secs(2), at(0));
        for step in 0..1_000 {
            let now = at(step * 500);
            assert_eq!(pulse.poll(now), Next::Ask);
            pulse.heard(at(step * 500 + 499));
            assert!(!pulse.is_late(at(step * 500 + 499)));
        }
    }
}
