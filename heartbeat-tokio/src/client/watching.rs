//! The subscriptions of one connection, watched beside its session.

use core::task::Waker;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::task::AtomicWaker;
use heartbeat_core::{Silence, Timestamp, WatchAction, WatchError, WatchEvent, WatchSpec, Watches};

/// How many subscriptions of one connection can be watched.
pub(super) const WATCHES_MAX: usize = 256;

/// A subscription that is to be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Silent {
    /// The subscription.
    pub key: u64,
    /// Which attempt this is since it fell silent, from one.
    pub attempt: u16,
}

/// Why a subscription is not watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotWatched {
    /// Nobody can tell which message belongs to which subscription.
    #[error("label must be set in the settings of the client")]
    NoLabels,
    /// There is no connection that is live.
    #[error("a connection must be live")]
    NotLive,
    /// What is expected of it cannot be watched, or too much is watched already.
    #[error(transparent)]
    Refused(#[from] WatchError),
}

/// What a connection's task and the application share of its watches. Neither waits for the
/// other but for the few steps under the lock.
pub(super) struct Watching {
    state: Mutex<State>,
    task: AtomicWaker,
}

struct State {
    watches: Watches<WATCHES_MAX>,
    /// What nobody has asked for again yet; at most once each.
    silent: Vec<Silent>,
    /// The subscriptions that are overdue.
    overdue: Vec<u64>,
}

/// What the watches say, in the order in which it is to be heeded.
pub(super) enum Told {
    /// The application must hear of it; and whether any subscription is overdue now.
    Event(WatchEvent, bool),
    /// Somebody has to ask for subscriptions again.
    AskAgain,
    /// The connection is finished.
    End(Silence),
    /// Nothing before this.
    Wait(Option<Timestamp>),
}

impl Watching {
    pub(super) fn new(stall_tolerance: Duration) -> Self {
        let watches = Watches::new(stall_tolerance);
        let state = State { watches, silent: Vec::new(), overdue: Vec::new() };
        Self { state: Mutex::new(state), task: AtomicWaker::new() }
    }

    /// Watches a subscription from now on. Tells whether any is overdue still.
    pub(super) fn watch(
        &self,
        now: Timestamp,
        key: u64,
        spec: WatchSpec,
    ) -> Result<bool, WatchError> {
        let mut state = self.lock();
        state.watches.watch(now, key, spec)?;
        state.forget(key);
        let any_overdue = !state.overdue.is_empty();
        drop(state);
        self.task.wake();
        Ok(any_overdue)
    }

    /// Watches a subscription no more. Tells whether it was, and whether any is overdue still.
    pub(super) fn unwatch(&self, key: u64) -> (bool, bool) {
        let mut state = self.lock();
        state.forget(key);
        (state.watches.unwatch(key), !state.overdue.is_empty())
    }

    /// Takes note of data of a subscription.
    pub(super) fn note(&self, now: Timestamp, key: u64) {
        self.lock().watches.handle_data(now, key);
    }

    /// Returns the next thing to heed; the task is woken when there is more.
    pub(super) fn poll(&self, now: Timestamp, waker: &Waker) -> Told {
        self.task.register(waker);
        let mut state = self.lock();
        match state.watches.poll(now) {
            WatchAction::Notify(event) => {
                state.note(event);
                Told::Event(event, !state.overdue.is_empty())
            }
            WatchAction::Resubscribe { key, attempt } => {
                state.silent.retain(|silent| silent.key != key);
                state.silent.push(Silent { key, attempt });
                Told::AskAgain
            }
            WatchAction::End(silence) => Told::End(silence),
            WatchAction::Wait(deadline) => Told::Wait(deadline),
        }
    }

    /// Takes what is to be asked for again, but for what has spoken meanwhile.
    pub(super) fn take_silent(&self) -> Vec<Silent> {
        let mut state = self.lock();
        let mut silent = core::mem::take(&mut state.silent);
        silent.retain(|silent| {
            state.watches.status(silent.key).is_some_and(|status| status.limits_passed > 0)
        });
        silent
    }

    /// Nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, event: WatchEvent) {
        if let WatchEvent::FirstDataOverdue { key, .. } | WatchEvent::DataOverdue { key, .. } =
            event
        {
            self.overdue.push(key);
        } else if let WatchEvent::Recovered { key, .. } = event {
            self.overdue.retain(|overdue| *overdue != key);
        }
    }

    fn forget(&mut self, key: u64) {
        self.silent.retain(|silent| silent.key != key);
        self.overdue.retain(|overdue| *overdue != key);
    }
}
