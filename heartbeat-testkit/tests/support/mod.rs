//! What several test binaries share.

#![allow(dead_code, reason = "each test binary uses its own part")]

use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

/// How many polls a drain may take: the core promises a few dozen.
pub(crate) const DRAIN_MAX: usize = 64;

/// The same cases on every machine and on every run, so that a failure is a fact and not luck.
pub(crate) fn fixed(cases: u32, seed: u64) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        // The default is made for secrets, and takes most of the time of a debug build.
        rng_algorithm: RngAlgorithm::XorShift,
        max_shrink_iters: 2_000,
        ..Config::default()
    }
}
