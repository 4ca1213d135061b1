//! What one connection says while it is not shown to the application.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use heartbeat_core::{Generation, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use super::backlog::{Loss, OVERHEAD, Pushed};
use crate::client::Key;
use crate::client::update::Update;

/// A message that is held back.
pub(super) type Said = (Timestamp, Message, Option<Key>);

/// One connection's way into the feed.
#[derive(Debug)]
pub(super) struct ConnectionBuffer {
    pub(super) generation: Generation,
    pub(super) mode: Mode,
    /// Whether a subscription of it is overdue.
    pub(super) overdue: bool,
    /// What the handler has not taken yet.
    held: VecDeque<Said>,
    /// What it has put back.
    forwarded: VecDeque<Said>,
    bytes: usize,
    bytes_max: usize,
    lost: Option<Loss>,
    handler: Option<Waker>,
}

/// Where a buffer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// To the handler.
    Held,
    /// To the application.
    Open,
}

impl ConnectionBuffer {
    pub(super) const fn new(generation: Generation, bytes_max: usize) -> Self {
        Self {
            generation,
            mode: Mode::Held,
            overdue: false,
            held: VecDeque::new(),
            forwarded: VecDeque::new(),
            bytes: 0,
            bytes_max,
            lost: None,
            handler: None,
        }
    }

    /// Holds a message back, at the price of the oldest: what a handler waits for comes last.
    pub(super) fn hold(&mut self, at: Timestamp, message: Message, key: Option<Key>) -> Pushed {
        self.bytes = self.bytes.saturating_add(cost_of(&message));
        self.held.push_back((at, message, key));
        self.wake();
        self.keep_bound()
    }

    /// Takes back a message that the handler does not want.
    pub(super) fn forward(&mut self, at: Timestamp, message: Message, key: Option<Key>) {
        self.bytes = self.bytes.saturating_add(cost_of(&message));
        self.forwarded.push_back((at, message, key));
        // A loss is remembered, and told when the buffer is opened.
        let _ = self.keep_bound();
    }

    pub(super) fn poll_held(&mut self, cx: &Context<'_>) -> Poll<Said> {
        let Some(said) = self.held.pop_front() else {
            self.handler = Some(cx.waker().clone());
            return Poll::Pending;
        };
        self.bytes = self.bytes.saturating_sub(cost_of(&said.1));
        Poll::Ready(said)
    }

    /// Leads the buffer to the application, and returns what it has missed and what it has not.
    pub(super) fn open(&mut self) -> (Option<Loss>, impl Iterator<Item = Said> + use<>) {
        self.mode = Mode::Open;
        self.bytes = 0;
        let forwarded = core::mem::take(&mut self.forwarded);
        (self.lost.take(), forwarded.into_iter().chain(core::mem::take(&mut self.held)))
    }

    /// Wakes the handler that waits for a message.
    pub(super) fn wake(&mut self) {
        if let Some(handler) = self.handler.take() {
            handler.wake();
        }
    }

    fn keep_bound(&mut self) -> Pushed {
        let mut pushed = Pushed::Lossless;
        while self.bytes > self.bytes_max
            && let Some((at, message, _)) =
                self.forwarded.pop_front().or_else(|| self.held.pop_front())
        {
            self.bytes = self.bytes.saturating_sub(cost_of(&message));
            Loss::add(&mut self.lost, at, &Update::Message(message));
            pushed = Pushed::Lossy;
        }
        pushed
    }
}

fn cost_of(message: &Message) -> usize {
    OVERHEAD.saturating_add(message.len())
}
