//! What waits for the application, whichever connection it came from.
//!
//! All connections of a client write into one feed, each in a buffer of its own. A buffer is held
//! back until its connection is live; handing over from one to another is one step under one
//! lock, so that no message is lost or told twice on the way.

mod backlog;
mod buffer;
mod overlap;

use core::task::{Context, Poll};
use std::sync::{Mutex, MutexGuard, PoisonError};

use heartbeat_core::{Event, Generation, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use super::trading_permit::PermitSetter;
use super::update::{Gap, GapCause, Update};
use super::{ClientReport, Key, NotReady};
use crate::connection::Overflow;
use crate::observation::Observation;
use backlog::Backlog;
pub(super) use backlog::Pushed;
use buffer::{ConnectionBuffer, Mode};
use overlap::Window;

/// Between the connections and the application. Bounded in bytes: one share for what waits for
/// the application, and one for each connection that is not live yet.
#[derive(Debug)]
pub(super) struct Feed {
    state: Mutex<State>,
    bytes_max: usize,
    overflow: Overflow,
}

#[derive(Debug)]
struct State {
    backlog: Backlog,
    /// At most one for each connection that is alive: two, and a few that are being closed.
    buffers: Vec<ConnectionBuffer>,
    /// When the last message came that the application was or will be shown.
    last_frame: Option<Timestamp>,
    /// What both connections of a rotation have said, while there are two.
    window: Option<Window>,
    /// Whether the connection that is live gives no reason to doubt it.
    green: bool,
    permit: PermitSetter,
}

impl Feed {
    pub(super) fn new(bytes_max: usize, overflow: Overflow, permit: PermitSetter) -> Self {
        Self {
            state: Mutex::new(State {
                backlog: Backlog::new(bytes_max, overflow),
                buffers: Vec::new(),
                last_frame: None,
                window: None,
                green: false,
                permit,
            }),
            bytes_max,
            overflow,
        }
    }

    // ------------------------------------------------------------- connections

    /// Makes a buffer, held back.
    pub(super) fn add_connection(&self, generation: Generation) {
        let buffer = ConnectionBuffer::new(generation, self.bytes_max);
        self.lock().buffers.push(buffer);
    }

    /// Takes a message. Never waits.
    pub(super) fn deliver(
        &self,
        generation: Generation,
        at: Timestamp,
        message: Message,
        key: Option<Key>,
    ) -> Pushed {
        self.change(|state| {
            let Some(buffer) =
                state.buffers.iter_mut().find(|buffer| buffer.generation == generation)
            else {
                return Pushed::Lossless;
            };
            match buffer.mode {
                Mode::Held => buffer.hold(at, message, key),
                Mode::Open => state.show(at, message, key),
            }
        })
    }

    /// Takes what a session tells.
    pub(super) fn observe(
        &self,
        generation: Generation,
        at: Timestamp,
        told: Observation,
    ) -> Pushed {
        self.change(|state| {
            let Some(buffer) = state.buffers.iter().find(|buffer| buffer.generation == generation)
            else {
                return Pushed::Lossless;
            };
            let is_live = buffer.mode == Mode::Open;
            match told {
                Observation::Latency(sample) => {
                    state.backlog.push(at, Update::Latency { generation, sample })
                }
                Observation::Event(event) => {
                    let pushed = state.backlog.push(at, Update::Event { generation, event });
                    if let Some(gap) = state.gap_of(event, at).filter(|_| is_live) {
                        state.backlog.push_news(at, Update::Gap(gap));
                    }
                    pushed
                }
            }
        })
    }

    /// Takes what is told of a connection besides.
    pub(super) fn pass(&self, generation: Generation, at: Timestamp, update: Update) -> Pushed {
        self.change(|state| {
            if state.buffers.iter().any(|buffer| buffer.generation == generation) {
                state.backlog.push(at, update)
            } else {
                Pushed::Lossless
            }
        })
    }

    /// Sets whether a subscription of a connection is overdue.
    pub(super) fn set_overdue(&self, generation: Generation, overdue: bool) {
        self.change(|state| {
            for buffer in state.buffers.iter_mut().filter(|buffer| buffer.generation == generation)
            {
                buffer.overdue = overdue;
            }
        });
    }

    /// Drops what a connection has yet to say, and tells its handler so.
    pub(super) fn drop_connection(&self, generation: Generation) {
        self.change(|state| {
            state.buffers.retain_mut(|buffer| {
                let goes = buffer.generation == generation;
                if goes {
                    buffer.wake();
                }
                !goes
            });
        });
    }

    // ------------------------------------------------------------------ handler

    /// Returns what a held connection has said, unless it has ended or is shown to the
    /// application.
    pub(super) fn poll_held(
        &self,
        generation: Generation,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, NotReady>> {
        let mut state = self.lock();
        let buffer = state.buffers.iter_mut().find(|buffer| buffer.generation == generation);
        let Some(buffer) = buffer else { return Poll::Ready(Err(NotReady::Ended)) };
        match buffer.mode {
            Mode::Held => buffer.poll_held(cx).map(|(_, message, _)| Ok(message)),
            Mode::Open => {
                let why = "what a live connection reads is the application's";
                Poll::Ready(Err(NotReady::Failed(why.to_owned())))
            }
        }
    }

    /// Puts back for the application what the handler has taken.
    pub(super) fn forward(
        &self,
        generation: Generation,
        at: Timestamp,
        message: Message,
        key: Option<Key>,
    ) {
        self.change(|state| {
            let buffer = state.buffers.iter_mut().find(|buffer| buffer.generation == generation);
            if let Some(buffer) = buffer {
                buffer.forward(at, message, key);
            }
        });
    }

    // ------------------------------------------------------------------- engine

    /// Shows a connection to the application: the news first, then what it has said already.
    pub(super) fn open(&self, generation: Generation, at: Timestamp, news: Vec<Update>) {
        self.change(|state| {
            for update in news {
                state.backlog.push_news(at, update);
            }
            state.open(generation);
        });
    }

    /// Holds a connection back again, for the handler to have the last word.
    pub(super) fn hold(&self, generation: Generation) {
        self.change(|state| {
            for buffer in state.buffers.iter_mut().filter(|buffer| buffer.generation == generation)
            {
                buffer.mode = Mode::Held;
            }
        });
    }

    /// Shows what was held back of a connection that is live, and all that it still says.
    pub(super) fn release(&self, generation: Generation) {
        self.change(|state| state.open(generation));
    }

    /// Hands over from one connection to another at one point: all of the old one up to here,
    /// then all of the new one, with a gap between them, since nothing tells what both have
    /// said. What the old one says from now on is the handler's.
    pub(super) fn cut_over(
        &self,
        from: Generation,
        to: Generation,
        at: Timestamp,
        news: Vec<Update>,
    ) {
        self.change(|state| {
            for buffer in state.buffers.iter_mut().filter(|buffer| buffer.generation == from) {
                buffer.mode = Mode::Held;
            }
            let since = state.last_frame.unwrap_or(at);
            let gap = Gap { from: since, to: at, cause: GapCause::Rotated { from, to } };
            for update in news.into_iter().chain([Update::Gap(gap)]) {
                state.backlog.push_news(at, update);
            }
            state.open(to);
        });
    }

    /// Begins to remember what is said, so that two connections can be shown as one.
    pub(super) fn begin_overlap(&self) {
        self.change(|state| {
            state.window.get_or_insert_default();
        });
    }

    /// Forgets it.
    pub(super) fn end_overlap(&self) {
        self.change(|state| state.window = None);
    }

    /// Tells something about the connections. It finds room whatever waits.
    pub(super) fn tell(&self, at: Timestamp, update: Update) {
        self.change(|state| state.backlog.push_news(at, update));
    }

    /// Sets whether the connection that is live gives no reason to doubt it.
    pub(super) fn set_green(&self, green: bool) {
        self.change(|state| state.green = green);
    }

    /// Returns when the last message came that the application was or will be shown.
    pub(super) fn last_frame(&self) -> Option<Timestamp> {
        self.lock().last_frame
    }

    /// Takes the last word, if there was none before.
    pub(super) fn finish(&self, report: impl FnOnce() -> ClientReport) {
        self.change(|state| {
            state.green = false;
            for mut buffer in state.buffers.drain(..) {
                buffer.wake();
            }
            state.backlog.finish(report);
        });
    }

    // -------------------------------------------------------------- application

    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        let mut state = self.lock();
        let popped = state.backlog.poll_pop(cx);
        state.tell_permit();
        popped
    }

    pub(super) const fn overflow(&self) -> Overflow {
        self.overflow
    }

    /// Changes the state, then tells those who wait for it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        state.tell_permit();
        let reader = state.backlog.take_reader();
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

impl State {
    /// Shows a message to the application, unless the other connection has said it already.
    fn show(&mut self, at: Timestamp, message: Message, key: Option<Key>) -> Pushed {
        if let (Some(window), Some(key)) = (&mut self.window, key)
            && !window.is_first(key)
        {
            return Pushed::Lossless;
        }
        self.last_frame = Some(at);
        self.backlog.push(at, Update::Message(message))
    }

    fn open(&mut self, generation: Generation) {
        let Some(index) = self.buffers.iter().position(|buffer| buffer.generation == generation)
        else {
            return;
        };
        let (lost, said) = self.buffers[index].open();
        if let Some(lost) = lost {
            self.backlog.push_loss(lost);
        }
        for (at, message, key) in said {
            // The bound holds, and a loss is told: what becomes of it is not this one's concern.
            let _ = self.show(at, message, key);
        }
    }

    /// Returns the loss of certainty that an event stands for, if it does.
    fn gap_of(&self, event: Event, at: Timestamp) -> Option<Gap> {
        let (from, cause) = if let Event::LocalStall { late } = event {
            let from = at.as_nanos().saturating_sub(nanos(late));
            (Timestamp::from_nanos(from), GapCause::LocalStall { late })
        } else if let Event::CounterJump { expected, got } = event {
            (self.last_frame.unwrap_or(at), GapCause::CounterJump { expected, got })
        } else {
            return None;
        };
        Some(Gap { from, to: at, cause })
    }

    /// What the application knows is current when the line is green, nothing that it watches is
    /// overdue, and no loss is untold.
    fn tell_permit(&self) {
        let any_overdue =
            self.buffers.iter().any(|buffer| buffer.mode == Mode::Open && buffer.overdue);
        self.permit.set(self.green && !any_overdue && !self.backlog.has_untold_loss());
    }
}

fn nanos(span: core::time::Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
