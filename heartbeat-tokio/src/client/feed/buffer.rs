//! What one connection says while it is not shown to the application.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use heartbeat_core::{Generation, Timestamp};

use super::backlog::{Loss, OVERHEAD, Pushed};
use crate::client::Received;
use crate::client::update::Update;
use crate::connection::room::Room;

/// One connection's way into the feed.
#[derive(Debug)]
pub(super) struct ConnectionBuffer {
    pub(super) generation: Generation,
    pub(super) shown: Shown,
    /// Whether the handler has the last word on it, and gets what it says first.
    pub(super) is_handlers: bool,
    /// Whether a subscription of it is overdue.
    pub(super) overdue: bool,
    /// Whether one of the client's own set is.
    pub(super) topics_overdue: bool,
    /// What waits: for the handler, or for the connection to be shown.
    held: VecDeque<Received>,
    /// What the handler has put back.
    forwarded: VecDeque<Received>,
    room: Room,
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
            topics_overdue: false,
            held: VecDeque::new(),
            forwarded: VecDeque::new(),
            room: Room::new(bytes_max),
            lost: None,
            handler: None,
        }
    }

    /// Tells whether the handler may receive.
    pub(super) fn is_received_by_handler(&self) -> bool {
        self.is_handlers || self.shown == Shown::Not
    }

    /// Tells whether any subscription is overdue.
    pub(super) const fn is_overdue(&self) -> bool {
        self.overdue || self.topics_overdue
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
        let pushed = self.make_room(cost_of(&received));
        self.held.push_back(received);
        self.wake();
        pushed
    }

    /// Takes back a message that the handler does not want.
    pub(super) fn forward(&mut self, received: Received) {
        // A loss is remembered, and told when the buffer is opened.
        let _ = self.make_room(cost_of(&received));
        self.forwarded.push_back(received);
    }

    pub(super) fn poll_held(&mut self, cx: &Context<'_>) -> Poll<Received> {
        let Some(received) = self.held.pop_front() else {
            self.handler = Some(cx.waker().clone());
            return Poll::Pending;
        };
        self.room.give_back(cost_of(&received));
        Poll::Ready(received)
    }

    /// Returns since when a message waits that the application would have seen, were it not for the
    /// handler.
    pub(super) fn held_up_since(&self) -> Option<Timestamp> {
        let is_held_up = self.is_handlers && self.shown == Shown::All;
        self.held.front().filter(|_| is_held_up).map(Received::received_at)
    }

    /// Takes what it has missed and what it has not.
    pub(super) fn take(&mut self) -> (Option<Loss>, impl Iterator<Item = Received> + use<>) {
        let forwarded = core::mem::take(&mut self.forwarded);
        let held = core::mem::take(&mut self.held);
        for received in forwarded.iter().chain(&held) {
            self.room.give_back(cost_of(received));
        }
        (self.lost.take(), forwarded.into_iter().chain(held))
    }

    /// Wakes the handler that waits for a message.
    pub(super) fn wake(&mut self) {
        if let Some(handler) = self.handler.take() {
            handler.wake();
        }
    }

    /// Takes the room for a message.
    fn make_room(&mut self, cost: usize) -> Pushed {
        let mut pushed = Pushed::Lossless;
        while !self.room.fits(cost)
            && let Some(oldest) = self.forwarded.pop_front().or_else(|| self.held.pop_front())
        {
            self.room.give_back(cost_of(&oldest));
            Loss::add(&mut self.lost, oldest.received_at(), &Update::Message(oldest));
            pushed = Pushed::Lossy;
        }
        self.room.take(cost);
        pushed
    }
}

fn cost_of(received: &Received) -> usize {
    OVERHEAD.saturating_add(received.len())
}
