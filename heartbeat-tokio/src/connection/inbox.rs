//! Where a connection's task puts what is for the application.

use std::sync::Arc;

use heartbeat_core::Timestamp;
use tokio_tungstenite::tungstenite::Message;

use super::queue::Queue;
use super::store::{Entry, Kept, Kind, Loss};
use super::{CloseReport, Incoming, Overflow};
use crate::clock::MonotonicClock;
use crate::driver::Inbox;
use crate::observation::{self, SessionUpdate};

/// An [`Inbox`] that hears of the end as well.
///
/// It is called by the task that moves the bytes, and must never wait.
pub(crate) trait Mailbox: Inbox {
    /// Tells whether a loss is to end the connection.
    fn has_overflowed(&self) -> bool;

    /// Takes note that nothing stands still: our own budget holds a message of the application's
    /// back until then. Repeated twice a second at most, while it does.
    fn note_held(&mut self, until: Timestamp) {
        let _ = until;
    }

    /// Takes the report. Called once, last, whatever ended the connection.
    fn finish(&mut self, report: CloseReport);
}

/// Puts what comes in into one connection's queue, whether it has room or not.
#[derive(Debug)]
pub(super) struct QueueInbox {
    queue: Arc<Queue<Incoming>>,
    clock: MonotonicClock,
    /// Whether a loss ends the connection.
    ends_on_loss: bool,
    overflowed: bool,
}

impl QueueInbox {
    pub(super) fn new(
        queue: Arc<Queue<Incoming>>,
        clock: MonotonicClock,
        overflow: Overflow,
    ) -> Self {
        let ends_on_loss = overflow == Overflow::Disconnect;
        Self { queue, clock, ends_on_loss, overflowed: false }
    }

    fn push(&mut self, at: Timestamp, entry: Incoming) {
        match self.queue.push(at, entry) {
            Kept::All => {}
            Kept::NotAll => self.overflowed |= self.ends_on_loss,
        }
    }
}

impl Inbox for QueueInbox {
    fn has_room(&self, _late: bool) -> bool {
        true
    }

    fn deliver(&mut self, now: Timestamp, message: Message) {
        self.push(now, Incoming::Message(message));
    }

    fn observe(&mut self, observation: SessionUpdate) {
        let now = self.clock.now();
        self.push(
            now,
            match observation {
                SessionUpdate::Event(event) => Incoming::Event(event),
                SessionUpdate::Latency(sample) => Incoming::Latency(sample),
            },
        );
    }
}

impl Mailbox for QueueInbox {
    fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    fn finish(&mut self, report: CloseReport) {
        self.queue.finish(Incoming::Closed(Box::new(report)));
    }
}

/// The documentation of [`ConnectionOptions`](super::ConnectionOptions) says so.
const _: () = assert!(super::store::Store::<Incoming>::OVERHEAD <= 100);

impl Entry for Incoming {
    fn lost(loss: Loss) -> Self {
        Self::Lagged(loss.lagged)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Message(message) => Kind::Message(message.len()),
            Self::Event(event) if observation::is_routine(event) => Kind::Routine,
            Self::Latency(_) => Kind::Routine,
            Self::Event(_) | Self::Lagged(_) | Self::Closed(_) => Kind::Notable,
        }
    }

    fn add_to(&self, at: Timestamp, loss: &mut Option<Loss>) {
        match self {
            Self::Message(message) => Loss::add_message(loss, at, message.len()),
            Self::Lagged(lagged) => Loss::add(loss, Loss { from: at, to: at, lagged: *lagged }),
            Self::Event(_) | Self::Latency(_) | Self::Closed(_) => {}
        }
    }
}
