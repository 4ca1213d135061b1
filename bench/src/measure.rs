//! How long calls take: the processor's time, rivals in turns, medians over rounds.

use core::fmt;
use std::time::{Duration, Instant};

use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};

/// How thoroughly to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    Quick,
    Full,
}

impl Effort {
    pub(crate) const fn pick<T: Copy>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// How long each rival is called in a round.
const TURN: Duration = Duration::from_micros(400);

/// What one call costs, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost(pub(crate) f64);

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
pub(crate) fn medians<const N: usize>(
    effort: Effort,
    mut rivals: [&mut dyn FnMut(); N],
) -> [Cost; N] {
    let calls = rivals.each_mut().map(|rival| calls_in_a_turn(*rival));
    let mut costs = [const { Vec::new() }; N];
    for _ in 0..effort.pick(7, 21) {
        for ((rival, calls), costs) in rivals.iter_mut().zip(calls).zip(&mut costs) {
            costs.push(time(*rival, calls) / f64::from(calls));
        }
    }
    costs.map(|costs| Cost(median(costs)))
}

/// Also warms it up.
fn calls_in_a_turn(rival: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while calls < 1 << 20 && time(rival, calls) < TURN.as_secs_f64() * 1e9 {
        calls *= 2;
    }
    calls
}

/// Returns how long so many calls took, in nanoseconds of this thread.
fn time(rival: &mut dyn FnMut(), calls: u32) -> f64 {
    let start = thread_nanos();
    for _ in 0..calls {
        rival();
    }
    (thread_nanos() - start) as f64
}

pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the processor's time of this thread.
fn thread_nanos() -> u64 {
    nanos(ClockId::ThreadCPUTime)
}

/// Returns the processor's time of this process, in user code and in the kernel.
pub(crate) fn process_nanos() -> u64 {
    nanos(ClockId::ProcessCPUTime)
}

fn nanos(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Reads the clock on the wall of this process: for latencies, which are not the processor's.
#[expect(clippy::disallowed_methods, reason = "a stopwatch: nothing is decided by what it reads")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Has this thread, and those that it starts from now on, run on one core, if there is such a one.
pub(crate) fn pin_to(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    // Fewer cores are a reason for worse numbers and not for none.
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

/// Has this thread, and those that it starts from now on, run on any core.
pub(crate) fn unpin() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut set = CpuSet::new();
    // Pinned to one, that is what is counted: so many as there are cores at all, and two at least.
    (0..cores.max(2)).for_each(|core| set.set(core));
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

/// Returns the memory of this process that is resident, in KiB.
pub(crate) fn resident_kib() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(f64::NAN) * (rustix::param::page_size() as f64 / 1024.0)
}
