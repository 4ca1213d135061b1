//! A clock that shows what we want it to show.

use core::time::Duration;

use heartbeat_core::Timestamp;

/// The clock on one machine's wall, in a simulation that knows the true time.
///
/// It may run fast or slow, stand still while the machine sleeps, and step. The simulation
/// asks it two questions: what it [shows](Self::read) at a true time, and at what true time it
/// [will show](Self::when) a given one.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::Timestamp;
/// use heartbeat_testkit::VirtualClock;
///
/// let at = Timestamp::from_millis;
/// let mut clock = VirtualClock::new(at(0));
/// clock.drift(at(0), 500); // half a millisecond a second too fast
/// assert_eq!(clock.read(at(10_000)), at(10_005));
/// assert_eq!(clock.when(at(10_005)), Some(at(10_000)));
/// clock.freeze(at(10_000));
/// assert_eq!(clock.read(at(20_000)), at(10_005));
/// assert_eq!(clock.when(at(10_006)), None);
/// clock.step_back(at(20_000), Duration::from_millis(5));
/// assert_eq!(clock.read(at(20_000)), at(10_000));
/// ```
#[derive(Clone, Debug)]
pub struct VirtualClock {
    /// A true time, and what the clock showed then; both move when its rate changes.
    truth: Timestamp,
    shown: Timestamp,
    drift_ppm: i32,
    frozen: bool,
}

/// The end of the axis.
const END: Timestamp = Timestamp::from_nanos(u64::MAX);

impl VirtualClock {
    const MILLION: i128 = 1_000_000;

    /// Makes a clock that shows the true time from `now` on.
    pub const fn new(now: Timestamp) -> Self {
        Self { truth: now, shown: now, drift_ppm: 0, frozen: false }
    }

    /// Returns what the clock shows at the true time `truth`; before its last change, what it
    /// showed then.
    pub fn read(&self, truth: Timestamp) -> Timestamp {
        if self.frozen {
            return self.shown;
        }
        if self.drift_ppm == 0 {
            let elapsed = truth.saturating_since(self.truth);
            return self.shown.checked_add(elapsed).unwrap_or(END);
        }
        let elapsed = i128::from(truth.as_nanos()) - i128::from(self.truth.as_nanos());
        let ticked = elapsed.max(0) * self.rate() / Self::MILLION;
        self.shown_after(ticked)
    }

    /// Returns the first true time at which the clock will show `shown` or more, or `None` if
    /// it never will: it is frozen, or the axis ends before.
    pub fn when(&self, shown: Timestamp) -> Option<Timestamp> {
        let ticks = i128::from(shown.as_nanos()) - i128::from(self.shown.as_nanos());
        if ticks <= 0 {
            return Some(self.truth);
        }
        if self.frozen {
            return None;
        }
        if self.drift_ppm == 0 {
            return self.truth.checked_add(shown.saturating_since(self.shown));
        }
        let elapsed = (ticks * Self::MILLION + self.rate() - 1) / self.rate();
        let elapsed = Duration::from_nanos(u64::try_from(elapsed).ok()?);
        self.truth.checked_add(elapsed)
    }

    /// Makes the clock run `ppm` millionths too fast, or too slow if negative, from the true
    /// time `now` on. More than half a million either way is taken as half a million.
    pub fn drift(&mut self, now: Timestamp, ppm: i32) {
        self.rebase(now);
        self.drift_ppm = ppm.clamp(-500_000, 500_000);
    }

    /// Stops the clock, as a suspended machine's monotonic clock stops.
    pub fn freeze(&mut self, now: Timestamp) {
        self.rebase(now);
        self.frozen = true;
    }

    /// Lets the clock run again.
    pub fn thaw(&mut self, now: Timestamp) {
        self.rebase(now);
        self.frozen = false;
    }

    /// Sets the clock forward.
    pub fn step_forward(&mut self, now: Timestamp, span: Duration) {
        self.rebase(now);
        self.shown = self.shown.checked_add(span).unwrap_or(self.shown);
    }

    /// Sets the clock back, at most to the start of the axis.
    pub fn step_back(&mut self, now: Timestamp, span: Duration) {
        self.rebase(now);
        self.shown = Timestamp::from_nanos(
            u64::try_from(
                self.shown.saturating_since(Timestamp::ZERO).saturating_sub(span).as_nanos(),
            )
            .unwrap_or(u64::MAX),
        );
    }

    fn rebase(&mut self, now: Timestamp) {
        self.shown = self.read(now);
        self.truth = now.max(self.truth);
    }

    fn rate(&self) -> i128 {
        Self::MILLION + i128::from(self.drift_ppm)
    }

    fn shown_after(&self, ticks: i128) -> Timestamp {
        let nanos = i128::from(self.shown.as_nanos()) + ticks;
        Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_never_too_early_whatever_the_drift() {
        let start = Timestamp::from_millis(5);
        for ppm in [-500_000, -333, -1, 0, 1, 7, 499_999] {
            let mut clock = VirtualClock::new(start);
            clock.drift(start, ppm);
            for nanos in [1, 2, 3, 999_999, 1_000_000_007] {
                let shown = start.checked_add(Duration::from_nanos(nanos)).unwrap();
                let truth = clock.when(shown).unwrap();
                assert!(clock.read(truth) >= shown, "{ppm} ppm, {nanos} ns");
            }
        }
    }

    #[test]
    fn a_thawed_clock_goes_on_from_where_it_stood() {
        let at = Timestamp::from_millis;
        let mut clock = VirtualClock::new(at(0));
        clock.freeze(at(100));
        clock.thaw(at(60_100));
        assert_eq!(clock.read(at(60_150)), at(150));
        assert_eq!(clock.when(at(150)), Some(at(60_150)));
        clock.step_forward(at(60_150), Duration::from_secs(1));
        assert_eq!(clock.read(at(60_150)), at(1_150));
    }
}
