//! How long calls take: rivals in turns, medians over rounds.

use core::fmt;
use std::time::{Duration, Instant};

/// How many rounds are measured.
pub(crate) const ROUNDS: usize = 21;

/// How long each rival is called in a round.
const TURN: Duration = Duration::from_micros(400);

/// What one call costs, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost(f64);

impl Cost {
    pub(crate) const fn nanos(self) -> f64 {
        self.0
    }

    /// The cost of one of so many things that a call did.
    pub(crate) fn per(self, count: usize) -> Self {
        Self(self.0 / count as f64)
    }

    /// How many times as dear as `other`.
    pub(crate) fn over(self, other: Self) -> f64 {
        self.0 / other.0
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 < 10.0 { 1 } else { 0 };
        write!(f, "{:.digits$}", self.0)
    }
}

/// Returns what a call of each rival costs: the median over all rounds, in each of which every
/// rival has its turn, so that what else the machine does meets them alike.
pub(crate) fn medians<const N: usize>(mut rivals: [&mut dyn FnMut(); N]) -> [Cost; N] {
    let calls = rivals.each_mut().map(|rival| calls_in_a_turn(*rival));
    let mut costs = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for ((rival, calls), costs) in rivals.iter_mut().zip(calls).zip(&mut costs) {
            costs.push(time(*rival, calls) / f64::from(calls));
        }
    }
    costs.map(|mut costs| {
        costs.sort_by(f64::total_cmp);
        Cost(costs.get(ROUNDS / 2).copied().unwrap_or_default())
    })
}

/// Also warms it up.
fn calls_in_a_turn(rival: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while calls < 1 << 20 && time(rival, calls) < TURN.as_secs_f64() * 1e9 {
        calls *= 2;
    }
    calls
}

/// Returns how long so many calls took, in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "a stopwatch: nothing is decided by what it reads")]
fn time(rival: &mut dyn FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        rival();
    }
    start.elapsed().as_secs_f64() * 1e9
}
