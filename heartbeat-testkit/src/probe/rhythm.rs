//! Messages that come again and again in equal spans, whatever they mean.

use core::time::Duration;

use heartbeat_core::{Frame, Timestamp};

use crate::OwnedFrame;

/// A kind of message that came in equal spans, though the dialect takes it for data: perhaps a
/// heartbeat that it does not know.
///
/// Messages are of one kind that differ in numbers and times alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rhythm {
    /// How many came.
    pub count: u64,
    /// The span from one to the next, on average.
    pub every: Duration,
    /// The shortest and the longest of these spans.
    pub from: Duration,
    /// The longest.
    pub to: Duration,
    /// The first of them, its first 160 characters or bytes.
    pub sample: OwnedFrame,
}

/// The kinds of messages of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Rhythms {
    kinds: Vec<Kind>,
}

#[derive(Clone, Debug)]
struct Kind {
    shape: Vec<u8>,
    count: u64,
    first: Timestamp,
    last: Timestamp,
    shortest: Duration,
    longest: Duration,
    sample: OwnedFrame,
}

impl Rhythms {
    /// How many kinds are told apart; others are not looked at.
    const KINDS_MAX: usize = 32;

    /// The longest message that may be a heartbeat, in bytes.
    const LEN_MAX: usize = 512;

    /// How much is kept of a message, in characters or bytes.
    const SAMPLE_MAX: usize = 160;

    /// How many make a rhythm.
    const COUNT_MIN: u64 = 4;

    pub(super) fn add(&mut self, now: Timestamp, frame: Frame<'_>) {
        if frame.len() > Self::LEN_MAX {
            return;
        }
        let shape = shape_of(frame);
        if let Some(kind) = self.kinds.iter_mut().find(|kind| kind.shape == shape) {
            kind.add(now);
        } else if self.kinds.len() < Self::KINDS_MAX {
            self.kinds.push(Kind {
                shape,
                count: 1,
                first: now,
                last: now,
                shortest: Duration::MAX,
                longest: Duration::ZERO,
                sample: cut(frame),
            });
        }
    }

    pub(super) fn found(&self) -> Vec<Rhythm> {
        self.kinds.iter().filter_map(Kind::rhythm).collect()
    }
}

impl Kind {
    fn add(&mut self, now: Timestamp) {
        let span = now.saturating_since(self.last);
        self.shortest = self.shortest.min(span);
        self.longest = self.longest.max(span);
        self.last = now;
        self.count += 1;
    }

    /// Returns the rhythm, if the spans differ by no more than a fifth.
    fn rhythm(&self) -> Option<Rhythm> {
        let gaps = u32::try_from(self.count.checked_sub(1)?).ok()?;
        let every = self.last.saturating_since(self.first).checked_div(gaps)?;
        let is_even = self.longest.saturating_sub(self.shortest) <= every / 5;
        (self.count >= Rhythms::COUNT_MIN && is_even && !every.is_zero()).then(|| Rhythm {
            count: self.count,
            every,
            from: self.shortest,
            to: self.longest,
            sample: self.sample.clone(),
        })
    }
}

/// Returns what messages of one kind have in common: all but their numbers and times.
fn shape_of(frame: Frame<'_>) -> Vec<u8> {
    let (kind, bytes): (u8, &[u8]) = match frame {
        Frame::Text(text) => (b't', text.as_bytes()),
        Frame::Binary(bytes) => (b'b', bytes),
        Frame::Ping(bytes) => (b'i', bytes),
        Frame::Pong(bytes) => (b'o', bytes),
        Frame::Close { reason, .. } => (b'c', reason.as_bytes()),
    };
    let mut shape = vec![kind];
    for byte in bytes {
        let is_of_number = byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'+' | b'-');
        if !is_of_number {
            shape.push(*byte);
        } else if shape.last() != Some(&b'0') {
            shape.push(b'0');
        }
    }
    shape
}

fn cut(frame: Frame<'_>) -> OwnedFrame {
    let max = Rhythms::SAMPLE_MAX;
    match frame {
        Frame::Text(text) => OwnedFrame::Text(text.chars().take(max).collect()),
        Frame::Binary(bytes) => OwnedFrame::Binary(bytes.get(..max).unwrap_or(bytes).to_vec()),
        other @ (Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. }) => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_equal_spans_and_differs_in_digits_is_a_rhythm() {
        let at = Timestamp::from_millis;
        let mut rhythms = Rhythms::default();
        for n in 0..5 {
            rhythms.add(at(n * 30_000 + n % 2), Frame::Text(&format!(r#"{{"hb":{n}}}"#)));
            // Each twice as late as the one before.
            rhythms.add(at(1 << n), Frame::Text("trade"));
        }
        rhythms.add(at(7), Frame::Text("once"));
        let found = rhythms.found();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].every, Duration::from_secs(30));
        assert_eq!(found[0].sample, OwnedFrame::text(r#"{"hb":0}"#));
    }
}
