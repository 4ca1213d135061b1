//! One number for all that happened.

use core::hash::{Hash, Hasher};

/// A hash that is the same on every machine, whatever its word size and byte order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }

    pub(super) fn take(&mut self, what: &impl Hash) {
        what.hash(self);
    }

    /// FNV-1a by words, rotated so that the high bits reach the low ones.
    const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    /// Takes the length too, so that no two sequences of pieces are the same bytes.
    fn write(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.word(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, value: u8) {
        self.word(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.word(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.word(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    /// As which an enum's variant comes.
    fn write_isize(&mut self, value: isize) {
        self.word(value.cast_unsigned() as u64);
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_core::{Event, LatencyKind, LatencySample, Timestamp};

    use super::*;
    use crate::{Entry, Observation, OwnedFrame, Step};

    fn of(at: u64, what: Step) -> u64 {
        let mut fingerprint = Fingerprint::new();
        fingerprint.take(&Entry { at: Timestamp::from_millis(at), what });
        fingerprint.value()
    }

    #[test]
    fn whatever_differs_shows() {
        let text = |text: &str| OwnedFrame::text(text);
        let sample = |nanos| {
            let value = Duration::from_nanos(nanos);
            Step::ClientMeasures(LatencySample { kind: LatencyKind::RoundTrip, value })
        };
        let mut seen = vec![
            of(1, Step::ClientReads(text("beat"))),
            of(2, Step::ClientReads(text("beat"))),
            of(1, Step::ClientReads(text("beau"))),
            of(1, Step::ClientReads(text("beat\0"))),
            of(1, Step::ClientReads(OwnedFrame::Binary(b"beat".to_vec()))),
            of(1, Step::ClientReads(OwnedFrame::Ping(b"beat".to_vec()))),
            of(1, Step::ClientReads(OwnedFrame::Pong(b"beat".to_vec()))),
            of(1, Step::VenueReads(text("beat"))),
            of(1, Step::ClientSends(text("beat"))),
            of(1, Step::ClientResponds(text("beat"))),
            of(1, Step::ClientNotes(Event::Live)),
            of(1, Step::ClientNotes(Event::Armed)),
            of(1, Step::ClientNotes(Event::BeatReceived { counter: None })),
            of(1, Step::ClientNotes(Event::BeatReceived { counter: Some(1) })),
            of(1, Step::VenueNotes(Observation::Armed)),
            of(1, sample(1)),
            of(1, sample(2)),
        ];
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }
}
