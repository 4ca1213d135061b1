//! What waits for the application, bounded in bytes.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Overflow;

/// What the application was too slow for, in one gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lagged {
    /// How many messages were dropped.
    pub frames: u64,
    /// Their payload in bytes.
    pub bytes: u64,
    /// How many events and measurements were dropped with them.
    pub observations: u64,
}

/// What can wait in a [`Queue`].
pub(crate) trait Entry: Sized {
    /// Makes the entry that tells of a loss.
    fn lagged(lost: Lagged) -> Self;

    /// Returns the length of its payload, which counts on top of the size of the entry itself.
    fn payload_len(&self) -> usize;

    /// Adds what is lost with this entry.
    fn add_to(&self, lost: &mut Lagged);
}

/// The queue between the IO and the application. Shared by as many connections as feed it.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    entries: VecDeque<T>,
    bytes: usize,
    bytes_max: usize,
    overflow: Overflow,
    /// What was dropped from the front and is to be told first.
    lost_before: Lagged,
    /// What was dropped from the back and is to be told last.
    lost_behind: Lagged,
    end: End<T>,
    reader: Option<Waker>,
}

#[derive(Debug)]
enum End<T> {
    NotYet,
    /// Outside of the bound, so that it is never dropped.
    LastWord(T),
    Told,
}

/// Whether everything was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "under `Overflow::Disconnect` a loss ends the connection"]
pub(crate) enum Kept {
    All,
    NotAll,
}

impl<T: Entry> Queue<T> {
    pub(crate) const fn new(bytes_max: usize, overflow: Overflow) -> Self {
        Self {
            state: Mutex::new(State {
                entries: VecDeque::new(),
                bytes: 0,
                bytes_max,
                overflow,
                lost_before: Lagged::NONE,
                lost_behind: Lagged::NONE,
                end: End::NotYet,
                reader: None,
            }),
        }
    }

    /// Takes an entry, at the price of others or not at all if there is no room. Never waits.
    pub(crate) fn push(&self, entry: T) -> Kept {
        let mut state = self.lock();
        let kept = state.push(entry);
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        kept
    }

    /// Takes the last word, if there was none before.
    pub(crate) fn finish(&self, last_word: T) {
        let mut state = self.lock();
        if let End::NotYet = state.end {
            state.end = End::LastWord(last_word);
        }
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    pub(crate) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.lock();
        let popped = state.pop();
        if popped.is_pending() {
            state.reader = Some(cx.waker().clone());
        }
        popped
    }

    /// A panic elsewhere cannot have left the state in pieces: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Outside of the lock, because a waker runs code of the runtime's.
fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}

impl<T: Entry> State<T> {
    /// What an entry costs besides its payload.
    const OVERHEAD: usize = size_of::<T>();

    fn push(&mut self, entry: T) -> Kept {
        let cost = Self::cost_of(&entry);
        let mut kept = Kept::All;
        if self.overflow == Overflow::DropOldest && cost <= self.bytes_max {
            while !self.has_room_for(cost)
                && let Some(oldest) = self.take_front()
            {
                kept = Kept::NotAll;
                oldest.add_to(&mut self.lost_before);
            }
        }
        if !self.has_room_for(cost) {
            entry.add_to(&mut self.lost_behind);
            return Kept::NotAll;
        }
        self.note_lost_behind();
        self.bytes = self.bytes.saturating_add(cost);
        self.entries.push_back(entry);
        kept
    }

    fn cost_of(entry: &T) -> usize {
        Self::OVERHEAD.saturating_add(entry.payload_len())
    }

    const fn has_room_for(&self, cost: usize) -> bool {
        self.bytes.saturating_add(cost) <= self.bytes_max
    }

    /// Puts what was lost at the back in its place, before what comes next. It is the one
    /// entry beyond the bound: it stands for at least one that was dropped.
    fn note_lost_behind(&mut self) {
        let lost = core::mem::take(&mut self.lost_behind);
        if !lost.is_nothing() {
            self.bytes = self.bytes.saturating_add(Self::OVERHEAD);
            self.entries.push_back(T::lagged(lost));
        }
    }

    fn take_front(&mut self) -> Option<T> {
        let entry = self.entries.pop_front()?;
        self.bytes = self.bytes.saturating_sub(Self::cost_of(&entry));
        Some(entry)
    }

    fn pop(&mut self) -> Poll<Option<T>> {
        let lost = core::mem::take(&mut self.lost_before);
        if !lost.is_nothing() {
            return Poll::Ready(Some(T::lagged(lost)));
        }
        if let Some(entry) = self.take_front() {
            return Poll::Ready(Some(entry));
        }
        let lost = core::mem::take(&mut self.lost_behind);
        if !lost.is_nothing() {
            return Poll::Ready(Some(T::lagged(lost)));
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

    fn is_nothing(&self) -> bool {
        *self == Self::NONE
    }

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

#[cfg(test)]
mod tests {
    use core::task::{Context, Poll, Waker};

    use heartbeat_core::Event;
    use tokio_tungstenite::tungstenite::Message;

    use super::super::Incoming;
    use super::*;

    const OVERHEAD: usize = size_of::<Incoming>();

    /// A queue for two messages of ten bytes.
    fn queue(overflow: Overflow) -> Queue<Incoming> {
        Queue::new(2 * (OVERHEAD + 10), overflow)
    }

    fn message(number: u8) -> Incoming {
        Incoming::Message(Message::text(format!("message {number:02}")))
    }

    /// Pops all there is, each as a short text.
    fn pop_all(queue: &Queue<Incoming>) -> Vec<String> {
        let mut popped = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(entry)) = queue.poll_pop(&mut cx) {
            popped.push(match &entry {
                Incoming::Message(message) => message.to_string(),
                Incoming::Lagged(Lagged { frames, bytes, observations }) => {
                    format!("lagged {frames} {bytes} {observations}")
                }
                Incoming::Event(_) | Incoming::Latency(_) | Incoming::Closed(_) => {
                    format!("{entry:?}")
                }
            });
        }
        popped
    }

    #[test]
    fn what_fits_comes_out_as_it_went_in() {
        for overflow in [Overflow::DropOldest, Overflow::DropNewest, Overflow::Disconnect] {
            let queue = queue(overflow);
            assert_eq!(queue.push(message(1)), Kept::All);
            assert_eq!(queue.push(message(2)), Kept::All);
            assert_eq!(pop_all(&queue), ["message 01", "message 02"]);
            assert_eq!(queue.lock().bytes, 0);
        }
    }

    #[test]
    fn the_oldest_make_room_and_are_missed_where_they_lay() {
        let queue = queue(Overflow::DropOldest);
        for number in 1..=5 {
            let expected = if number <= 2 { Kept::All } else { Kept::NotAll };
            assert_eq!(queue.push(message(number)), expected);
        }
        assert_eq!(pop_all(&queue), ["lagged 3 30 0", "message 04", "message 05"]);
        // A gap is told once.
        let _ = queue.push(message(6));
        assert_eq!(pop_all(&queue), ["message 06"]);
    }

    #[test]
    fn the_newest_find_no_room_and_are_missed_where_they_would_lie() {
        for overflow in [Overflow::DropNewest, Overflow::Disconnect] {
            let queue = queue(overflow);
            for number in 1..=4 {
                let _ = queue.push(message(number));
            }
            let mut cx = Context::from_waker(Waker::noop());
            assert!(queue.poll_pop(&mut cx).is_ready());
            assert_eq!(queue.push(message(5)), Kept::All);
            assert_eq!(pop_all(&queue), ["message 02", "lagged 2 20 0", "message 05"]);
            assert_eq!(queue.lock().bytes, 0);
        }
    }

    #[test]
    fn an_entry_beyond_the_whole_bound_costs_nobody_else() {
        let queue = queue(Overflow::DropOldest);
        let _ = queue.push(message(1));
        let huge = Incoming::Message(Message::text("x".repeat(1_000)));
        assert_eq!(queue.push(huge), Kept::NotAll);
        assert_eq!(pop_all(&queue), ["message 01", "lagged 1 1000 0"]);
    }

    #[test]
    fn events_count_and_are_missed_too() {
        let queue = queue(Overflow::DropOldest);
        for _ in 0..2 {
            let _ = queue.push(Incoming::Event(Event::Live));
        }
        let _ = queue.push(message(1));
        let _ = queue.push(message(2));
        assert_eq!(pop_all(&queue), ["lagged 0 0 2", "message 01", "message 02"]);
    }

    #[test]
    fn many_gaps_do_not_outgrow_the_bound() {
        let queue = queue(Overflow::DropNewest);
        for number in 0..100 {
            let _ = queue.push(message(number));
            let mut cx = Context::from_waker(Waker::noop());
            if number % 3 == 0 {
                let _ = queue.poll_pop(&mut cx);
            }
            let state = queue.lock();
            assert!(state.bytes <= state.bytes_max + OVERHEAD);
        }
    }
}
