//! Which faults are on, and when that changes.

use core::time::Duration;

use heartbeat_core::Timestamp;

use super::{Fault, FaultPlan};

/// The planned faults of one connection.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    fault: Fault,
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    on: bool,
}

/// A fault that begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Begins(Fault),
    Ends(Fault),
}

impl Schedule {
    pub(super) fn new(plans: Vec<FaultPlan>, opened: Timestamp) -> Self {
        let mut schedule = Self { entries: Vec::new() };
        for plan in plans {
            schedule.add(plan, opened);
        }
        schedule
    }

    /// Adds a fault whose time counts from `from`; what is over is forgotten. One that is on
    /// already begins at once, and ends when it would have.
    pub(super) fn add(&mut self, plan: FaultPlan, from: Timestamp) {
        self.entries.retain(|entry| entry.on || entry.begins.is_some());
        let begins = from.checked_add(plan.at());
        let ends = plan.lasts().and_then(|lasts| begins?.checked_add(lasts));
        self.entries.push(Entry { fault: plan.fault(), begins, ends, on: false });
    }

    /// Adds a fault of the whole venue to a connection that is opened at `opened`, unless it was
    /// over by then.
    pub(super) fn join(&mut self, plan: FaultPlan, from: Timestamp, opened: Timestamp) {
        if !plan.is_over(from, opened) {
            self.add(plan, from);
        }
    }

    /// Returns when something changes next.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        let next = |entry: &Entry| if entry.on { entry.ends } else { entry.begins };
        self.entries.iter().filter_map(next).min()
    }

    /// Takes the next change that is due, ends before beginnings.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Change> {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.on && is_due(entry.ends)) {
            entry.on = false;
            entry.ends = None;
            return Some(Change::Ends(entry.fault));
        }
        let is_next = |entry: &&mut Entry| !entry.on && is_due(entry.begins);
        let entry = self.entries.iter_mut().find(is_next)?;
        entry.begins = None;
        entry.on = !entry.fault.is_momentary();
        Some(Change::Begins(entry.fault))
    }

    /// Finds the first fault that is on and that `wanted` takes.
    pub(super) fn find<T>(&self, wanted: impl Fn(Fault) -> Option<T>) -> Option<T> {
        self.entries.iter().filter(|entry| entry.on).find_map(|entry| wanted(entry.fault))
    }

    pub(super) fn is_on(&self, fault: Fault) -> bool {
        self.any(|on| on == fault)
    }

    /// Tells whether a fault of this kind is on.
    pub(super) fn any(&self, kind: impl Fn(Fault) -> bool) -> bool {
        self.find(|on| kind(on).then_some(())).is_some()
    }

    /// Tells whether a fault is on under which nothing at all may leave.
    pub(super) fn is_muted(&self) -> bool {
        self.any(Fault::mutes)
    }

    /// Tells whether a fault is on under which the venue says nothing by itself.
    pub(super) fn is_idle(&self) -> bool {
        self.any(Fault::idles)
    }

    /// Tells how late everything is that leaves now.
    pub(super) fn slowness(&self) -> Option<Duration> {
        self.find(|on| if let Fault::Slow(late) = on { Some(late) } else { None })
    }

    /// Tells how late an answer is that is given now.
    pub(super) fn lateness(&self) -> Option<Duration> {
        self.find(|on| if let Fault::LateAnswer(late) = on { Some(late) } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_begin_and_end_once_and_in_time() {
        let at = Timestamp::from_millis;
        let plans = ["silent@1s+1s", "close=1012@3s"].map(|plan| plan.parse().unwrap());
        let mut schedule = Schedule::new(plans.to_vec(), at(500));
        assert_eq!(schedule.next_at(), Some(at(1_500)));
        assert_eq!(schedule.take_due(at(1_499)), None);
        assert_eq!(schedule.take_due(at(1_500)), Some(Change::Begins(Fault::Silent)));
        assert!(schedule.is_muted());
        assert_eq!(schedule.next_at(), Some(at(2_500)));
        assert_eq!(schedule.take_due(at(9_000)), Some(Change::Ends(Fault::Silent)));
        assert!(!schedule.is_muted());
        assert_eq!(schedule.take_due(at(9_000)), Some(Change::Begins(Fault::Close(1012))));
        assert_eq!(schedule.take_due(at(9_000)), None);
        assert_eq!(schedule.next_at(), None);
    }

    #[test]
    fn whoever_comes_later_joins_what_is_on_and_misses_what_is_over() {
        let at = Timestamp::from_millis;
        let mut schedule = Schedule::new(Vec::new(), at(5_000));
        for plan in ["silent@1s+1s", "cut@4s", "zombie@4s+3s", "close=1012@9s"] {
            schedule.join(plan.parse().unwrap(), at(0), at(5_000));
        }
        assert_eq!(schedule.take_due(at(5_000)), Some(Change::Begins(Fault::Zombie)));
        assert_eq!(schedule.take_due(at(6_999)), None);
        assert_eq!(schedule.take_due(at(7_000)), Some(Change::Ends(Fault::Zombie)));
        assert_eq!(schedule.take_due(at(9_000)), Some(Change::Begins(Fault::Close(1012))));
        assert_eq!(schedule.next_at(), None);
    }
}
