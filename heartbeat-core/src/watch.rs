//! The subscriptions of a connection: which of them was accepted and brings nothing.

mod slot;
mod spec;

use core::cmp::Ordering;
use core::time::Duration;

use crate::{Cause, Timestamp};
use slot::Slot;
pub use spec::{OnSilence, WatchError, WatchSpec};

/// The watch over at most `N` subscriptions of one connection, in place.
///
/// A venue can accept a subscription and never send, or stop sending, while every heartbeat is
/// answered. Only the application knows which frame belongs to which subscription, so it says
/// so, by keys of its own choice.
///
/// Like the session it holds no socket and reads no clock. Inputs are [`watch`](Self::watch),
/// [`handle_data`](Self::handle_data) and [`unwatch`](Self::unwatch); the output is
/// [`poll`](Self::poll), after every input and at every deadline, until it returns
/// [`WatchAction::Wait`].
///
/// **The order of calls.** At a deadline, feed what is already readable first, and only then
/// poll: a watch must not expire before frames that have been received could speak. A wake-up
/// that comes later than the tolerance after a deadline was a stall of our own; each subscription
/// then gets its full span again, once until it brings data. The next connection gets watches of
/// its own.
///
/// Data costs a search among `N` keys and no more; a scan of all comes with a deadline or a
/// change.
///
/// ```
/// use core::num::NonZeroU8;
/// use core::time::Duration;
/// use heartbeat_core::{OnSilence, Timestamp, WatchAction, WatchEvent, WatchSpec, Watches};
///
/// let at = Timestamp::from_millis;
/// let secs = Duration::from_secs;
/// let mut watches = Watches::<16>::new(secs(1));
/// let spec = WatchSpec {
///     first_within: Some(secs(10)),
///     then_every: Some(secs(3)),
///     on_silence: OnSilence::Resubscribe { attempts: NonZeroU8::MIN },
/// };
/// watches.watch(at(0), 7, spec).unwrap();
/// assert_eq!(watches.poll(at(0)), WatchAction::Wait(Some(at(10_000))));
///
/// // Acknowledged, and then nothing.
/// let event = WatchEvent::FirstDataOverdue { key: 7, waited: secs(10) };
/// assert_eq!(watches.poll(at(10_000)), WatchAction::Notify(event));
/// assert_eq!(watches.poll(at(10_000)), WatchAction::Resubscribe { key: 7, attempt: 1 });
/// assert_eq!(watches.poll(at(10_000)), WatchAction::Wait(Some(at(30_000))));
///
/// assert!(watches.handle_data(at(11_000), 7));
/// let event = WatchEvent::Recovered { key: 7, silent_for: secs(11) };
/// assert_eq!(watches.poll(at(11_000)), WatchAction::Notify(event));
/// assert_eq!(watches.poll(at(11_000)), WatchAction::Wait(Some(at(14_000))));
/// ```
#[derive(Clone, Debug)]
pub struct Watches<const N: usize> {
    /// In the order of their keys, the empty ones last.
    slots: [Option<Slot>; N],
    stall_tolerance: Duration,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
    /// What the last `Wait` promised.
    deadline: Option<Timestamp>,
    /// Whether `deadline` still holds: no input has made work or moved a deadline closer.
    settled: bool,
}

/// One thing that the driver must do, from [`Watches::poll`].
///
/// Exhaustive on purpose: a driver must not overlook a new kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must not overlook a new kind of action")]
#[must_use = "a silence that is not acted upon is not found"]
pub enum WatchAction {
    /// Tell the application.
    Notify(WatchEvent),
    /// Ask the venue for this subscription again, or have the application do so.
    Resubscribe {
        /// The subscription.
        key: u64,
        /// Which attempt this is since it fell silent, from one.
        attempt: u16,
    },
    /// End the connection, by [`handle_silence`](crate::Session::handle_silence).
    End(Silence),
    /// Nothing is left to do before this point in time, or ever without an input.
    Wait(Option<Timestamp>),
}

/// Something that happened to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchEvent {
    /// The first data did not come in time. Told once, until data comes.
    FirstDataOverdue {
        /// The subscription.
        key: u64,
        /// How long ago its watch began.
        waited: Duration,
    },
    /// The next data did not come in time. Told once, until data comes.
    DataOverdue {
        /// The subscription.
        key: u64,
        /// How long ago the last came.
        silent_for: Duration,
    },
    /// Data came to a subscription that was overdue.
    Recovered {
        /// The subscription.
        key: u64,
        /// How long it had been silent.
        silent_for: Duration,
    },
    /// The last resubscription was in vain. Nothing more follows until data comes.
    ResubscribedInVain {
        /// The subscription.
        key: u64,
        /// How many attempts there were.
        attempts: u8,
    },
}

/// The verdict over a subscription, which ends its connection. Only a watch can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a verdict has to reach the session"]
pub struct Silence {
    key: u64,
    limits: u16,
    silent_for: Duration,
}

impl Silence {
    /// Returns the cause that the session will end by.
    pub const fn cause(self) -> Cause {
        let Self { key, limits, silent_for } = self;
        Cause::SubscriptionSilent { key, limits, silent_for }
    }
}

/// How one subscription is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchStatus {
    /// When its data last came; `None` before the first.
    pub last_data: Option<Timestamp>,
    /// How many limits passed in a row; zero while all is well.
    pub limits_passed: u16,
}

impl<const N: usize> Watches<N> {
    /// Begins with nothing to watch. A wake-up later than `stall_tolerance` after a deadline
    /// counts as a stall of our own; use that of the session's settings.
    pub const fn new(stall_tolerance: Duration) -> Self {
        Self {
            slots: [None; N],
            stall_tolerance,
            now: Timestamp::ZERO,
            deadline: None,
            settled: true,
        }
    }

    /// Watches a subscription from `now`, when it was asked for. One that is watched already
    /// begins anew.
    ///
    /// # Errors
    ///
    /// [`WatchError`] if nothing is expected of it, if a limit is not longer than the
    /// tolerated stall, or if `N` others are watched; what was watched before still is.
    pub fn watch(&mut self, now: Timestamp, key: u64, spec: WatchSpec) -> Result<(), WatchError> {
        spec.check(self.stall_tolerance)?;
        let now = self.advance(now);
        let slot = Slot::new(now, key, spec);
        match self.find(key) {
            Ok(index) => self.put(index, slot),
            Err(_) if self.slots.last().is_none_or(Option::is_some) => {
                return Err(WatchError::Full { capacity: N });
            }
            Err(index) => {
                if let Some(tail) = self.slots.get_mut(index..) {
                    tail.rotate_right(1);
                }
                self.put(index, slot);
            }
        }
        self.settled = false;
        Ok(())
    }

    /// Watches a subscription no more, and tells whether it was.
    pub fn unwatch(&mut self, key: u64) -> bool {
        let Ok(index) = self.find(key) else {
            return false;
        };
        if let Some(tail) = self.slots.get_mut(index..) {
            tail.rotate_left(1);
        }
        if let Some(last) = self.slots.last_mut() {
            *last = None;
        }
        true
    }

    /// Takes note that data of a subscription was read at `now`, and tells whether that is
    /// watched. An acknowledgement of the subscription is no data.
    pub fn handle_data(&mut self, now: Timestamp, key: u64) -> bool {
        let now = self.advance(now);
        let Ok(index) = self.find(key) else {
            return false;
        };
        if let Some(Some(slot)) = self.slots.get_mut(index) {
            self.settled &= !slot.handle_data(now);
        }
        true
    }

    /// Returns the next thing to do at `now`. Ends with [`WatchAction::Wait`] after at most
    /// three calls for each subscription.
    pub fn poll(&mut self, now: Timestamp) -> WatchAction {
        let now = self.advance(now);
        if self.settled && self.deadline.is_none_or(|deadline| now < deadline) {
            return WatchAction::Wait(self.deadline);
        }
        self.settled = false;
        let stall_tolerance = self.stall_tolerance;
        // A limit that has passed may have no consequence yet, so one look is not enough.
        loop {
            let mut slots = self.slots.iter_mut().flatten();
            if let Some(action) = slots.find_map(|slot| slot.next(now, stall_tolerance)) {
                return action;
            }
            self.deadline = self.slots.iter().flatten().filter_map(Slot::deadline).min();
            if self.deadline.is_none_or(|deadline| now < deadline) {
                self.settled = true;
                return WatchAction::Wait(self.deadline);
            }
        }
    }

    /// Returns how a subscription is doing, or `None` if it is not watched.
    pub fn status(&self, key: u64) -> Option<WatchStatus> {
        let slot = self.slots.get(self.find(key).ok()?)?.as_ref()?;
        Some(slot.status())
    }

    /// Moves time on, never back, and notices when it leapt past a promised wake-up.
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        let limit = self.deadline.and_then(|due| due.checked_add(self.stall_tolerance));
        if limit.is_some_and(|limit| self.now > limit) {
            self.deadline = None;
            self.settled = false;
            for slot in self.slots.iter_mut().flatten() {
                slot.absolve(self.now);
            }
        }
        self.now
    }

    fn put(&mut self, index: usize, slot: Slot) {
        if let Some(place) = self.slots.get_mut(index) {
            *place = Some(slot);
        }
    }

    /// Returns where a key is, or where it would be.
    fn find(&self, key: u64) -> Result<usize, usize> {
        self.slots.binary_search_by(|slot| {
            slot.as_ref().map_or(Ordering::Greater, |slot| slot.key.cmp(&key))
        })
    }
}
