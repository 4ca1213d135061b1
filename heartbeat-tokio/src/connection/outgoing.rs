//! What waits to be sent: two lanes in the order in which places were taken.

use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

use super::{ConnectionOptions, NotWritten, Receipt};

/// Which messages leave first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Overtakes all that wait in the other.
    Urgent,
    Normal,
}

/// The queue between those who send and the connection's task.
///
/// A place is taken in one step, under one lock, whatever the runtime thinks of the task that
/// takes it: who comes first leaves first.
#[derive(Debug)]
pub(super) struct Outgoing {
    state: Mutex<State>,
    messages_max: usize,
    bytes_max: u32,
}

#[derive(Debug, Default)]
struct State {
    urgent: Waiting,
    normal: Waiting,
    closed: bool,
    /// Where messages went on to.
    moved_to: Option<Arc<Outgoing>>,
    /// Who sends what waits here.
    task: Option<Waker>,
}

/// What waits in one lane.
#[derive(Debug, Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    bytes: usize,
}

/// A message that waits, and who wants to know what becomes of it.
#[derive(Debug)]
pub(super) struct Entry {
    number: Number,
    /// Whether it goes on to the connection that takes over.
    carries_over: bool,
    pub(super) message: Message,
    pub(super) receipt: oneshot::Sender<Receipt>,
}

/// Tells any two messages of this process apart, so that one is found wherever it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number(u64);

impl Number {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Whether a message may wait where the lane is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// Somebody waits with it, and gives up on it when that is too long.
    None,
    /// Nobody does: it needs room.
    Queue,
}

impl Outgoing {
    pub(super) fn new(options: &ConnectionOptions) -> Self {
        Self {
            state: Mutex::default(),
            messages_max: usize::try_from(options.send_messages.get()).unwrap_or(usize::MAX),
            bytes_max: options.send_bytes.get(),
        }
    }

    /// Takes a place for a message.
    pub(super) fn push(
        &self,
        lane: Lane,
        bound: Bound,
        carries_over: bool,
        message: Message,
    ) -> Result<(Number, oneshot::Receiver<Receipt>), NotWritten> {
        let bytes = message.len();
        if u32::try_from(bytes).ok().is_none_or(|bytes| bytes > self.bytes_max) {
            return Err(NotWritten::TooLong { bytes, bytes_max: self.bytes_max });
        }
        let mut state = self.lock();
        if state.closed {
            return Err(NotWritten::Closed);
        }
        let waiting = state.lane(lane);
        if bound == Bound::Queue {
            self.find_room(waiting, bytes)?;
        }
        let (receipt, told) = oneshot::channel();
        let number = Number::next();
        waiting.push(Entry { number, carries_over, message, receipt });
        let task = state.task.take();
        drop(state);
        wake(task);
        Ok((number, told))
    }

    fn find_room(&self, waiting: &Waiting, bytes: usize) -> Result<(), NotWritten> {
        let (messages, bytes_max) = (waiting.entries.len(), self.bytes_max);
        let fits = messages < self.messages_max
            && u32::try_from(waiting.bytes.saturating_add(bytes)).is_ok_and(|all| all <= bytes_max);
        if fits {
            return Ok(());
        }
        let messages_max = self.messages_max;
        Err(NotWritten::Full { messages, messages_max, bytes: waiting.bytes, bytes_max })
    }

    /// Takes a message back if it still waits. Tells whether it did.
    pub(super) fn withdraw(&self, number: Number) -> bool {
        let mut state = self.lock();
        // What is dropped here may be the last of a large buffer: not under the lock.
        let withdrawn = state.normal.remove(number).or_else(|| state.urgent.remove(number));
        let moved_to = state.moved_to.clone();
        drop(state);
        withdrawn.is_some() || moved_to.is_some_and(|there| there.withdraw(number))
    }

    /// Has the messages that carry over go on to the connection that takes over, ahead of what
    /// waits there.
    pub(super) fn move_to(&self, other: &Arc<Self>) {
        let mut state = self.lock();
        let urgent = state.urgent.take_carried();
        let normal = state.normal.take_carried();
        state.moved_to = Some(Arc::clone(other));
        drop(state);
        let mut state = other.lock();
        if !state.closed {
            state.urgent.put_before(urgent);
            state.normal.put_before(normal);
        }
        let task = state.task.take();
        drop(state);
        wake(task);
    }

    /// Returns the lane of the message that leaves next. Pending while there is none.
    pub(super) fn poll_lane(&self, cx: &mut Context<'_>) -> Poll<Lane> {
        let mut state = self.lock();
        match &state.task {
            Some(task) if task.will_wake(cx.waker()) => {}
            Some(_) | None => state.task = Some(cx.waker().clone()),
        }
        if !state.urgent.entries.is_empty() {
            Poll::Ready(Lane::Urgent)
        } else if !state.normal.entries.is_empty() {
            Poll::Ready(Lane::Normal)
        } else {
            Poll::Pending
        }
    }

    /// Takes the next message of a lane, if it was not withdrawn meanwhile.
    pub(super) fn pop(&self, lane: Lane) -> Option<Entry> {
        self.lock().lane(lane).pop()
    }

    /// Takes no message any more, and returns all that wait, those first that would have left
    /// first.
    pub(super) fn close(&self) -> impl Iterator<Item = Entry> + use<> {
        let mut state = self.lock();
        state.closed = true;
        let urgent = core::mem::take(&mut state.urgent);
        let normal = core::mem::take(&mut state.normal);
        urgent.entries.into_iter().chain(normal.entries)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Returns how many messages wait, and their bytes.
    pub(super) fn backlog(&self) -> (usize, usize) {
        let state = self.lock();
        let messages = state.urgent.entries.len().saturating_add(state.normal.entries.len());
        (messages, state.urgent.bytes.saturating_add(state.normal.bytes))
    }

    /// A panic elsewhere cannot have left the state in pieces: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Outside of the lock, because a waker runs code of the runtime's.
fn wake(task: Option<Waker>) {
    if let Some(task) = task {
        task.wake();
    }
}

impl State {
    const fn lane(&mut self, lane: Lane) -> &mut Waiting {
        match lane {
            Lane::Urgent => &mut self.urgent,
            Lane::Normal => &mut self.normal,
        }
    }
}

impl Waiting {
    fn push(&mut self, entry: Entry) {
        self.bytes = self.bytes.saturating_add(entry.message.len());
        self.entries.push_back(entry);
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes = self.bytes.saturating_sub(entry.message.len());
        Some(entry)
    }

    fn take_carried(&mut self) -> Vec<Entry> {
        let (carried, stay): (Vec<_>, Vec<_>) =
            self.entries.drain(..).partition(|entry| entry.carries_over);
        self.bytes = 0;
        self.put_before(stay);
        carried
    }

    fn put_before(&mut self, entries: Vec<Entry>) {
        for entry in entries.into_iter().rev() {
            self.bytes = self.bytes.saturating_add(entry.message.len());
            self.entries.push_front(entry);
        }
    }

    fn remove(&mut self, number: Number) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.number == number)?;
        let entry = self.entries.remove(at)?;
        self.bytes = self.bytes.saturating_sub(entry.message.len());
        Some(entry)
    }
}
