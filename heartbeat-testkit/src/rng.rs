//! The one source of randomness: a generator that is all in its seed.

use core::time::Duration;

/// A small deterministic generator (`SplitMix64`), for delays and schedules; never for secrets.
///
/// ```
/// use heartbeat_testkit::Rng;
///
/// let (mut one, mut same) = (Rng::from_seed(7), Rng::from_seed(7));
/// assert_eq!(one.next_u64(), same.next_u64());
/// assert_eq!(one.below(0), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// Makes the generator with this seed. Every seed is as good as any other.
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`, or zero if `bound` is zero. The bias of the remainder
    /// is below one in a million for every bound that occurs here.
    pub const fn below(&mut self, bound: u64) -> u64 {
        match self.next_u64().checked_rem(bound) {
            Some(rest) => rest,
            None => 0,
        }
    }

    /// Returns a span of at most `longest`.
    pub fn span_up_to(&mut self, longest: Duration) -> Duration {
        let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.below(nanos.saturating_add(1)))
    }

    /// Makes another generator whose numbers have nothing to do with this one's.
    pub const fn split(&mut self) -> Self {
        Self(self.next_u64())
    }
}
