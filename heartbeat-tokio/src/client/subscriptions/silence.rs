//! The watch over as many topics as a connection has.

use std::collections::BTreeSet;

use core::time::Duration;

use heartbeat_core::{Silence, Timestamp, WatchAction, WatchEvent, WatchSpec, Watches};

/// How many topics are watched together.
const GROUP: usize = 64;

/// The watches of a connection, in groups, so that few topics need little room.
#[derive(Debug)]
pub(super) struct Silences {
    stall_tolerance: Duration,
    /// By the numbers of the topics: each has its place.
    groups: Vec<Watches<GROUP>>,
    /// What is overdue.
    overdue: BTreeSet<u64>,
}

/// What the watches say.
pub(super) enum Heard {
    /// The application must hear of it.
    Event(WatchEvent),
    /// The topic is to be asked for again.
    Renew(u64),
    /// The connection is finished.
    End(Silence),
    /// Nothing before this.
    Wait(Option<Timestamp>),
}

impl Silences {
    pub(super) const fn new(stall_tolerance: Duration) -> Self {
        Self { stall_tolerance, groups: Vec::new(), overdue: BTreeSet::new() }
    }

    /// Watches a topic from `now`, unless it is watched already.
    pub(super) fn watch(&mut self, now: Timestamp, key: u64, spec: WatchSpec) {
        let group = Self::group_of(key);
        while self.groups.len() <= group {
            self.groups.push(Watches::new(self.stall_tolerance));
        }
        if let Some(watches) = self.groups.get_mut(group)
            && watches.status(key).is_none()
        {
            // The group has room for all its keys, and what is expected was checked.
            let _ = watches.watch(now, key, spec);
        }
    }

    pub(super) fn unwatch(&mut self, key: u64) {
        self.overdue.remove(&key);
        if let Some(watches) = self.groups.get_mut(Self::group_of(key)) {
            watches.unwatch(key);
        }
    }

    /// Takes note of data. Tells whether it was overdue, so that something follows.
    pub(super) fn hear(&mut self, now: Timestamp, key: u64) -> bool {
        if let Some(watches) = self.groups.get_mut(Self::group_of(key)) {
            watches.handle_data(now, key);
        }
        self.overdue.contains(&key)
    }

    pub(super) fn any_overdue(&self) -> bool {
        !self.overdue.is_empty()
    }

    pub(super) fn is_overdue(&self, key: u64) -> bool {
        self.overdue.contains(&key)
    }

    pub(super) fn poll(&mut self, now: Timestamp) -> Heard {
        let mut deadline = None;
        for watches in &mut self.groups {
            match watches.poll(now) {
                WatchAction::Notify(event) => {
                    self.note(event);
                    return Heard::Event(event);
                }
                WatchAction::Resubscribe { key, .. } => return Heard::Renew(key),
                WatchAction::End(silence) => return Heard::End(silence),
                WatchAction::Wait(at) => deadline = [deadline, at].into_iter().flatten().min(),
            }
        }
        Heard::Wait(deadline)
    }

    fn note(&mut self, event: WatchEvent) {
        if let WatchEvent::FirstDataOverdue { key, .. } | WatchEvent::DataOverdue { key, .. } =
            event
        {
            self.overdue.insert(key);
        } else if let WatchEvent::Recovered { key, .. } = event {
            self.overdue.remove(&key);
        }
    }

    fn group_of(key: u64) -> usize {
        usize::try_from(key).unwrap_or(usize::MAX) / GROUP
    }
}
