//! How much is said of what happens too often.

use core::time::Duration;
use std::collections::BTreeMap;

use heartbeat_core::Timestamp;

/// How many lines of one kind are written in a window.
pub(crate) const LINES_MAX: u32 = 10;

/// How long a window is.
pub(crate) const WINDOW: Duration = Duration::from_secs(1);

/// Bounds the lines of one connection, each kind by itself: so many in each window, and one more
/// that says how many there would have been.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    kinds: BTreeMap<&'static str, Window>,
}

#[derive(Debug)]
struct Window {
    since: Timestamp,
    written: u32,
    left_out: u64,
}

/// So many lines of a kind were left out in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) kind: &'static str,
    pub(crate) count: u64,
    pub(crate) span: Duration,
}

impl Bounds {
    /// Tells whether a line of `kind` is to be written at `now`. To be asked once for each, after
    /// [`take_over`](Self::take_over).
    pub(crate) fn admits(&mut self, now: Timestamp, kind: &'static str) -> bool {
        let window =
            self.kinds.entry(kind).or_insert(Window { since: now, written: 0, left_out: 0 });
        if window.written < LINES_MAX {
            window.written += 1;
            return true;
        }
        window.left_out = window.left_out.saturating_add(1);
        false
    }

    /// Ends the windows that are over at `now`, and returns what was left out in one of them;
    /// `None` if there is nothing to say. A window in which nothing happened leaves nothing.
    pub(crate) fn take_over(&mut self, now: Timestamp) -> Option<LeftOut> {
        self.take(|window| now.saturating_since(window.since) >= WINDOW, now)
    }

    /// Returns what was left out and not said yet, however young it is: for the end.
    pub(crate) fn take_rest(&mut self, now: Timestamp) -> Option<LeftOut> {
        self.take(|_| true, now)
    }

    fn take(&mut self, is_over: impl Fn(&Window) -> bool, now: Timestamp) -> Option<LeftOut> {
        self.kinds.retain(|_, window| window.left_out > 0 || !is_over(window));
        let (kind, window) = self.kinds.iter().find(|(_, window)| is_over(window))?;
        let (kind, count) = (*kind, window.left_out);
        let left_out = LeftOut { kind, count, span: now.saturating_since(window.since) };
        self.kinds.remove(kind);
        Some(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_flood_is_ten_lines_a_second_and_one_that_counts_the_rest() {
        let mut bounds = Bounds::default();
        let (mut lines, mut counted) = (0_u64, 0);
        for millis in 0..10_000 {
            // A hundred thousand a second, of one kind; another goes on beside it.
            while let Some(left_out) = bounds.take_over(at(millis)) {
                assert_eq!((left_out.kind, left_out.span), ("challenge", WINDOW));
                counted += left_out.count;
                lines += 1;
            }
            for _ in 0..100 {
                lines += u64::from(bounds.admits(at(millis), "challenge"));
            }
            if millis % 1_000 == 500 {
                assert!(bounds.admits(at(millis), "probe"));
            }
        }
        while let Some(left_out) = bounds.take_rest(at(9_999)) {
            counted += left_out.count;
            lines += 1;
        }
        assert_eq!(lines, 10 * 11);
        assert_eq!(counted, 1_000_000 - 10 * 10, "none is forgotten");
    }

    #[test]
    fn what_is_rare_is_never_left_out_and_leaves_nothing_behind() {
        let mut bounds = Bounds::default();
        for second in 0..100 {
            for _ in 0..LINES_MAX {
                assert!(bounds.admits(at(second * 1_000), "probe"));
            }
            assert_eq!(bounds.take_over(at(second * 1_000 + 999)), None);
            assert_eq!(bounds.take_over(at(second * 1_000 + 1_000)), None);
        }
        assert!(bounds.kinds.is_empty());
    }
}
