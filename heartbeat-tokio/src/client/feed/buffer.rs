//! What one connection says while it is not shown to the application.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use heartbeat_core::Generation;

use super::backlog::{Loss, OVERHEAD, Pushed};
use crate::client::Received;
use crate::client::update::Update;

/// One connection's way into the feed.
#[derive(Debug)]
pub(super) struct ConnectionBuffer {
    pub(super) generation: Generation,
    pub(super) shown: Shown,
    /// Whether the handler has the last word on it, and gets what it says first.
    pub(super) is_handlers: bool,
    /// Whether a subscription of it is overdue.
    pub(super) overdue: bool,
    /// What waits: for the handler, or for the connection to be shown.
    held: VecDeque<Received>,
    /// What the handler has put back.
    forwarded: VecDeque<Received>,
    bytes: usize,
    bytes_max: usize,
    lost: Option<Loss>,
    handler: Option<Waker>,
}

/// How much of a connection is shown to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing: it is made ready, and what it says is the handler's.
    Not,
    /// Nothing until the connection that it has taken over from has ended.
    After(Generation),
    /// All of it.
    All,
    /// All but the data of subscriptions, which the connection that has taken over says.
    Replies,
}

impl ConnectionBuffer {
    pub(super) const fn new(generation: Generation, bytes_max: usize) -> Self {
        Self {
            generation,
            shown: Shown::Not,
            is_handlers: false,
            overdue: false,
            held: VecDeque::new(),
            forwarded: VecDeque::new(),
            bytes: 0,
            bytes_max,
            lost: None,
            handler: None,
        }
    }

    /// Tells whether the handler may receive.
    pub(super) fn is_received_by_handler(&self) -> bool {
        self.is_handlers || self.shown == Shown::Not
    }

    /// Tells whether what it says waits here.
    pub(super) const fn holds(&self) -> bool {
        self.is_handlers || matches!(self.shown, Shown::Not | Shown::After(_))
    }

    /// Tells whether the application is to see a message.
    pub(super) const fn shows(&self, received: &Received) -> bool {
        match self.shown {
            Shown::Replies => received.labels().subscription.is_none(),
            Shown::Not | Shown::After(_) | Shown::All => true,
        }
    }

    /// Holds a message back, at the price of the oldest: what a handler waits for comes last.
    pub(super) fn hold(&mut self, received: Received) -> Pushed {
        self.bytes = self.bytes.saturating_add(cost_of(&received));
        self.held.push_back(received);
        self.wake();
        self.keep_bound()
    }

    /// Takes back a message that the handler does not want.
    pub(super) fn forward(&mut self, received: Received) {
        self.bytes = self.bytes.saturating_add(cost_of(&received));
        self.forwarded.push_back(received);
        // A loss is remembered, and told when the buffer is opened.
        let _ = self.keep_bound();
    }

    pub(super) fn poll_held(&mut self, cx: &Context<'_>) -> Poll<Received> {
        let Some(received) = self.held.pop_front() else {
            self.handler = Some(cx.waker().clone());
            return Poll::Pending;
        };
        self.bytes = self.bytes.saturating_sub(cost_of(&received));
        Poll::Ready(received)
    }

    /// Takes what it has missed and what it has not.
    pub(super) fn take(&mut self) -> (Option<Loss>, impl Iterator<Item = Received> + use<>) {
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
            && let Some(oldest) = self.forwarded.pop_front().or_else(|| self.held.pop_front())
        {
            self.bytes = self.bytes.saturating_sub(cost_of(&oldest));
            Loss::add(&mut self.lost, oldest.received_at(), &Update::Message(oldest));
            pushed = Pushed::Lossy;
        }
        pushed
    }
}

fn cost_of(received: &Received) -> usize {
    OVERHEAD.saturating_add(received.len())
}
