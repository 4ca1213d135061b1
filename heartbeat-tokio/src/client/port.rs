//! Where a connection's task puts what comes in.

use core::fmt;
use std::sync::Arc;

use heartbeat_core::{Event, Generation};
use tokio_tungstenite::tungstenite::Message;

use super::feed::{Feed, Kept};
use super::mail::{Mail, Note};
use super::{Key, KeyOf};
use crate::clock::Clock;
use crate::connection::inbox::Mailbox;
use crate::connection::{CloseReport, Overflow};
use crate::driver::Inbox;
use crate::observation::Observation;

/// One connection's end of the feed. Never waits.
#[derive(Clone)]
pub(super) struct Port {
    generation: Generation,
    feed: Arc<Feed>,
    mail: Arc<Mail>,
    clock: Clock,
    key_of: Option<Arc<KeyOf>>,
    overflowed: bool,
}

impl Port {
    pub(super) fn new(
        generation: Generation,
        feed: Arc<Feed>,
        mail: Arc<Mail>,
        clock: Clock,
        key_of: Option<Arc<KeyOf>>,
    ) -> Self {
        Self { generation, feed, mail, clock, key_of, overflowed: false }
    }

    pub(super) const fn generation(&self) -> Generation {
        self.generation
    }

    pub(super) fn forward(&self, message: Message) {
        let key = self.key(&message);
        self.feed.forward(self.generation, self.clock.now(), message, key);
    }

    fn note(&mut self, kept: Kept) {
        match kept {
            Kept::All => {}
            Kept::NotAll => self.overflowed |= self.feed.overflow() == Overflow::Disconnect,
        }
    }

    fn key(&self, message: &Message) -> Option<Key> {
        self.key_of.as_ref().and_then(|key_of| key_of(message))
    }
}

impl Inbox for Port {
    fn has_room(&self, _late: bool) -> bool {
        true
    }

    fn deliver(&mut self, message: Message) {
        // A Close frame is told as the end that it is, and control frames are nobody's message.
        if !message.is_text() && !message.is_binary() {
            return;
        }
        let key = self.key(&message);
        let kept = self.feed.deliver(self.generation, self.clock.now(), message, key);
        self.note(kept);
    }

    fn observe(&mut self, observation: Observation) {
        let generation = self.generation;
        if let Observation::Event(Event::Stopped { cause }) = observation {
            // The next connection need not wait for the goodbyes of this one.
            self.mail.post(Note::Verdict { generation, cause });
        } else if let Observation::Event(Event::Notice { kind, deadline }) = observation {
            self.mail.post(Note::Notice { generation, kind, deadline });
        }
        let kept = self.feed.observe(generation, self.clock.now(), observation);
        self.note(kept);
    }
}

impl Mailbox for Port {
    fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    fn finish(&mut self, report: CloseReport) {
        let generation = self.generation;
        self.mail.post(Note::Ended { generation, report: Arc::new(report) });
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").field("generation", &self.generation).finish_non_exhaustive()
    }
}
