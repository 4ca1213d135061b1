//! The requests of a client that wait for their replies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::{Generation, Timestamp};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

use super::{Reply, ReplyKeyOf, RequestError, RequestKey};

/// How many requests of a client may wait for their replies.
pub(super) const REQUESTS_MAX: usize = 1_024;

/// What all connections of a client, and all who ask, share of requests. Nobody waits for anybody
/// here but for the few steps under the lock.
pub(in crate::client) struct RequestTable {
    reply_key: Option<Arc<ReplyKeyOf>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<RequestKey, Waiting>,
    last_serial: u64,
}

/// A request that waits.
struct Waiting {
    serial: u64,
    /// The connection that it leaves by, or has left by.
    generation: Generation,
    since: Timestamp,
    settled: oneshot::Sender<Settled>,
}

/// What became of a request that waited.
#[derive(Debug)]
pub(super) enum Settled {
    Replied(Reply),
    /// The connection has ended, and all that it had read was heard.
    Ended,
}

/// The replies that a connection may bring. Dropped with it, it ends whoever waits for one.
#[derive(Debug)]
pub(in crate::client) struct Replies {
    table: Arc<RequestTable>,
    generation: Generation,
}

/// Somebody's place in the table.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) serial: u64,
    pub(super) settled: oneshot::Receiver<Settled>,
}

impl RequestTable {
    pub(in crate::client) fn new(reply_key: Option<Arc<ReplyKeyOf>>) -> Self {
        Self { reply_key, state: Mutex::default() }
    }

    /// Waits for the reply to a request that is about to be sent.
    pub(super) fn register(
        &self,
        now: Timestamp,
        key: &RequestKey,
        generation: Generation,
    ) -> Result<Place, RequestError> {
        if self.reply_key.is_none() {
            return Err(RequestError::NoReplyKey);
        }
        let mut state = self.lock();
        if state.waiting.contains_key(key) {
            return Err(RequestError::KeyInUse { key: key.clone() });
        }
        if state.waiting.len() >= REQUESTS_MAX {
            return Err(RequestError::TooMany { requests_max: REQUESTS_MAX });
        }
        state.last_serial = state.last_serial.wrapping_add(1);
        let serial = state.last_serial;
        let (sender, settled) = oneshot::channel();
        let waiting = Waiting { serial, generation, since: now, settled: sender };
        state.waiting.insert(key.clone(), waiting);
        Ok(Place { serial, settled })
    }

    /// Waits for it no more, if it still does.
    pub(super) fn withdraw(&self, key: &RequestKey, serial: u64) {
        let mut state = self.lock();
        if state.waiting.get(key).is_some_and(|waiting| waiting.serial == serial) {
            state.waiting.remove(key);
        }
    }

    /// Returns which request a message replies to, if anybody waits for a reply.
    ///
    /// Calls the application's closure, which may panic.
    pub(in crate::client) fn key_of(&self, message: &Message) -> Option<RequestKey> {
        let reply_key = self.reply_key.as_ref()?;
        if self.lock().waiting.is_empty() { None } else { reply_key(message) }
    }

    /// Takes a message if it is the reply that somebody waits for, and returns it otherwise.
    pub(in crate::client) fn settle(
        &self,
        now: Timestamp,
        generation: Generation,
        key: &RequestKey,
        message: Message,
    ) -> Option<Message> {
        let Some(waiting) = self.lock().waiting.remove(key) else { return Some(message) };
        let after = now.saturating_since(waiting.since);
        let reply = Settled::Replied(Reply { message, generation, after });
        match waiting.settled.send(reply) {
            // Whoever waited has just gone: then it is the application's.
            Err(Settled::Replied(Reply { message, .. })) => Some(message),
            Ok(()) | Err(Settled::Ended) => None,
        }
    }

    /// A connection has ended: nothing replies to what has left by it any more.
    pub(in crate::client) fn end(&self, generation: Generation) {
        let mut state = self.lock();
        let waiting = core::mem::take(&mut state.waiting);
        let (ended, others): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, waiting)| waiting.generation == generation);
        state.waiting = others.into_iter().collect();
        drop(state);
        // A waker runs code of the runtime's, which is none of the lock's business.
        for (_, waiting) in ended {
            let _ = waiting.settled.send(Settled::Ended);
        }
    }

    /// Nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replies {
    pub(in crate::client) const fn new(table: Arc<RequestTable>, generation: Generation) -> Self {
        Self { table, generation }
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.table.end(self.generation);
    }
}

impl core::fmt::Debug for RequestTable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let waiting = self.lock().waiting.len();
        f.debug_struct("RequestTable").field("waiting", &waiting).finish_non_exhaustive()
    }
}
