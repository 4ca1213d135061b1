//! What a venue sends that no rule asks for: bursts, floods and garbage.

use core::time::Duration;

use heartbeat_core::Timestamp;

use crate::{OwnedFrame, Rng};

/// How often garbage comes.
const GARBAGE_EVERY: Duration = Duration::from_millis(100);

/// The longest garbage, in bytes.
const GARBAGE_LEN_MAX: u64 = 64;

/// What garbage in text is made of: enough to look like a message and be none.
const LETTERS: &[u8] = br#"{}[]:,"\0123456789.eE-+ abdehinoprst"#;

/// How far a flood may fall behind and make up for it. What drives a mock need not be exact to
/// the microsecond, and must not make a burst of a pause.
const BEHIND_MAX: Duration = Duration::from_millis(100);

/// What is to be sent beyond the rules.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    rng: Rng,
    /// How many messages of market data are left of a burst.
    burst: u32,
    /// When the next heartbeat of a flood is due, and how often they come.
    flood: Option<(Timestamp, Duration)>,
    garbage_at: Option<Timestamp>,
    text_is_next: bool,
}

/// One thing to send beyond the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    Data,
    Heartbeat,
    Garbage(OwnedFrame),
}

impl Noise {
    pub(super) const fn new() -> Self {
        // The same noise every time: what it did to a client can be seen again.
        let rng = Rng::from_seed(0x6e_6f69_7365);
        Self { rng, burst: 0, flood: None, garbage_at: None, text_is_next: true }
    }

    pub(super) const fn add_burst(&mut self, messages: u32) {
        self.burst = self.burst.saturating_add(messages);
    }

    pub(super) fn set_flood(&mut self, now: Timestamp, a_second: Option<u32>) {
        let period = |a_second: u32| Duration::from_secs(1) / a_second.max(1);
        self.flood = a_second.map(|a_second| (now, period(a_second)));
    }

    pub(super) const fn set_garbage(&mut self, from: Option<Timestamp>) {
        self.garbage_at = from;
    }

    pub(super) fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let burst = (self.burst > 0).then_some(now);
        let flood = self.flood.map(|(at, _)| at);
        [burst, flood, self.garbage_at].into_iter().flatten().min()
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Sound> {
        if self.burst > 0 {
            self.burst -= 1;
            return Some(Sound::Data);
        }
        if self.garbage_at.is_some_and(|at| at <= now) {
            self.garbage_at = now.checked_add(GARBAGE_EVERY);
            return Some(Sound::Garbage(self.garbage()));
        }
        let (at, period) = self.flood.filter(|(at, _)| *at <= now)?;
        let is_behind = now.saturating_since(at) > BEHIND_MAX;
        let counted_from = if is_behind { now } else { at };
        self.flood = counted_from.checked_add(period).map(|next| (next, period));
        Some(Sound::Heartbeat)
    }

    fn garbage(&mut self) -> OwnedFrame {
        let is_text = self.text_is_next;
        self.text_is_next = !is_text;
        let bytes: Vec<u8> = (0..=self.rng.below(GARBAGE_LEN_MAX)).map(|_| self.byte()).collect();
        if !is_text {
            return OwnedFrame::Binary(bytes);
        }
        let letter = |byte: &u8| LETTERS[usize::from(*byte) % LETTERS.len()];
        OwnedFrame::Text(bytes.iter().map(|byte| char::from(letter(byte))).collect())
    }

    fn byte(&mut self) -> u8 {
        self.rng.next_u64().to_le_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_keeps_its_rate_and_makes_no_burst_of_a_pause() {
        let at = Timestamp::from_millis;
        let mut noise = Noise::new();
        noise.set_flood(at(0), Some(1_000));
        let mut count = |from: u64, to: u64, step: usize| {
            let mut sent = 0;
            for now in (from..=to).step_by(step) {
                while noise.take_due(at(now)).is_some() {
                    sent += 1;
                }
            }
            sent
        };
        assert_eq!(count(0, 999, 1), 1_000);
        assert!((990..=1_010).contains(&count(1_000, 1_999, 10)), "a timer that is coarse");
        assert!(count(60_000, 60_000, 1) <= 2, "after a pause");
    }

    #[test]
    fn garbage_is_text_and_binary_in_turns_ten_times_a_second() {
        let mut noise = Noise::new();
        noise.set_garbage(Some(Timestamp::ZERO));
        let mut frames = Vec::new();
        for millis in 0..1_000 {
            while let Some(Sound::Garbage(frame)) = noise.take_due(Timestamp::from_millis(millis)) {
                assert!((1..=64).contains(&frame.as_frame().len()));
                frames.push(matches!(frame, OwnedFrame::Text(_)));
            }
        }
        assert_eq!(frames, [true, false].repeat(5));
    }
}
