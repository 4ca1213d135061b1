//! The application's way out: a queue bounded in messages and in bytes.

use core::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

use super::ConnectionOptions;

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
    /// Told once the transport has taken or refused the message.
    pub(super) receipt: oneshot::Sender<Result<(), SendError>>,
    /// Gives the bytes free again when the message has left the queue.
    _room: OwnedSemaphorePermit,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The connection is closing or closed. Nothing of the message was written.
    #[error("connection ended before the message was taken")]
    Closed,
    /// The message is longer than the queue will ever have room for. Nothing of it was written.
    #[error("message ({bytes} bytes) must be at most send_bytes ({bytes_max}) long")]
    TooLong {
        /// The length of its payload.
        bytes: usize,
        /// The size of the queue.
        bytes_max: u32,
    },
    /// The transport's write buffer has no room for the message. Nothing of it was written.
    #[error("transport refused the message: {0}")]
    Refused(String),
    /// The transport failed while it took the message, which may have been written in part.
    #[error("transport failed while it took the message")]
    TransportFailed,
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
    /// Sends a message; a Close message [stops](crate::Connection::stop) the connection.
    ///
    /// Waits while the queue is full. Resolves once the task has handed the message to the
    /// transport, behind all heartbeats that are due: it is then in the kernel's hands or about
    /// to be, which says nothing of the venue's. If the future is dropped before that, the
    /// message may still be sent.
    ///
    /// # Errors
    ///
    /// [`SendError`], which says whether the message may have been written all the same.
    pub async fn send(&self, message: Message) -> Result<(), SendError> {
        let too_long = SendError::TooLong { bytes: message.len(), bytes_max: self.bytes_max };
        let bytes = match u32::try_from(message.len()) {
            Ok(bytes) if bytes <= self.bytes_max => bytes,
            Ok(_) | Err(_) => return Err(too_long),
        };
        let room = Arc::clone(&self.room).acquire_many_owned(bytes);
        let room = room.await.map_err(|_| SendError::Closed)?;
        let (receipt, taken) = oneshot::channel();
        let outgoing = Outgoing { message, receipt, _room: room };
        self.outgoing.send(outgoing).await.map_err(|_| SendError::Closed)?;
        taken.await.unwrap_or(Err(SendError::Closed))
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
