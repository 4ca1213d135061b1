//! What is known of every connection right now, for the table and over HTTP.

use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::{Health, Phase};

/// The state of every connection, shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    entries: Arc<Mutex<Vec<Entry>>>,
}

/// The state of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The venue's name.
    pub(crate) exchange: &'static str,
    /// Where it is connected to.
    pub(crate) url: String,
    /// The longest time from the death of the line to the verdict.
    pub(crate) detection_bound: Duration,
    /// How it is doing; `None` until it is connected.
    pub(crate) health: Option<Health>,
    /// What happened last, in words.
    pub(crate) last: String,
    /// Why it ended, if it did and was not told to.
    pub(crate) failure: Option<String>,
}

impl Entry {
    /// Tells whether the connection works: armed, heard from, and not ended by a failure.
    pub(crate) fn is_healthy(&self) -> bool {
        self.failure.is_none()
            && self.health.as_ref().is_some_and(|health| health.phase == Phase::Live)
    }
}

impl Board {
    /// Adds a connection and returns its number.
    pub(crate) fn add(&self, entry: Entry) -> usize {
        let mut entries = self.lock();
        entries.push(entry);
        entries.len() - 1
    }

    /// Changes what is known of a connection.
    pub(crate) fn update(&self, connection: usize, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().get_mut(connection) {
            change(entry);
        }
    }

    /// Returns a copy of everything.
    pub(crate) fn snapshot(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Tells whether every connection is healthy, and whether there is one.
    pub(crate) fn is_healthy(&self) -> bool {
        let entries = self.lock();
        !entries.is_empty() && entries.iter().all(Entry::is_healthy)
    }

    /// Every change of an entry is whole, so that one which panicked half-way left nothing torn.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
