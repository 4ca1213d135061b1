//! What waits for the application that reads one connection.

use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use heartbeat_core::Timestamp;

use super::Overflow;
use super::store::{Entry, Kept, Store};

/// What the application was too slow for, in one gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lagged {
    /// How many messages were dropped.
    pub frames: u64,
    /// Their payload in bytes.
    pub bytes: u64,
    /// How many events and measurements were dropped besides, since a loss was told last. They
    /// alone are no loss, and are not told.
    pub observations: u64,
}

/// The queue between the IO and the application.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    store: Store<T>,
    end: End<T>,
    reader: Option<Waker>,
}

#[derive(Debug)]
enum End<T> {
    NotYet,
    /// Outside of the bounds, so that it is never dropped.
    LastWord(T),
    Told,
}

impl<T: Entry> Queue<T> {
    pub(crate) const fn new(bytes_max: usize, overflow: Overflow) -> Self {
        let store = Store::new(bytes_max, overflow);
        Self { state: Mutex::new(State { store, end: End::NotYet, reader: None }) }
    }

    /// Takes an entry, at the price of others or not at all if there is no room. Never waits.
    pub(crate) fn push(&self, at: Timestamp, entry: T) -> Kept {
        self.change(|state| state.store.push(at, entry))
    }

    /// Takes the last word, if there was none before.
    pub(crate) fn finish(&self, last_word: T) {
        self.change(|state| {
            if let End::NotYet = state.end {
                state.end = End::LastWord(last_word);
            }
        });
    }

    pub(crate) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.lock();
        let popped = state.pop();
        if popped.is_pending() {
            state.reader = Some(cx.waker().clone());
        }
        popped
    }

    /// Returns when the oldest message was read that waits.
    pub(crate) fn oldest_message(&self) -> Option<Timestamp> {
        self.lock().store.oldest_message()
    }

    /// Returns how many bytes the messages hold that wait.
    pub(crate) fn held(&self) -> usize {
        self.lock().store.held()
    }

    /// Changes the state, and wakes who waits for it outside of the lock, because a waker runs
    /// code of the runtime's.
    fn change<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> R {
        let mut state = self.lock();
        let changed = change(&mut state);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        changed
    }

    /// A panic elsewhere cannot have left the state in pieces: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Entry> State<T> {
    fn pop(&mut self) -> Poll<Option<T>> {
        if let Some((_, entry)) = self.store.pop() {
            return Poll::Ready(Some(entry));
        }
        match core::mem::replace(&mut self.end, End::Told) {
            End::NotYet => {
                self.end = End::NotYet;
                Poll::Pending
            }
            End::LastWord(last_word) => Poll::Ready(Some(last_word)),
            End::Told => Poll::Ready(None),
        }
    }
}

impl Lagged {
    pub(crate) const NONE: Self = Self { frames: 0, bytes: 0, observations: 0 };

    /// Counts a message.
    pub(crate) fn add_message(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.frames = self.frames.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Counts an event or a measurement.
    pub(crate) fn add_observation(&mut self) {
        self.observations = self.observations.saturating_add(1);
    }

    /// Counts what an entry told that is lost itself now.
    pub(crate) fn add(&mut self, earlier: Self) {
        self.frames = self.frames.saturating_add(earlier.frames);
        self.bytes = self.bytes.saturating_add(earlier.bytes);
        self.observations = self.observations.saturating_add(earlier.observations);
    }
}
