//! The application's way out, through whichever connection is live.

use core::fmt;

use heartbeat_core::{Generation, WatchSpec};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::connection::ClientConnection;
use super::sink::ConnectionSink;
use super::watching::NotWatched;
use crate::connection::{NotWritten, Receipt, Sender};

/// A handle to send messages with, from any task, through whichever connection is live.
///
/// A message goes out on the connection that is live when it is sent, or not at all: no order of
/// ten seconds ago is placed because a connection came back. Whoever wants to wait for one says so,
/// with [`ready`](Self::ready).
#[derive(Clone)]
pub struct ClientSender {
    route: watch::Receiver<SendRoute>,
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
        Self { route }
    }

    /// Sends a message, and tells what became of it.
    ///
    /// Without a connection that is ready it is not written, and does not wait for one. Otherwise
    /// it waits as [`Sender::send`] does. If a rotation hands over while it waits, it leaves by
    /// the new connection instead, unless it may have left by the old one already.
    ///
    /// Close messages are refused: a client is ended by [`Client::close`](crate::Client::close).
    pub async fn send(&self, message: Message) -> Receipt {
        if message.is_close() {
            let why = "a client is ended by its close";
            return Receipt::NotWritten(NotWritten::Refused(why.to_owned()));
        }
        let mut route = self.route();
        loop {
            let (generation, sender) = match route {
                SendRoute::NotReady => return Receipt::NotWritten(NotWritten::NotReady),
                SendRoute::Closed => return Receipt::NotWritten(NotWritten::Closed),
                SendRoute::Open { generation, sender, .. } => (generation, sender),
            };
            let receipt = sender.send(message.clone()).await;
            route = self.route();
            let goes_on = matches!(
                route, SendRoute::Open { took_over_from, .. } if took_over_from == Some(generation)
            );
            if !goes_on || receipt != Receipt::NotWritten(NotWritten::Closed) {
                return receipt;
            }
        }
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

    fn route(&self) -> SendRoute {
        self.route.borrow().clone()
    }
}

impl fmt::Debug for ClientSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSender").field("is_ready", &self.is_ready()).finish_non_exhaustive()
    }
}
