//! One number for all that happened.

use core::fmt::{self, Write as _};

use heartbeat_core::Event;

use super::{Entry, Step};
use crate::OwnedFrame;

/// A hash over entries, the same on every machine. Words and payloads are taken as they are;
/// what is rare is taken as it prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        self.word(entry.at.as_nanos());
        match &entry.what {
            Step::ClientResponds(frame) => self.frame(1, frame),
            Step::ClientSends(frame) => self.frame(2, frame),
            Step::ApplicationSends(frame) => self.frame(3, frame),
            Step::ClientReads(frame) => self.frame(4, frame),
            Step::VenueSends(frame) => self.frame(5, frame),
            Step::VenueReads(frame) => self.frame(6, frame),
            Step::ClientMeasures(sample) => {
                self.bytes(sample.kind.as_str().as_bytes());
                self.word(u64::try_from(sample.value.as_nanos()).unwrap_or(u64::MAX));
            }
            Step::ClientNotes(Event::BeatReceived { counter }) => {
                self.word(7);
                self.word(counter.map_or(u64::MAX, |counter| counter));
            }
            Step::ClientNotes(_)
            | Step::Verdict(_)
            | Step::ClientFreezes
            | Step::ClientThaws
            | Step::VenueNotes(_)
            | Step::VenueCuts
            | Step::Line(_) => {
                // Writing into a fingerprint cannot fail.
                let _ = write!(self, "{}", entry.what);
            }
        }
    }

    fn frame(&mut self, tag: u64, frame: &OwnedFrame) {
        self.word(tag);
        match frame {
            OwnedFrame::Text(text) => self.bytes(text.as_bytes()),
            OwnedFrame::Binary(bytes) => self.tagged(8, bytes),
            OwnedFrame::Ping(payload) => self.tagged(9, payload),
            OwnedFrame::Pong(payload) => self.tagged(10, payload),
            OwnedFrame::Close { code, reason } => {
                self.word(code.map_or(u64::MAX, u64::from));
                self.tagged(11, reason.as_bytes());
            }
        }
    }

    fn tagged(&mut self, tag: u64, bytes: &[u8]) {
        self.word(tag);
        self.bytes(bytes);
    }

    /// Takes the length too, so that no two sequences of pieces are the same bytes.
    fn bytes(&mut self, bytes: &[u8]) {
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

    /// FNV-1a by words, rotated so that the high bits reach the low ones.
    const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    }
}

impl fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_core::{LatencyKind, LatencySample, Timestamp};

    use super::*;
    use crate::Observation;

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
