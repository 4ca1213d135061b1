//! What a handler has of a connection that the application does not see.

use core::fmt;
use core::future::poll_fn;
use std::sync::Arc;

use heartbeat_core::{Generation, WatchSpec};
use tokio_tungstenite::tungstenite::Message;

use super::requests::{RequestError, RequestKey};
use super::sink::ConnectionSink;
use super::watching::{self, NotWatched, Silent};
use super::{NotReady, feed::Feed};
use crate::connection::protection::Petition;
use crate::connection::{Protection, Receipt, Sender};

/// A connection in the hands of a [`Handler`](super::Handler): it alone sends and receives.
pub struct HandlerConnection {
    feed: Arc<Feed>,
    sink: ConnectionSink,
    sender: Sender,
    petition: Petition,
}

impl HandlerConnection {
    /// How many subscriptions of one connection can be watched.
    pub const WATCHES_MAX: usize = watching::WATCHES_MAX;

    pub(super) const fn new(
        feed: Arc<Feed>,
        sink: ConnectionSink,
        sender: Sender,
        petition: Petition,
    ) -> Self {
        Self { feed, sink, sender, petition }
    }

    /// Returns the generation of the connection.
    pub fn generation(&self) -> Generation {
        self.sink.generation()
    }

    /// Sends a message, behind all heartbeats that are due, and waits until it has left.
    ///
    /// # Errors
    ///
    /// [`NotReady::Ended`] if the connection has ended, and [`NotReady::Failed`] if it does not
    /// take this message.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws a message that still waits; one that the transport holds is
    /// sent all the same.
    pub async fn send(&mut self, message: Message) -> Result<(), NotReady> {
        match self.sender.send(message).await {
            Receipt::Written => {
                self.sink.progress();
                Ok(())
            }
            Receipt::Unknown => Err(NotReady::Ended),
            Receipt::NotWritten(_) if self.sender.is_closed() => Err(NotReady::Ended),
            Receipt::NotWritten(why) => Err(why.into()),
        }
    }

    /// Sends a message, and tells what became of it, as [`Sender::send`] does.
    ///
    /// # Cancel safety
    ///
    /// As [`Sender::send`]: a message that still waits is withdrawn.
    pub async fn send_with_receipt(&mut self, message: Message) -> Receipt {
        let receipt = self.sender.send(message).await;
        if receipt == Receipt::Written {
            self.sink.progress();
        }
        receipt
    }

    /// Waits for the next message that is no heartbeat.
    ///
    /// Of use in [`on_ready`](super::Handler::on_ready) and
    /// [`before_close`](super::Handler::before_close): what comes in meanwhile is the handler's.
    ///
    /// What is not taken waits for the application. As many bytes wait as in the application's
    /// own queue; beyond that the oldest are dropped, and the application is told.
    ///
    /// # Errors
    ///
    /// [`NotReady::Ended`] if the connection has ended, and [`NotReady::Failed`] if what it reads
    /// is the application's.
    ///
    /// # Cancel safety
    ///
    /// Safe: a message is taken when it is returned.
    pub async fn receive(&mut self) -> Result<Message, NotReady> {
        poll_fn(|cx| self.feed.poll_held(self.generation(), cx)).await
    }

    /// Expects data of a subscription from now on, when it was asked for; on this connection
    /// alone, so that `on_ready` says it anew for each. At most
    /// [`WATCHES_MAX`](Self::WATCHES_MAX) of one connection are watched.
    ///
    /// What the venue does not send in time is told by [`Update::Watch`](super::Update::Watch),
    /// and closes the [`TradingPermit`](super::TradingPermit) until it does.
    ///
    /// # Errors
    ///
    /// [`NotWatched`], which becomes a [`NotReady::Failed`] by `?`.
    pub fn watch(&mut self, key: u64, spec: WatchSpec) -> Result<(), NotWatched> {
        self.sink.watch(key, spec)
    }

    /// Watches a subscription no more, and tells whether it was.
    pub fn unwatch(&mut self, key: u64) -> bool {
        self.sink.unwatch(key)
    }

    /// Sends a request, and waits for its reply; what else comes in waits for
    /// [`receive`](Self::receive) or the application. As
    /// [`ClientSender::request`](super::ClientSender::request), but by this connection alone.
    ///
    /// # Errors
    ///
    /// [`NotReady::Ended`] if the connection has ended, and [`NotReady::Failed`] if there is no
    /// reply for another reason.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws a message that still waits. One that has left may have been
    /// executed: its reply is then to be [received](Self::receive), or the application's.
    pub async fn request(
        &mut self,
        message: Message,
        key: impl Into<RequestKey>,
    ) -> Result<Message, NotReady> {
        let correspondence = self.sink.correspondence();
        let request = correspondence.request(&self.sender, message, key.into());
        match request.await {
            Ok(reply) => {
                self.sink.progress();
                Ok(reply.message)
            }
            Err(RequestError::Ended { .. }) => Err(NotReady::Ended),
            Err(_) if self.sender.is_closed() => Err(NotReady::Ended),
            Err(why) => Err(why.into()),
        }
    }

    /// Asks for what is wanted, and waits for the venue's say.
    pub(super) async fn subscribe(&self) {
        self.sink.progress();
        self.sink.correspondence().subscribe().await;
    }

    /// Has what comes in wait for the handler, until it is [released](Self::release).
    pub(super) fn hold(&self) {
        self.feed.hold(self.generation());
    }

    /// Gives what the handler has left, and what comes in from now on, to the application.
    pub(super) fn release(&self) {
        self.feed.release(self.generation());
    }

    /// Takes the subscriptions that are to be asked for again.
    pub(super) fn take_silent(&self) -> Vec<Silent> {
        self.sink.take_silent()
    }

    /// Asks the venue for the safety of the orders, and waits for its reply; to be called once
    /// it has accepted the login.
    ///
    /// What it replies is for the handler to judge: an application that must not trade
    /// unprotected makes [`NotReady::Failed`] of a [`Protection`] that does not
    /// [hold](Protection::holds). As
    /// [`Connection::request_order_safety`](crate::Connection::request_order_safety).
    ///
    /// # Errors
    ///
    /// [`NotReady::Ended`] if the connection has ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is asked before the first poll, and what was asked for stays in force.
    pub async fn request_order_safety(&mut self) -> Result<Protection, NotReady> {
        self.petition.clone().ask().await.ok_or(NotReady::Ended)
    }

    /// Hands a message on to the application, which gets it before all that was not taken.
    pub fn forward(&mut self, message: Message) {
        self.sink.forward(message);
    }
}

impl fmt::Debug for HandlerConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerConnection")
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}
