//! Decisions read off a string of bytes, so that one string is one test case everywhere.

use core::time::Duration;

/// Reads decisions off bytes: the one source from which property tests, fuzzers and seeds make
/// their cases.
///
/// Whoever can make bytes can make a case, and the same bytes make the same case. When they run
/// out every further choice is the first one, so that no string is too short.
///
/// ```
/// use heartbeat_testkit::Choices;
///
/// let mut choices = Choices::new(&[7, 1]);
/// assert_eq!(choices.below(5), 2);
/// assert!(choices.flag());
/// assert!(choices.is_spent());
/// assert_eq!(choices.below(5), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Begins at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Tells whether every further choice will be the first one.
    pub const fn is_spent(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns a number below `bound`, or zero if `bound` is zero, from as few bytes as can tell
    /// all of them apart.
    pub fn below(&mut self, bound: u32) -> u32 {
        let highest = bound.saturating_sub(1);
        let bytes = usize::from(highest > 0)
            + usize::from(highest > 0xff)
            + 2 * usize::from(highest > 0xffff);
        let number = (0..bytes).fold(0, |number: u32, _| (number << 8) | u32::from(self.byte()));
        number.checked_rem(bound).unwrap_or(0)
    }

    /// Returns one or the other.
    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Returns one of these. The last, were there more than a `u32` can count.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let index = self.below(u32::try_from(of.len()).unwrap_or(u32::MAX));
        of[usize::try_from(index).unwrap_or(usize::MAX).min(of.len() - 1)]
    }

    /// Returns the index of one of these weights, the heavier the more often; zero if all weigh
    /// nothing.
    pub fn weigh(&mut self, weights: &[u32]) -> usize {
        let total = weights.iter().fold(0, |total: u32, weight| total.saturating_add(*weight));
        let mut left = self.below(total);
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        0
    }

    /// Returns a span of whole milliseconds, `least` and `most` included.
    pub fn millis(&mut self, least: u32, most: u32) -> Duration {
        let span = most.saturating_sub(least).saturating_add(1);
        Duration::from_millis(u64::from(least.saturating_add(self.below(span))))
    }

    /// Returns at most `longest` bytes. They count up from any byte, which reads better than
    /// noise and costs two bytes however long it is.
    pub fn payload(&mut self, longest: u16) -> Vec<u8> {
        let len = self.below(u32::from(longest) + 1);
        let first = self.byte();
        (0..len).map(|place| first.wrapping_add((place & 0xff) as u8)).collect()
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_is_reached_and_none_exceeded() {
        for (bound, bytes) in [(1, 0), (2, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
            let all = [0xff; 4];
            let mut choices = Choices::new(&all);
            assert!(choices.below(bound) < bound);
            assert_eq!(choices.rest.len(), 4 - bytes, "bytes for {bound}");
        }
        let reached: Vec<u32> = (0..=u8::MAX).map(|byte| Choices::new(&[byte]).below(3)).collect();
        assert!((0..3).all(|number| reached.contains(&number)));
    }

    #[test]
    fn weights_are_kept() {
        let picked = (0..=u8::MAX).map(|byte| Choices::new(&[byte]).weigh(&[1, 0, 3]));
        let mut counts = [0; 3];
        picked.for_each(|index| counts[index] += 1);
        assert_eq!(counts, [64, 0, 192]);
    }

    #[test]
    fn without_bytes_every_choice_is_the_first() {
        let mut choices = Choices::new(&[]);
        assert_eq!(choices.pick(&["first", "second"]), "first");
        assert_eq!(choices.weigh(&[2, 5]), 0);
        assert_eq!(choices.millis(3, 9), Duration::from_millis(3));
        assert_eq!(choices.payload(125), Vec::<u8>::new());
    }
}
