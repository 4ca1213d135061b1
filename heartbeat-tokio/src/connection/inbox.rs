//! Where a connection's task puts what is for the application.

use std::sync::Arc;

use heartbeat_core::Timestamp;
use tokio_tungstenite::tungstenite::Message;

use super::queue::{Entry, Kept, Lagged, Queue};
use super::{CloseReport, Incoming, Overflow};
use crate::driver::Inbox;
use crate::observation::Observation;

/// An [`Inbox`] that hears of the end as well.
///
/// It is called by the task that moves the bytes, and must never wait.
pub(crate) trait Mailbox: Inbox {
    /// Tells whether a loss is to end the connection.
    fn has_overflowed(&self) -> bool;

    /// Takes the report. Called once, last, whatever ended the connection.
    fn finish(&mut self, report: CloseReport);
}

/// Puts what comes in into one connection's queue, whether it has room or not.
#[derive(Debug)]
pub(super) struct QueueInbox {
    queue: Arc<Queue<Incoming>>,
    /// Whether a loss ends the connection.
    ends_on_loss: bool,
    overflowed: bool,
}

impl QueueInbox {
    pub(super) fn new(queue: Arc<Queue<Incoming>>, overflow: Overflow) -> Self {
        let ends_on_loss = overflow == Overflow::Disconnect;
        Self { queue, ends_on_loss, overflowed: false }
    }

    fn push(&mut self, entry: Incoming) {
        match self.queue.push(entry) {
            Kept::All => {}
            Kept::NotAll => self.overflowed |= self.ends_on_loss,
        }
    }
}

impl Inbox for QueueInbox {
    fn has_room(&self, _late: bool) -> bool {
        true
    }

    fn deliver(&mut self, _now: Timestamp, message: Message) {
        self.push(Incoming::Message(message));
    }

    fn observe(&mut self, observation: Observation) {
        self.push(match observation {
            Observation::Event(event) => Incoming::Event(event),
            Observation::Latency(sample) => Incoming::Latency(sample),
        });
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
const _: () = assert!(size_of::<Incoming>() <= 64);

impl Entry for Incoming {
    fn lagged(lost: Lagged) -> Self {
        Self::Lagged(lost)
    }

    fn payload_len(&self) -> usize {
        match self {
            Self::Message(message) => message.len(),
            Self::Event(_) | Self::Latency(_) | Self::Lagged(_) | Self::Closed(_) => 0,
        }
    }

    fn add_to(&self, lost: &mut Lagged) {
        match self {
            Self::Message(message) => lost.add_message(message.len()),
            Self::Event(_) | Self::Latency(_) => lost.add_observation(),
            Self::Lagged(earlier) => lost.add(*earlier),
            Self::Closed(_) => {}
        }
    }
}
