//! The request to cancel orders on disconnect, and what became of it.

use super::message::Message;
use crate::{Standing, Timestamp};

/// A request that is made once, or again after it came to nothing.
#[derive(Clone, Debug)]
pub(super) struct CancelOnDisconnect {
    message: Message,
    /// Whether the venue has yet to reply; it may after the deadline.
    reply_owed: bool,
    standing: Standing,
}

impl CancelOnDisconnect {
    pub(super) const fn new() -> Self {
        Self { message: Message::Unneeded, reply_owed: false, standing: Standing::NotAsked }
    }

    /// Queues the request, unless it is under way.
    pub(super) const fn ask(&mut self, now: Timestamp) {
        if self.since().is_none() {
            self.message = Message::Queued { since: now };
            self.standing = Standing::Asked;
        }
    }

    pub(super) const fn since(&self) -> Option<Timestamp> {
        self.message.since()
    }

    /// Hands the request out, if it is queued.
    pub(super) const fn hand_out(&mut self) -> bool {
        let is_queued = self.message.is_queued();
        self.message.hand_out();
        self.reply_owed |= is_queued;
        is_queued
    }

    /// Takes the reply; `false` if none is owed, so that it is not ours.
    pub(super) const fn conclude(&mut self, standing: Standing) -> bool {
        if !self.reply_owed {
            return false;
        }
        *self = Self { message: Message::Done, reply_owed: false, standing };
        true
    }

    /// Stops waiting. A late reply still counts.
    pub(super) const fn give_up(&mut self) {
        self.message = Message::Done;
        self.standing = Standing::Overdue;
    }

    pub(super) const fn standing(&self) -> Standing {
        self.standing
    }

    /// Gives it its full span from `now`: we slept, not the peer.
    pub(super) const fn absolve(&mut self, now: Timestamp) {
        self.message.absolve(now);
    }
}
