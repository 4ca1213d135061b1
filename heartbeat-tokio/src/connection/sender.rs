//! The application's way out: a queue bounded in messages and in bytes.

use core::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

use super::{ConnectionOptions, NotWritten, Receipt};

/// A handle to send messages with, from any task.
#[derive(Clone)]
pub struct Sender {
    outgoing: mpsc::Sender<Outgoing>,
    room: Arc<Semaphore>,
    bytes_max: u32,
}

/// A message on its way to the task.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) message: Message,
    /// Dropped untold where the message never left the queue.
    pub(super) receipt: oneshot::Sender<Receipt>,
    /// Gives the bytes free again when the message has left the queue.
    _room: OwnedSemaphorePermit,
}

/// Makes both ends of the queue.
pub(super) fn channel(options: &ConnectionOptions) -> (Sender, mpsc::Receiver<Outgoing>) {
    let messages = usize::try_from(options.send_messages.get()).unwrap_or(usize::MAX);
    let bytes = usize::try_from(options.send_bytes.get()).unwrap_or(usize::MAX);
    let (outgoing, receiver) = mpsc::channel(messages.min(Semaphore::MAX_PERMITS));
    let room = Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)));
    (Sender { outgoing, room, bytes_max: options.send_bytes.get() }, receiver)
}

impl Sender {
    /// Sends a message, and says what became of it; a Close message
    /// [stops](crate::Connection::stop) the connection.
    ///
    /// Waits while the queue is full, then behind the messages before it, all heartbeats that
    /// are due and the [limit](ConnectionOptions::message_limit) of what may be sent, then until
    /// the transport has written it out or the connection has ended. That is bounded by
    /// [`write_within`](ConnectionOptions::write_within) from when the transport has taken it,
    /// and by the bounds of those before it. To have many under way, poll several of these
    /// futures at once: those that find room leave in the order of their first polls.
    ///
    /// Dropping the future withdraws a message that still waits: it is not sent behind the back
    /// of somebody who gave up on it. One that the transport already holds is sent all the same,
    /// so a timeout around this future makes a receipt that never came as good as
    /// [`Receipt::Unknown`].
    pub async fn send(&self, message: Message) -> Receipt {
        match self.queue(message).await {
            // Untold means that it was in the queue until the end.
            Ok(told) => told.await.unwrap_or(Receipt::NotWritten(NotWritten::Closed)),
            Err(why) => Receipt::NotWritten(why),
        }
    }

    /// Puts a message into the queue.
    async fn queue(&self, message: Message) -> Result<oneshot::Receiver<Receipt>, NotWritten> {
        let too_long = NotWritten::TooLong { bytes: message.len(), bytes_max: self.bytes_max };
        let bytes = match u32::try_from(message.len()) {
            Ok(bytes) if bytes <= self.bytes_max => bytes,
            Ok(_) | Err(_) => return Err(too_long),
        };
        let room = Arc::clone(&self.room).acquire_many_owned(bytes);
        let room = room.await.map_err(|_| NotWritten::Closed)?;
        let (receipt, told) = oneshot::channel();
        let outgoing = Outgoing { message, receipt, _room: room };
        self.outgoing.send(outgoing).await.map_err(|_| NotWritten::Closed)?;
        Ok(told)
    }

    /// Tells whether the connection takes no message any more.
    pub fn is_closed(&self) -> bool {
        self.outgoing.is_closed()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("is_closed", &self.is_closed())
            .field("room_bytes", &self.room.available_permits())
            .finish_non_exhaustive()
    }
}
