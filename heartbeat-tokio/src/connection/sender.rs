//! The application's way out.

use core::fmt;
use std::sync::Arc;

use tokio_tungstenite::tungstenite::Message;

use super::outgoing::{Bound, Lane, Outgoing};
use super::ticket::Withdrawn;
use super::{NotWritten, Receipt, Ticket};

/// A handle to send messages with, from any task.
///
/// There are three ways to send. [`send`](Self::send) is a future that owns its message and
/// withdraws it when it is dropped; [`enqueue`](Self::enqueue) leaves the message behind and
/// returns a [`Ticket`]; [`try_send`](Self::try_send) does that or says at once why not.
///
/// Whichever is used, messages leave in the order in which they took their places, and those of
/// an [`urgent`](Self::urgent) handle before all others.
#[derive(Clone)]
pub struct Sender {
    outgoing: Arc<Outgoing>,
    lane: Lane,
    carries_over: bool,
}

impl Sender {
    pub(super) const fn new(outgoing: Arc<Outgoing>) -> Self {
        Self { outgoing, lane: Lane::Normal, carries_over: false }
    }

    /// Returns a handle whose messages go on to the connection that takes over, if one does while
    /// they wait.
    pub(crate) fn carrying_over(&self) -> Self {
        Self { carries_over: true, ..self.clone() }
    }

    /// Has what waits and carries over go on to the connection that takes over.
    pub(crate) fn move_to(&self, other: &Self) {
        self.outgoing.move_to(&other.outgoing);
    }

    /// Returns a handle whose messages overtake all that others have waiting: for the
    /// cancellation of an order that must not stand behind a hundred new ones.
    ///
    /// What the transport holds already is not overtaken, nor are heartbeats. Of a
    /// [limit](crate::ConnectionOptions::message_limit) it may use, beyond the application's
    /// share, [half of the reserve](heartbeat_core::Speaker::Urgent). Its messages wait in a queue
    /// of their own, with the same bounds.
    pub fn urgent(&self) -> Self {
        Self { lane: Lane::Urgent, ..self.clone() }
    }

    /// Sends a message, and says what became of it; a Close message
    /// [stops](crate::Connection::stop) the connection.
    ///
    /// Takes its place when it is polled for the first time, whatever else the task does then:
    /// `join!(send(cancel), send(place))` leave in this order. Then waits behind the messages
    /// before it, all heartbeats that are due and the
    /// [limit](crate::ConnectionOptions::message_limit) of what may be sent, then until the
    /// transport has written it out or the connection has ended. That is bounded by
    /// [`write_within`](crate::ConnectionOptions::write_within) from when the transport has taken
    /// it, and by the bounds of those before it.
    ///
    /// The bounds of the queue do not concern it, since whoever polls it holds its message anyway;
    /// it is refused only if it is longer than
    /// [`send_bytes`](crate::ConnectionOptions::send_bytes).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws a message that still waits: it is not sent behind the back of
    /// somebody who gave up on it. One that the transport already holds is sent all the same, so a
    /// timeout around this future makes a receipt that never came as good as [`Receipt::Unknown`].
    pub async fn send(&self, message: Message) -> Receipt {
        match self.place(Bound::None, message) {
            Ok(ticket) => Withdrawn::on_drop(ticket).await,
            Err(why) => Receipt::NotWritten(why),
        }
    }

    /// Takes a place for a message, and returns the future of its receipt.
    ///
    /// Dropping the [`Ticket`] does not withdraw the message. Where it is refused, for one of the
    /// reasons of [`try_send`](Self::try_send), the ticket says so at once.
    pub fn enqueue(&self, message: Message) -> Ticket {
        self.try_send(message).unwrap_or_else(Ticket::refused)
    }

    /// Takes a place for a message if there is room for it, and returns the future of its
    /// receipt. Dropping the [`Ticket`] does not withdraw the message.
    ///
    /// # Errors
    ///
    /// [`NotWritten::Full`] if [`send_messages`](crate::ConnectionOptions::send_messages) or
    /// [`send_bytes`](crate::ConnectionOptions::send_bytes) leave no room behind what waits,
    /// [`NotWritten::TooLong`] if they never will, and [`NotWritten::Closed`] if the connection is
    /// closing or closed.
    pub fn try_send(&self, message: Message) -> Result<Ticket, NotWritten> {
        self.place(Bound::Queue, message)
    }

    /// Tells whether the connection takes no message any more.
    pub fn is_closed(&self) -> bool {
        self.outgoing.is_closed()
    }

    fn place(&self, bound: Bound, message: Message) -> Result<Ticket, NotWritten> {
        let (number, told) = self.outgoing.push(self.lane, bound, self.carries_over, message)?;
        Ok(Ticket::new(Arc::clone(&self.outgoing), number, told))
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (messages, bytes) = self.outgoing.backlog();
        f.debug_struct("Sender")
            .field("lane", &self.lane)
            .field("is_closed", &self.is_closed())
            .field("messages", &messages)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}
