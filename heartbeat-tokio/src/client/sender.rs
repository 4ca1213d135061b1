//! The application's way out, through whichever connection is live.

use core::fmt;
use std::sync::Arc;

use heartbeat_core::{Generation, WatchSpec};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::connection::ClientConnection;
use super::requests::{PendingRequest, REPLY_WITHIN, RequestKey, RequestTable, Route};
use super::sink::ConnectionSink;
use super::watching::NotWatched;
use crate::clock::MonotonicClock;
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
    requests: Arc<RequestTable>,
    clock: MonotonicClock,
    is_urgent: bool,
}

/// Where messages go.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly always it is open")]
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
    pub(super) const fn new(
        route: watch::Receiver<SendRoute>,
        requests: Arc<RequestTable>,
        clock: MonotonicClock,
    ) -> Self {
        Self { route, requests, clock, is_urgent: false }
    }

    /// Sends a request, and returns the future of its reply: the message by which the venue repeats
    /// `key`, as [`reply_key`](super::ClientBuilder::reply_key) says.
    ///
    /// The message has its place in the queue when this returns. If a rotation hands over while it
    /// waits there, it leaves by the new connection, once its future is polled; if it has left by
    /// the old one, that is read to its end, and a reply that it still brings is the reply. When a
    /// connection ends otherwise, all requests that wait for it to reply fail at once.
    ///
    /// A reply may take 5 s, or as long as [`within`](PendingRequest::within) says; one that comes
    /// later is [`Update::Message`](super::Update::Message), and so is one whose future was
    /// dropped. At most 1,024 requests of a client wait at once.
    ///
    /// # Errors
    ///
    /// The future's [`RequestError`](super::RequestError) says whether the request may have been
    /// executed.
    pub fn request(&self, message: Message, key: impl Into<RequestKey>) -> PendingRequest {
        let (route, request) = (Box::new(self.clone()), (message, key.into()));
        PendingRequest::new(&self.requests, route, self.clock, REPLY_WITHIN, request)
    }

    /// Sends a message, and tells what became of it.
    ///
    /// Without a connection that is ready it is not written, and does not wait for one. Otherwise
    /// it waits as [`Sender::send`] does. If a rotation hands over while it waits, it leaves by
    /// the new connection instead, unless it may have left by the old one already.
    ///
    /// Close messages are refused: a client is ended by [`Client::close`](crate::Client::close).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws a message that still waits; one that the transport holds is
    /// sent all the same, as [`Sender::send`] says. [`enqueue`](Self::enqueue) leaves the message
    /// behind.
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
                Ok((*generation, self.in_lane(&sender.carrying_over())))
            }
        }
    }

    fn in_lane(&self, sender: &Sender) -> Sender {
        if self.is_urgent { sender.urgent() } else { sender.clone() }
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
    ///
    /// # Cancel safety
    ///
    /// Safe: it takes nothing, and can be asked again.
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

/// A request goes on to another connection by itself, and not with what is carried over: its reply
/// is waited for on the connection that it has left by.
impl Route for ClientSender {
    fn current(&self) -> Result<(Generation, Sender), NotWritten> {
        match &*self.route.borrow() {
            SendRoute::NotReady => Err(NotWritten::NotReady),
            SendRoute::Closed => Err(NotWritten::Closed),
            SendRoute::Open { generation, sender, .. } => Ok((*generation, self.in_lane(sender))),
        }
    }

    fn successor(&self, left: Generation) -> Option<(Generation, Sender)> {
        let current = self.current().ok()?;
        self.has_been_taken_over(left).then_some(current)
    }
}

impl fmt::Debug for ClientSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSender").field("is_ready", &self.is_ready()).finish_non_exhaustive()
    }
}
