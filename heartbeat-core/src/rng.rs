//! The one source of randomness: a generator that is all in its seed.

use core::time::Duration;

/// A small deterministic generator (`SplitMix64`), to spread delays; never for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Makes the generator with this seed. Every seed is as good as any other, and neighbours
    /// have nothing in common, so that a fleet may number its members.
    pub(crate) const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a span from zero to `longest`, both included, each as likely as any other to
    /// one part in 2^64 of the range. Longer than 584 years counts as 584 years.
    pub(crate) fn span_up_to(&mut self, longest: Duration) -> Duration {
        let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        let range = u128::from(nanos).saturating_add(1);
        // The high half of the product lies below the range, without the bias of a remainder.
        let drawn = u128::from(self.next_u64()).saturating_mul(range) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_fill_their_range_and_do_not_leave_it() {
        let mut rng = Rng::from_seed(7);
        let drawn: [u128; 1_000] =
            core::array::from_fn(|_| rng.span_up_to(Duration::from_nanos(9)).as_nanos());
        for value in 0..=9 {
            let times = drawn.iter().filter(|nanos| **nanos == value).count();
            assert!((60..140).contains(&times), "{value} came {times} times of about 100");
        }
        assert!(drawn.iter().all(|nanos| *nanos <= 9));
        assert_eq!(rng.span_up_to(Duration::ZERO), Duration::ZERO);
        assert!(rng.span_up_to(Duration::MAX) > Duration::ZERO, "no overflow, and no panic");
    }

    #[test]
    fn neighbouring_seeds_have_nothing_in_common() {
        let first = |seed| Rng::from_seed(seed).span_up_to(Duration::from_secs(1));
        let apart = (0..100)
            .filter(|seed| first(*seed).abs_diff(first(seed + 1)) > Duration::from_millis(50));
        assert!(apart.count() > 80);
    }
}
