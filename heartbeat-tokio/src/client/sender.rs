//! The application's way out, through whichever connection is live.

use core::fmt;

use heartbeat_core::{Generation, WatchSpec};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::connection::ClientConnection;
use super::sink::ConnectionSink;
use super::watching::NotWatched;
use crate::connection::{NotWritten, Receipt, Sender, Ticket};

/// A handle to send messages with, from any task, through whichever connection is live.
///
/// A message goes out on the connection that is live when it is sent, or not at all: no order of
/// ten seconds ago is placed because a connection came back. Whoever wants to wait for one says so,
/// with [`ready`](Self::ready).
///
/// As with a connection's own [`Sender`], [`send`](Self::send) owns its message,
/// [`enqueue`](Self::enqueue) and [`try_send`](Self::try_send) leave it behind, and what an
/// [`urgent`](Self::urgent) handle sends overtakes the rest. What waits when a rotation hands over
/// goes on to the new connection, in its order.
#[derive(Clone)]
pub struct ClientSender {
    route: watch::Receiver<SendRoute>,
    is_urgent: bool,
}

/// Where messages go.
#[derive(Clone, Debug)]
pub(super) enum SendRoute {
    /// Nowhere for now.
    NotReady,
    /// Out by this connection.
    Open {
        generation: Generation,
        sender: Sender,
        sink: ConnectionSink,
        /// The living connection that it has taken over from.
        took_over_from: Option<Generation>,
    },
    /// Nowhere ever again.
    Closed,
}

impl SendRoute {
    pub(super) fn of(connection: &ClientConnection, took_over_from: Option<Generation>) -> Self {
        let (generation, sender) = (connection.generation(), connection.handle.sender().clone());
        Self::Open { generation, sender, sink: connection.sink.clone(), took_over_from }
    }
}

impl ClientSender {
    pub(super) const fn new(route: watch::Receiver<SendRoute>) -> Self {
        Self { route, is_urgent: false }
    }

    /// Sends a message, and tells what became of it.
    ///
    /// Without a connection that is ready it is not written, and does not wait for one. Otherwise
    /// it waits as [`Sender::send`] does. If a rotation hands over while it waits, it leaves by
    /// the new connection instead, unless it may have left by the old one already.
    ///
    /// Close messages are refused: a client is ended by [`Client::close`](crate::Client::close).
    pub async fn send(&self, message: Message) -> Receipt {
        loop {
            let (generation, sender) = match self.way_out(&message) {
                Ok(way_out) => way_out,
                Err(why) => return Receipt::NotWritten(why),
            };
            let receipt = sender.send(message.clone()).await;
            let closed = receipt == Receipt::NotWritten(NotWritten::Closed);
            if !closed || !self.has_been_taken_over(generation) {
                return receipt;
            }
        }
    }

    /// Returns a handle whose messages overtake all that others have waiting, as
    /// [`Sender::urgent`].
    pub fn urgent(&self) -> Self {
        Self { is_urgent: true, ..self.clone() }
    }

    /// Takes a place for a message, and returns the future of its receipt, as
    /// [`Sender::enqueue`]: dropping the [`Ticket`] does not withdraw the message. Where it is
    /// refused, for one of the reasons of [`try_send`](Self::try_send), the ticket says so at once.
    pub fn enqueue(&self, message: Message) -> Ticket {
        self.try_send(message).unwrap_or_else(Ticket::refused)
    }

    /// Takes a place for a message if there is a connection that is ready and room for it, and
    /// returns the future of its receipt.
    ///
    /// # Errors
    ///
    /// [`NotWritten::NotReady`] without a connection that is ready, and else as
    /// [`Sender::try_send`].
    #[expect(clippy::needless_pass_by_value, reason = "as every way to send takes it")]
    pub fn try_send(&self, message: Message) -> Result<Ticket, NotWritten> {
        loop {
            let (generation, sender) = self.way_out(&message)?;
            match sender.try_send(message.clone()) {
                Err(NotWritten::Closed) if self.has_been_taken_over(generation) => {}
                placed => return placed,
            }
        }
    }

    /// Returns the connection that a message leaves by, if it may.
    fn way_out(&self, message: &Message) -> Result<(Generation, Sender), NotWritten> {
        if message.is_close() {
            return Err(NotWritten::Refused("a client is ended by its close".to_owned()));
        }
        match &*self.route.borrow() {
            SendRoute::NotReady => Err(NotWritten::NotReady),
            SendRoute::Closed => Err(NotWritten::Closed),
            SendRoute::Open { generation, sender, .. } => {
                let sender = sender.carrying_over();
                Ok((*generation, if self.is_urgent { sender.urgent() } else { sender }))
            }
        }
    }

    /// Tells whether another connection has taken over from this one while it was alive.
    fn has_been_taken_over(&self, generation: Generation) -> bool {
        matches!(
            &*self.route.borrow(),
            SendRoute::Open { took_over_from, .. } if *took_over_from == Some(generation)
        )
    }

    /// Waits until a connection is ready. Tells whether one is; none ever will be once the
    /// client is closing. Bound it with a timeout of your own.
    pub async fn ready(&self) -> bool {
        let mut route = self.route.clone();
        match route.wait_for(|route| !matches!(route, SendRoute::NotReady)).await {
            Ok(route) => matches!(*route, SendRoute::Open { .. }),
            Err(_) => false,
        }
    }

    /// Tells whether a message would be taken now.
    pub fn is_ready(&self) -> bool {
        matches!(*self.route.borrow(), SendRoute::Open { .. })
    }

    /// Expects data of a subscription from now on, when it was asked for, as
    /// [`HandlerConnection::watch`](super::HandlerConnection::watch) does: on the connection that
    /// is live and on none that follows.
    ///
    /// # Errors
    ///
    /// [`NotWatched`].
    pub fn watch(&self, key: u64, spec: WatchSpec) -> Result<(), NotWatched> {
        match &*self.route.borrow() {
            SendRoute::Open { sink, .. } => sink.watch(key, spec),
            SendRoute::NotReady | SendRoute::Closed => Err(NotWatched::NotLive),
        }
    }

    /// Watches a subscription no more, and tells whether it was.
    pub fn unwatch(&self, key: u64) -> bool {
        match &*self.route.borrow() {
            SendRoute::Open { sink, .. } => sink.unwatch(key),
            SendRoute::NotReady | SendRoute::Closed => false,
        }
    }
}

impl fmt::Debug for ClientSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSender").field("is_ready", &self.is_ready()).finish_non_exhaustive()
    }
}
