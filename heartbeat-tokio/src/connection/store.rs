//! What waits for somebody, bounded by what it holds, and what had to be dropped for it.

use std::collections::VecDeque;

use heartbeat_core::Timestamp;

use super::room::Room;
use super::{Lagged, Overflow};

/// How many observations wait at most.
pub(crate) const OBSERVATIONS_MAX: usize = 256;

/// What can wait in a [`Store`].
pub(crate) trait Entry: Sized {
    /// Makes the entry that tells of a loss.
    fn lost(loss: Loss) -> Self;

    /// Returns what it is to the store.
    fn kind(&self) -> Kind;

    /// Adds what is lost with this entry, which had come in at `at`.
    fn add_to(&self, at: Timestamp, loss: &mut Option<Loss>);
}

/// What an entry is to a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message with so many bytes, all its own. To lose one is to lose certainty.
    Message(usize),
    /// It tells how a connection is doing, as the next of its kind will.
    Routine,
    /// It tells that something has changed.
    Notable,
}

/// Messages that were dropped, and when they had come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) lagged: Lagged,
}

/// Whether every message was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "under `Overflow::Disconnect` a loss ends the connection"]
pub(crate) enum Kept {
    All,
    NotAll,
}

/// A queue with two bounds.
///
/// - Messages are bounded in bytes, counted at what they hold: their payload, which shares its
///   memory with nothing else, and the size of an entry. A message that is longer than the whole
///   bound has a place of its own, for one, so that there is none that cannot be delivered; what
///   is held is never more than the bound and the longest message.
/// - Observations are bounded in number. Beyond it the oldest of those that are routine go, and
///   nobody is told that something is missing, because no message is.
///
/// What comes out keeps the order in which it came in.
#[derive(Debug)]
pub(crate) struct Store<T> {
    messages: VecDeque<Waiting<T>>,
    room: Room,
    observations: VecDeque<Waiting<T>>,
    overflow: Overflow,
    /// The number of the next entry.
    next: u64,
    /// What was dropped from the front and is to be told first.
    lost_before: Option<Loss>,
    /// What was dropped from the back and is to be told last.
    lost_behind: Option<Loss>,
    /// Observations that were dropped since a loss was told last.
    unseen: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    number: u64,
    at: Timestamp,
    entry: T,
}

impl<T: Entry> Store<T> {
    /// What an entry costs besides its payload: its place here, and what an allocator adds.
    pub(crate) const OVERHEAD: usize = size_of::<Waiting<T>>() + 2 * size_of::<usize>();

    pub(crate) const fn new(bytes_max: usize, overflow: Overflow) -> Self {
        Self {
            messages: VecDeque::new(),
            room: Room::new(bytes_max),
            observations: VecDeque::new(),
            overflow,
            next: 0,
            lost_before: None,
            lost_behind: None,
            unseen: 0,
        }
    }

    /// Takes an entry, at the price of others or not at all if there is no room.
    pub(crate) fn push(&mut self, at: Timestamp, entry: T) -> Kept {
        match entry.kind() {
            Kind::Message(bytes) => self.push_message(at, entry, bytes),
            Kind::Routine | Kind::Notable => {
                self.push_observation(at, entry);
                Kept::All
            }
        }
    }

    /// Returns what comes next, and when it had come in; a loss when its last message had.
    pub(crate) fn pop(&mut self) -> Option<(Timestamp, T)> {
        if let Some(loss) = self.lost_before.take() {
            return Some(self.tell(loss));
        }
        let message = self.messages.front().map(|waiting| waiting.number);
        let observation = self.observations.front().map(|waiting| waiting.number);
        let next = match (message, observation) {
            (Some(message), Some(observation)) if observation < message => self.take_observation(),
            (None, Some(_)) => self.take_observation(),
            (Some(_), _) => self.take_message(),
            (None, None) => None,
        };
        if let Some(Waiting { at, entry, .. }) = next {
            return Some((at, entry));
        }
        let loss = self.lost_behind.take()?;
        Some(self.tell(loss))
    }

    /// Returns when the oldest message had come in that waits.
    pub(crate) fn oldest_message(&self) -> Option<Timestamp> {
        self.messages.front().map(|waiting| waiting.at)
    }

    /// Returns what the messages hold that wait.
    pub(crate) const fn held(&self) -> usize {
        self.room.held()
    }

    fn push_message(&mut self, at: Timestamp, entry: T, bytes: usize) -> Kept {
        let cost = Self::OVERHEAD.saturating_add(bytes);
        let mut kept = Kept::All;
        if self.overflow == Overflow::DropOldest {
            while !self.room.fits(cost)
                && let Some(oldest) = self.take_message()
            {
                kept = Kept::NotAll;
                oldest.entry.add_to(oldest.at, &mut self.lost_before);
            }
        }
        if !self.room.fits(cost) {
            entry.add_to(at, &mut self.lost_behind);
            return Kept::NotAll;
        }
        // What was lost at the back lies before this. It is the one entry beyond the bound: it
        // stands for at least one that was dropped.
        if let Some(loss) = self.lost_behind.take() {
            let (at, told) = self.tell(loss);
            self.append(at, told, Self::OVERHEAD);
        }
        self.append(at, entry, cost);
        kept
    }

    fn append(&mut self, at: Timestamp, entry: T, cost: usize) {
        self.room.take(cost);
        let number = self.number();
        self.messages.push_back(Waiting { number, at, entry });
    }

    fn push_observation(&mut self, at: Timestamp, entry: T) {
        if self.observations.len() >= OBSERVATIONS_MAX {
            let is_routine = |waiting: &Waiting<T>| waiting.entry.kind() == Kind::Routine;
            let goes = self.observations.iter().position(is_routine).unwrap_or(0);
            self.observations.remove(goes);
            self.unseen = self.unseen.saturating_add(1);
        }
        let number = self.number();
        self.observations.push_back(Waiting { number, at, entry });
    }

    fn take_message(&mut self) -> Option<Waiting<T>> {
        let waiting = self.messages.pop_front()?;
        let bytes = if let Kind::Message(bytes) = waiting.entry.kind() { bytes } else { 0 };
        self.room.give_back(Self::OVERHEAD.saturating_add(bytes));
        Some(waiting)
    }

    fn take_observation(&mut self) -> Option<Waiting<T>> {
        self.observations.pop_front()
    }

    fn tell(&mut self, mut loss: Loss) -> (Timestamp, T) {
        let unseen = core::mem::take(&mut self.unseen);
        loss.lagged.observations = loss.lagged.observations.saturating_add(unseen);
        (loss.to, T::lost(loss))
    }

    const fn number(&mut self) -> u64 {
        let number = self.next;
        self.next = number.wrapping_add(1);
        number
    }
}

impl Loss {
    /// Adds a message that is lost.
    pub(crate) fn add_message(loss: &mut Option<Self>, at: Timestamp, bytes: usize) {
        Self::at(loss, at, at).lagged.add_message(bytes);
    }

    /// Adds a loss that is lost itself now.
    pub(crate) fn add(loss: &mut Option<Self>, earlier: Self) {
        Self::at(loss, earlier.from, earlier.to).lagged.add(earlier.lagged);
    }

    fn at(loss: &mut Option<Self>, from: Timestamp, to: Timestamp) -> &mut Self {
        let loss = loss.get_or_insert(Self { from, to, lagged: Lagged::NONE });
        loss.from = loss.from.min(from);
        loss.to = loss.to.max(to);
        loss
    }
}

#[cfg(test)]
mod tests;
