//! What waits for the application, whichever connection it came from.
//!
//! All connections of a client write into one feed, each in a buffer of its own. A buffer is held
//! back until its connection is live; handing over from one to another is one step under one
//! lock, so that no message is lost or told twice on the way.

mod backlog;
mod buffer;
mod freshness;
mod overlap;
mod state;

use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use heartbeat_core::{Generation, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use super::status::Unread;
use super::trading_permit::PermitSetter;
use super::update::{Overlapped, Update};
use super::{ClientReport, NotReady, Received};
use crate::clock::MonotonicClock;
use crate::connection::Overflow;
use crate::observation::SessionUpdate;
pub(super) use backlog::Pushed;
use state::State;

/// Between the connections and the application. Bounded in bytes: one share for what waits for
/// the application, and one for each connection that is not shown yet.
#[derive(Debug)]
pub(super) struct Feed {
    state: Mutex<State>,
    clock: MonotonicClock,
    settings: FeedSettings,
}

/// What the application has set.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeedSettings {
    pub(super) bytes_max: usize,
    pub(super) overflow: Overflow,
    pub(super) fresh_within: Duration,
    /// Whether what a message is for can be told.
    pub(super) has_labels: bool,
    /// How long both connections of a rotation are shown as one, if they can be.
    pub(super) overlap: Option<Duration>,
}

impl Feed {
    pub(super) fn new(settings: FeedSettings, clock: MonotonicClock, permit: PermitSetter) -> Self {
        Self { state: Mutex::new(State::new(&settings, permit)), clock, settings }
    }

    // ------------------------------------------------------------- connections

    /// Makes a buffer, held back.
    pub(super) fn add_connection(&self, generation: Generation) {
        self.lock().add_connection(generation, self.settings.bytes_max);
    }

    /// Takes a message. Never waits.
    pub(super) fn deliver(&self, generation: Generation, received: Received) -> Pushed {
        self.change(received.received_at(), |state| state.deliver(generation, received))
    }

    /// Takes what a session tells.
    pub(super) fn observe(
        &self,
        generation: Generation,
        at: Timestamp,
        told: SessionUpdate,
    ) -> Pushed {
        self.change(at, |state| {
            let Some(is_shown) = state.is_shown(generation) else { return Pushed::Lossless };
            match told {
                SessionUpdate::Latency(sample) => {
                    state.backlog.push(at, Update::Latency { generation, sample })
                }
                SessionUpdate::Event(event) => {
                    let pushed = state.backlog.push(at, Update::Event { generation, event });
                    if let Some(gap) = state.gap_of(event, at).filter(|_| is_shown) {
                        state.backlog.push_news(at, Update::Gap(gap));
                    }
                    pushed
                }
            }
        })
    }

    /// Takes what is told of a connection besides.
    pub(super) fn pass(&self, generation: Generation, at: Timestamp, update: Update) -> Pushed {
        self.change(at, |state| {
            if state.is_shown(generation).is_some() {
                state.backlog.push(at, update)
            } else {
                Pushed::Lossless
            }
        })
    }

    /// Sets whether a subscription of a connection is overdue.
    pub(super) fn set_overdue(&self, generation: Generation, at: Timestamp, overdue: bool) {
        self.change(at, |state| {
            if let Some(buffer) = state.buffer(generation) {
                buffer.overdue = overdue;
            }
        });
    }

    /// Sets whether the venue owes a connection something that the client's own set wants.
    pub(super) fn set_topics_overdue(&self, generation: Generation, at: Timestamp, overdue: bool) {
        self.change(at, |state| {
            if let Some(buffer) = state.buffer(generation) {
                buffer.topics_overdue = overdue;
            }
        });
    }

    /// Takes note that a connection reads what came in while this process did not run, or that it
    /// has read all of that.
    pub(super) fn set_catching_up(&self, generation: Generation, at: Timestamp, is: bool) {
        self.change(at, |state| state.set_catching_up(generation, is));
    }

    /// Drops what a connection has yet to say, and tells its handler so.
    pub(super) fn drop_connection(&self, generation: Generation) {
        let now = self.clock.now();
        self.change(now, |state| state.remove(generation, now));
    }

    /// Shows what a connection has still said, and lets the one that has taken over from it be
    /// shown.
    pub(super) fn end_connection(&self, generation: Generation) {
        let now = self.clock.now();
        self.change(now, |state| state.end(generation, now));
    }

    // ------------------------------------------------------------------ handler

    /// Returns what a connection has said that is the handler's, unless it has ended or is not.
    pub(super) fn poll_held(
        &self,
        generation: Generation,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, NotReady>> {
        let mut state = self.lock();
        let Some(buffer) = state.buffer(generation) else {
            return Poll::Ready(Err(NotReady::Ended));
        };
        if buffer.is_received_by_handler() {
            return buffer.poll_held(cx).map(|received| Ok(received.into_message()));
        }
        let why = "what a live connection reads is the application's";
        Poll::Ready(Err(why.into()))
    }

    /// Puts back for the application what the handler has taken.
    pub(super) fn forward(&self, generation: Generation, received: Received) {
        self.change(received.received_at(), |state| state.forward(generation, received));
    }

    // ------------------------------------------------------------------- engine

    /// Shows a connection to the application: the news first, then what it has said already.
    pub(super) fn open(&self, generation: Generation, at: Timestamp, news: Vec<Update>) {
        self.change(at, |state| {
            for update in news {
                state.backlog.push_news(at, update);
            }
            state.open(generation);
        });
    }

    /// Gives what a connection says to the handler, for the last word.
    pub(super) fn hold(&self, generation: Generation) {
        self.change(self.clock.now(), |state| {
            if let Some(buffer) = state.buffer(generation) {
                buffer.is_handlers = true;
            }
        });
    }

    /// Shows what the handler has left of that, and all that the connection still says.
    pub(super) fn release(&self, generation: Generation) {
        self.change(self.clock.now(), |state| state.release(generation));
    }

    /// Hands over from one connection to another. Of the old one all is shown that it still says,
    /// unless the new one says it too, and nothing is shown twice:
    ///
    /// - With keys both are shown as one until the old one has ended.
    /// - Where labels tell data from replies, the new one is shown from here on, behind a gap, and
    ///   of the old one the replies.
    /// - Where nothing tells one from the other, the old one is shown to its end, and the new one
    ///   behind it and a gap.
    pub(super) fn hand_over(
        &self,
        from: Generation,
        to: Generation,
        at: Timestamp,
        news: Vec<Update>,
    ) {
        self.change(at, |state| {
            for update in news {
                state.backlog.push_news(at, update);
            }
            state.hand_over(from, to, at, self.settings.has_labels);
        });
    }

    /// Begins to remember what is said, so that two connections can be shown as one.
    pub(super) fn begin_overlap(&self) {
        if let Some(span) = self.settings.overlap {
            self.lock().begin_overlap(span);
        }
    }

    /// Forgets that when its time has come, and returns when to look again; at once if no rotation
    /// is under way for which it might be needed.
    pub(super) fn end_overlap_when_due(&self, is_rotating: bool) -> Option<Timestamp> {
        self.settings.overlap?;
        let now = self.clock.now();
        self.change(now, |state| state.end_overlap_when_due(now, is_rotating))
    }

    /// Tells something about the connections. It finds room whatever waits.
    pub(super) fn tell(&self, at: Timestamp, update: Update) {
        self.change(at, |state| state.backlog.push_news(at, update));
    }

    /// Sets whether the connection that is live gives no reason to doubt it.
    pub(super) fn set_green(&self, green: bool) {
        self.change(self.clock.now(), |state| state.green = green);
    }

    /// Returns when the last message came that the application was or will be shown.
    pub(super) fn last_frame(&self) -> Option<Timestamp> {
        self.lock().last_frame
    }

    /// Returns what waits for the application, and what the connections of the last rotation had in
    /// common.
    pub(super) fn status(&self) -> (Unread, Option<Overlapped>) {
        let state = self.lock();
        (state.backlog.unread(), state.last_overlap)
    }

    /// Takes the last word, if there was none before.
    pub(super) fn finish(&self, report: impl FnOnce() -> ClientReport) {
        self.change(self.clock.now(), |state| {
            state.green = false;
            state.remove_all();
            state.backlog.finish(report);
        });
    }

    // -------------------------------------------------------------- application

    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        let now = self.clock.now();
        let mut state = self.lock();
        // Before, so that what has waited for too long does not go unnoticed.
        state.tell_permit(now);
        if let Some(news) = state.freshness.take_news() {
            return Poll::Ready(Some(news));
        }
        let popped = state.backlog.poll_pop(cx);
        state.tell_permit(now);
        popped
    }

    pub(super) const fn fresh_within(&self) -> Duration {
        self.settings.fresh_within
    }

    pub(super) const fn overflow(&self) -> Overflow {
        self.settings.overflow
    }

    /// Changes the state, then tells those who wait for it.
    fn change<T>(&self, now: Timestamp, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        state.tell_permit(now);
        let reader = state.take_reader();
        drop(state);
        // A waker runs code of the runtime's, which is none of the lock's business.
        if let Some(reader) = reader {
            reader.wake();
        }
        changed
    }

    /// A panic elsewhere cannot have left the state in pieces: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
