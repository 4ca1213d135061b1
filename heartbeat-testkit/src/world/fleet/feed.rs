//! What a client's application is shown of the venue's channel.

use std::collections::BTreeSet;

use super::step::ChannelStep;

/// How many messages are held for one that another connection may yet bring.
const HELD_MAX: usize = 256;

/// Puts together what the connections of one client bring, by its numbers.
#[derive(Debug)]
pub(super) struct Feed {
    /// Whether messages are known apart by their numbers.
    is_keyed: bool,
    /// What was shown last.
    last: Option<u64>,
    /// Whether two connections are read, of which one may yet bring what the other lacks.
    overlaps: bool,
    held: BTreeSet<u64>,
    steps: Vec<ChannelStep>,
}

impl Feed {
    pub(super) const fn new(is_keyed: bool) -> Self {
        Self { is_keyed, last: None, overlaps: false, held: BTreeSet::new(), steps: Vec::new() }
    }

    /// Tells whether there are two connections to read in a rotation.
    pub(super) const fn is_keyed(&self) -> bool {
        self.is_keyed
    }

    pub(super) const fn begin_overlap(&mut self) {
        self.overlaps = true;
    }

    /// Shows what was held: what is missing now comes no more.
    pub(super) fn end_overlap(&mut self) {
        self.overlaps = false;
        for number in core::mem::take(&mut self.held) {
            self.read(number);
        }
    }

    /// Takes a message that was read.
    pub(super) fn read(&mut self, number: u64) {
        if !self.is_keyed {
            self.show(number);
            return;
        }
        if self.last.is_some_and(|last| number <= last) {
            self.steps.push(ChannelStep::Drops(number));
        } else if self.overlaps && !self.is_next(number) && self.held.len() < HELD_MAX {
            self.held.insert(number);
        } else {
            self.show(number);
            while let Some(next) = self.held.first().copied().filter(|next| self.is_next(*next)) {
                self.held.remove(&next);
                self.show(next);
            }
        }
    }

    /// Tells whether there are no [steps](Self::steps).
    pub(super) const fn is_quiet(&self) -> bool {
        self.steps.is_empty()
    }

    /// Takes what the application is shown and told, in order.
    pub(super) fn steps(&mut self) -> impl Iterator<Item = ChannelStep> {
        self.steps.drain(..)
    }

    fn is_next(&self, number: u64) -> bool {
        self.last.is_none_or(|last| number == last.saturating_add(1))
    }

    fn show(&mut self, number: u64) {
        if let Some(last) = self.last
            && number > last.saturating_add(1)
        {
            let (first, last) = (last.saturating_add(1), number - 1);
            self.steps.push(ChannelStep::Misses { first, last });
        }
        self.steps.push(ChannelStep::Shows(number));
        self.last = Some(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(feed: &mut Feed, numbers: &[u64]) -> Vec<ChannelStep> {
        for number in numbers {
            feed.read(*number);
        }
        feed.steps().collect()
    }

    #[test]
    fn two_connections_are_one_channel_while_both_are_read() {
        use ChannelStep::{Drops, Misses, Shows};
        let mut feed = Feed::new(true);
        assert_eq!(read(&mut feed, &[4, 5]), [Shows(4), Shows(5)]);
        feed.begin_overlap();
        assert_eq!(read(&mut feed, &[7, 5]), [Drops(5)], "6 may yet come");
        assert_eq!(read(&mut feed, &[6]), [Shows(6), Shows(7)]);
        assert_eq!(read(&mut feed, &[9, 7]), [Drops(7)]);
        feed.end_overlap();
        assert_eq!(read(&mut feed, &[]), [Misses { first: 8, last: 8 }, Shows(9)]);
    }

    #[test]
    fn without_a_key_what_is_missing_is_told_and_what_repeats_is_shown() {
        use ChannelStep::{Misses, Shows};
        let mut feed = Feed::new(false);
        let told = [Shows(4), Misses { first: 5, last: 6 }, Shows(7), Shows(7)];
        assert_eq!(read(&mut feed, &[4, 7, 7]), told);
    }
}
