//! The application behind one connection: what it is told, and what it has to do.

use std::collections::VecDeque;

use heartbeat_core::{Event, Outcome, Phase};

use super::super::connection::Application;
use super::request::Reply;
use crate::{OwnedFrame, channel_number};

/// How much of what is read waits for a connection to be followed; what is more is lost, and shows.
const WAITING_MAX: usize = 1_024;

/// What a client's application does on one connection before it counts: log in and subscribe, once.
///
/// Turns what the session reports into what the recovery must hear, and keeps what was read for the
/// application.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// How far the recovery was told that the connection is.
    told: Option<Outcome>,
    has_subscribed: bool,
    is_subscribed: bool,
    /// What the venue announced and the recovery has yet to hear.
    notices: VecDeque<Outcome>,
    /// Whether the application got anything since it was last asked.
    has_read: bool,
    replies: VecDeque<Reply>,
    /// The numbers of the market data.
    numbers: VecDeque<u64>,
}

impl Desk {
    /// Tells whether it is yet to be known that the connection works.
    pub(super) fn is_starting(&self) -> bool {
        self.told != Some(Outcome::Live)
    }

    /// Tells, once, that the application may subscribe.
    pub(super) fn subscribes(&mut self) -> bool {
        let subscribes = !self.has_subscribed && self.told == Some(Outcome::Armed);
        self.has_subscribed |= subscribes;
        subscribes
    }

    /// Returns what the recovery must hear next of a connection that is in this phase. Arming
    /// comes before subscribing, and a connection that is heard from counts only then.
    pub(super) fn next_outcome(&mut self, phase: Phase) -> Option<Outcome> {
        let outcome = match self.told {
            None => Outcome::Upgraded,
            Some(Outcome::Upgraded) if phase >= Phase::Ready => Outcome::Armed,
            Some(Outcome::Armed) if self.is_subscribed => Outcome::Ready,
            Some(Outcome::Ready) if phase >= Phase::Live => Outcome::Live,
            Some(_) => return None,
        };
        self.told = Some(outcome);
        Some(outcome)
    }

    pub(super) fn take_notice(&mut self) -> Option<Outcome> {
        self.notices.pop_front()
    }

    pub(super) fn take_reply(&mut self) -> Option<Reply> {
        self.replies.pop_front()
    }

    pub(super) fn take_number(&mut self) -> Option<u64> {
        self.numbers.pop_front()
    }

    /// Tells whether the application got anything since this was last asked.
    pub(super) const fn take_read(&mut self) -> bool {
        core::mem::replace(&mut self.has_read, false)
    }
}

impl Application for Desk {
    fn deliver(&mut self, frame: &OwnedFrame) {
        self.has_read = true;
        let reply = if let OwnedFrame::Text(text) = frame { Reply::read(text) } else { None };
        match reply {
            Some(Reply::Subscribed) => self.is_subscribed = true,
            Some(reply) if self.replies.len() < WAITING_MAX => self.replies.push_back(reply),
            None if self.numbers.len() < WAITING_MAX => {
                self.numbers.extend(channel_number(frame));
            }
            Some(_) | None => {}
        }
    }

    fn note(&mut self, event: Event) {
        if let Event::Notice { kind, deadline } = event {
            self.notices.push_back(Outcome::Notice { kind, deadline });
        }
    }
}
