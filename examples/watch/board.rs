//! What is known of every connection right now, for the table and over HTTP.

use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::BreakerState;

use crate::event::HealthLine;

/// The state of every connection, shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    entries: Arc<Mutex<Vec<Entry>>>,
}

/// The state of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// The venue's name.
    pub(crate) exchange: &'static str,
    /// Where it is connected to.
    pub(crate) url: String,
    /// The longest time from the death of the line to the verdict.
    pub(crate) detection_bound: Duration,
    /// Whether it is live and nothing is overdue.
    pub(crate) healthy: bool,
    /// How it is doing, over all of its connections.
    pub(crate) health: HealthLine,
    /// How often it was lost and has come back.
    pub(crate) reconnects: u64,
    /// How often messages may have been missed.
    pub(crate) gaps: u64,
    /// What the venue's breaker does, which all connections to it share.
    pub(crate) breaker: BreakerState,
    /// What happened last, in words.
    pub(crate) last: String,
    /// Whether the operator has paused it.
    pub(crate) paused: bool,
    /// Why it is not connected, if it was or tried to be.
    pub(crate) failure: Option<String>,
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
        !entries.is_empty() && entries.iter().all(|entry| entry.healthy)
    }

    /// Every change of an entry is whole, so that one which panicked half-way left nothing torn.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
