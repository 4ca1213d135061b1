//! Two connections shown as one, by the keys of what they say.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use heartbeat_core::{Generation, Timestamp};

use crate::client::Key;
use crate::client::update::Overlapped;

/// How many keys are remembered: at 100,000 messages a second, those of the last 650 ms; at
/// some 4 MiB while a rotation is under way.
const KEYS_MAX: usize = 1 << 16;

/// How many times the span the keys are kept at most, while the new connection has not said the
/// last thing that the old one said.
const SPANS_MAX: u32 = 10;

/// The keys of what was said lately, and what they tell of two connections.
#[derive(Debug)]
pub(super) struct Overlap {
    span: Duration,
    seen: HashMap<Key, Said>,
    order: VecDeque<Key>,
    rotation: Option<Rotation>,
}

/// Who was the first to say something, and when.
#[derive(Clone, Copy, Debug)]
struct Said {
    by: Generation,
    at: Timestamp,
    /// Whether the other connection has said it too.
    by_both: bool,
}

/// The rotation for which the keys are remembered.
#[derive(Debug)]
struct Rotation {
    report: Overlapped,
    at: Timestamp,
    /// What the old connection said last.
    last: Option<Key>,
    /// When the old connection was shown no more.
    ended_at: Option<Timestamp>,
    /// Whether the new connection has said anything that has a key.
    has_new_spoken: bool,
    is_settled: bool,
}

impl Overlap {
    pub(super) fn new(span: Duration) -> Self {
        Self { span, seen: HashMap::new(), order: VecDeque::new(), rotation: None }
    }

    /// Takes note that one connection hands over to another.
    pub(super) fn begin_rotation(&mut self, from: Generation, to: Generation, at: Timestamp) {
        let report = Overlapped { from, to, matched: 0, span_needed: None, lag: Duration::ZERO };
        self.rotation = Some(Rotation {
            report,
            at,
            last: None,
            ended_at: None,
            has_new_spoken: false,
            is_settled: false,
        });
    }

    /// Tells whether a key is seen for the first time, and remembers it.
    pub(super) fn is_first(&mut self, key: Key, by: Generation, at: Timestamp) -> bool {
        if let Some(rotation) = &mut self.rotation {
            rotation.has_new_spoken |= rotation.report.to == by;
            if rotation.report.from == by {
                rotation.last = Some(key);
            }
        }
        if let Some(said) = self.seen.get_mut(&key) {
            if said.by != by && !core::mem::replace(&mut said.by_both, true) {
                let (first, second) = (said.at.min(at), said.at.max(at));
                self.note_match(first, second);
            }
            return false;
        }
        self.seen.insert(key, Said { by, at, by_both: false });
        self.order.push_back(key);
        if self.order.len() > KEYS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }

    /// Takes note that a connection is shown no more.
    pub(super) fn end_connection(&mut self, generation: Generation, at: Timestamp) {
        if let Some(rotation) = &mut self.rotation {
            if rotation.report.from == generation {
                rotation.ended_at.get_or_insert(at);
            }
            // The loss that follows is told, and with it all that may be missing here.
            rotation.is_settled |= rotation.report.to == generation;
        }
    }

    /// Returns what the two connections of a rotation had in common, once, when it can be told: the
    /// old one has ended, and the new one has spoken or will not do so in time.
    pub(super) fn settle(&mut self, is_over: bool) -> Option<Overlapped> {
        let rotation = self.rotation.as_mut()?;
        let is_due = rotation.ended_at.is_some() && (rotation.has_new_spoken || is_over);
        if !is_due || core::mem::replace(&mut rotation.is_settled, true) {
            return None;
        }
        Some(rotation.report)
    }

    /// Returns until when the keys are to be kept, if their rotation is over.
    pub(super) fn kept_until(&self) -> Option<Timestamp> {
        let rotation = self.rotation.as_ref()?;
        let has_caught_up = rotation.last.is_none_or(|key| {
            self.seen.get(&key).is_none_or(|said| said.by_both || said.by != rotation.report.from)
        });
        let spans = if has_caught_up { 1 } else { SPANS_MAX };
        Some(rotation.ended_at?.saturating_add(self.span.saturating_mul(spans)))
    }

    fn note_match(&mut self, first: Timestamp, second: Timestamp) {
        let Some(rotation) = &mut self.rotation else { return };
        let report = &mut rotation.report;
        report.matched = report.matched.saturating_add(1);
        report.lag = report.lag.max(second.saturating_since(first));
        let needed = second.saturating_since(rotation.at);
        report.span_needed = Some(report.span_needed.map_or(needed, |span| span.min(needed)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::generations;
    use super::*;

    #[test]
    fn a_key_is_first_once_and_again_when_it_is_forgotten() {
        let mut overlap = Overlap::new(Duration::from_secs(1));
        let generation = generations(1)[0];
        let key = |number: usize| number as Key;
        let mut is_first = |key| overlap.is_first(key, generation, Timestamp::ZERO);
        assert!(is_first(key(0)));
        assert!(!is_first(key(0)));
        for number in 1..=KEYS_MAX {
            assert!(is_first(key(number)));
        }
        assert!(is_first(key(0)), "it was the oldest");
        assert_eq!(overlap.seen.len(), KEYS_MAX);
    }

    #[test]
    fn the_keys_are_kept_until_the_new_connection_has_caught_up() {
        let at = Timestamp::from_millis;
        let [old, new] = generations(2)[..] else { unreachable!("there are two") };
        let mut overlap = Overlap::new(Duration::from_millis(100));
        overlap.begin_rotation(old, new, at(0));
        assert!(overlap.is_first(1, old, at(10)));
        assert!(overlap.is_first(2, old, at(20)));
        assert_eq!(overlap.kept_until(), None, "the old one is shown still");
        assert!(!overlap.is_first(1, new, at(40)));
        assert_eq!(overlap.settle(false), None, "the old one is shown still");
        overlap.end_connection(old, at(100));
        let report = overlap.settle(false).unwrap();
        assert_eq!(overlap.settle(true), None, "it is told once");
        assert_eq!((report.matched, report.lag), (1, Duration::from_millis(30)));
        assert_eq!(report.span_needed, Some(Duration::from_millis(40)));
        assert_eq!(overlap.kept_until(), Some(at(1_100)));
        assert!(!overlap.is_first(2, new, at(150)));
        assert_eq!(overlap.kept_until(), Some(at(200)));
    }
}
