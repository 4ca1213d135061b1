//! Level 3: a client that can be left alone.

mod builder;
mod connection;
mod connector;
mod correspondence;
mod dial;
mod endpoint;
mod engine;
mod feed;
mod handler;
mod handler_connection;
mod handler_task;
mod labels;
mod not_ready;
mod opening;
mod received;
mod report;
mod requests;
mod sender;
mod sink;
mod status;
mod subscriptions;
mod telemetry;
mod trading_permit;
mod update;
mod venue;
mod watching;

use core::any::Any;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use futures_util::Stream;
use heartbeat_core::Platform;
use heartbeat_platforms::{Exchange, ExchangeEndpoint};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::clock::MonotonicClock;
use engine::{EngineEvent, EngineSender};
use feed::Feed;

pub use crate::connect::Destination;
pub use builder::{ClientBuilder, ClientError};
pub use connector::{BoxIo, Connector, Dial, Io};
pub use endpoint::{Endpoint, EndpointError, Target};
pub use handler::{Attempt, Handler, HandlerCall, Leaving};
pub use handler_connection::HandlerConnection;
pub use labels::{Key, Labels};
pub use not_ready::NotReady;
pub use opening::NeverReady;
pub use received::Received;
pub use report::{ClientEnd, ClientReport};
pub use requests::{PendingRequest, Reply, RequestError, RequestKey};
pub use sender::ClientSender;
pub use status::{ClientStatus, Unread};
pub use subscriptions::{
    SubscriptionError, SubscriptionEvent, SubscriptionState, SubscriptionStatus, Subscriptions,
};
pub use trading_permit::TradingPermit;
pub use update::{AttemptFault, Down, FailedAttempt, Gap, GapCause, Overlapped, Update};
pub use venue::{VenueGate, VenueLimits};
pub use watching::{NotWatched, Silent};

/// A connection to a venue that comes back by itself, and says what was lost meanwhile.
///
/// It dials, arms the venue's heartbeat, has a [`Handler`] authenticate and subscribe, and is
/// live when the venue is heard from. When a connection dies it says so at once
/// ([`Update::Down`]), connects anew when the venue's breaker and budget allow, has the handler
/// do it all again, and tells what may be missing ([`Update::Gap`]). Before the venue ends a
/// connection, it opens another and hands over.
///
/// ```no_run
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::Client;
/// use heartbeat_tokio::client::Update;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = Client::builder(Exchange::BinanceSpot).start()?;
/// while let Some(update) = client.next().await {
///     match update {
///         Update::Message(message) => println!("{message}"),
///         Update::Gap(gap) => println!("rebuild the book: {gap:?}"),
///         Update::Down(down) => println!("down: {}", down.cause),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// - **What it yields** - [`Update`]s in the order in which they happened, from a queue bounded
///   in bytes; what the application does not take in time is dropped and told as a gap.
/// - **How to send** - through a [`ClientSender`], which says of every message whether it left.
/// - **When to trade** - while its [`TradingPermit`] is open.
/// - **How it ends** - by [`close`](Self::close), in bounded time and with the handler's last
///   word; or by giving up, loudly, where trying again is no use. Dropping it drops the line:
///   each connection hands the venue a Close frame if the transport takes one at once.
#[derive(Debug)]
pub struct Client {
    feed: Arc<Feed>,
    handles: Handles,
    clock: MonotonicClock,
    /// The engine and the handler, which end with the client.
    #[cfg_attr(not(test), expect(dead_code, reason = "what counts is when it is dropped"))]
    tasks: JoinSet<()>,
}

/// What can be had of a client without owning it.
#[derive(Clone, Debug)]
pub(crate) struct Handles {
    feed: Arc<Feed>,
    engine: EngineSender,
    pub(crate) sender: ClientSender,
    pub(crate) permit: TradingPermit,
    status: watch::Receiver<ClientStatus>,
    subscriptions: Subscriptions,
}

impl Handles {
    pub(crate) fn status(&self) -> ClientStatus {
        let mut status = *self.status.borrow();
        (status.unread, status.last_overlap) = self.feed.status();
        status
    }

    pub(crate) fn rotate(&self) {
        self.engine.send(EngineEvent::Rotate);
    }

    pub(crate) fn reconnect(&self, reason: String, at_once: bool) {
        self.engine.send(EngineEvent::Reconnect { reason, at_once });
    }

    pub(crate) fn pause(&self) {
        self.engine.send(EngineEvent::Pause);
    }

    pub(crate) fn resume(&self) {
        self.engine.send(EngineEvent::Resume);
    }

    pub(crate) fn call_handler(&self, call: HandlerCall) -> bool {
        self.engine.call(call)
    }

    pub(crate) fn stop(&self) {
        self.engine.send(EngineEvent::Close);
    }
}

impl Client {
    /// Begins the settings of a client for a venue that is known: its heartbeat, budget and
    /// maximum age, and its public endpoint where it has one.
    pub fn builder(exchange: Exchange) -> ClientBuilder<Exchange> {
        let (limits, url) = (VenueLimits::of(exchange), exchange.production_url());
        ClientBuilder::new(exchange, limits, url).ready_made_for(exchange)
    }

    /// Begins the settings of a client for one endpoint of a venue, by what holds there.
    ///
    /// ```
    /// use heartbeat_platforms::ExchangeEndpoint;
    /// use heartbeat_tokio::Client;
    ///
    /// let demo: ExchangeEndpoint = "okx/demo-private".parse().unwrap();
    /// let builder = Client::at(demo).handler(());
    /// # let _ = builder;
    /// ```
    pub fn at(endpoint: ExchangeEndpoint) -> ClientBuilder<ExchangeEndpoint> {
        ClientBuilder::new(endpoint, VenueLimits::at(endpoint), Some(endpoint.url()))
    }

    /// Begins the settings of a client for any other platform.
    pub fn custom<P>(platform: P, limits: VenueLimits) -> ClientBuilder<P>
    where
        P: Platform + Clone + Send + Sync + 'static,
    {
        ClientBuilder::new(platform, limits, None)
    }

    /// Returns what comes next, or `None` after [`Update::Closed`].
    ///
    /// # Cancel safety
    ///
    /// Safe: what comes next is taken when it is returned, and nothing is lost with the future.
    pub async fn next(&mut self) -> Option<Update> {
        poll_fn(|cx| self.feed.poll_pop(cx)).await
    }

    /// Returns a handle to send with.
    pub fn sender(&self) -> ClientSender {
        self.handles.sender.clone()
    }

    /// Returns the set of what is wanted of the venue, to add to and to remove from.
    pub fn subscriptions(&self) -> Subscriptions {
        self.handles.subscriptions.clone()
    }

    /// Sends a request, and returns the future of its reply; as
    /// [`ClientSender::request`](ClientSender::request) does.
    pub fn request(&self, message: Message, key: impl Into<RequestKey>) -> PendingRequest {
        self.handles.sender.request(message, key)
    }

    /// Returns whether what the application knows is current, now and later.
    pub fn permit(&self) -> TradingPermit {
        self.handles.permit.clone()
    }

    /// Returns how it is doing.
    pub fn status(&self) -> ClientStatus {
        self.handles.status()
    }

    /// Returns a receiver that is told whenever [`status`](Self::status) changes, but for what is
    /// unread: that is as it was at the last change.
    pub fn watch_status(&self) -> watch::Receiver<ClientStatus> {
        self.handles.status.clone()
    }

    pub(crate) fn handles(&self) -> Handles {
        self.handles.clone()
    }

    /// Ends its task as a panic would.
    #[cfg(test)]
    pub(crate) fn cut_off(&mut self) {
        self.tasks.abort_all();
    }

    /// Returns the clock by which its updates are timed.
    pub const fn clock(&self) -> MonotonicClock {
        self.clock
    }

    /// Opens a new connection beside the one that is live, and hands over to it once it is
    /// ready. Without one that is live it does nothing.
    pub fn rotate(&self) {
        self.handles.rotate();
    }

    /// [Rotates](Self::rotate), and logs why: for an application that knows that its session is
    /// of no more use, say. The endpoint is asked afresh.
    pub fn reconnect(&self, reason: impl Into<String>) {
        self.handles.reconnect(reason.into(), false);
    }

    /// Connects at once, over the backoff, the breaker and any pause that the venue asked for,
    /// and logs why; only the venue's connect budget still holds. A connection that is live is
    /// rotated. For an operator who knows better.
    pub fn reconnect_now(&self, reason: impl Into<String>) {
        self.handles.reconnect(reason.into(), true);
    }

    /// Leaves the connection that is live, with the handler's last word, and makes no other until
    /// [`resume`](Self::resume).
    pub fn pause(&self) {
        self.handles.pause();
    }

    /// Connects again after a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.handles.resume();
    }

    /// Says something to the handler, which hears it in [`Handler::on_call`] with the connection
    /// that is live: to log in anew there, say. Tells whether it waits to be heard; it does not if
    /// 16 others do, or after the end.
    ///
    /// What was said last may still be dropped, if the handler is busy with too much.
    pub fn call_handler(&self, call: impl Any + Send) -> bool {
        self.handles.call_handler(HandlerCall::new(call))
    }

    /// Begins the end by the application's wish: nothing of the application's is sent any more,
    /// the handler has the last word, then come the Close frame and its echo. What comes in
    /// meanwhile can still be read; [`Update::Closed`] comes last.
    pub fn stop(&self) {
        self.handles.stop();
    }

    /// [Stops](Self::stop) and waits for the end, dropping what comes in meanwhile.
    ///
    /// Takes at most [`before_close_within`](ClientBuilder::before_close_within), then the
    /// platform's farewell and the closing handshake as [`Connection::close`] does. `None` if
    /// the report was read before.
    ///
    /// # Cancel safety
    ///
    /// Not safe to repeat: dropping the future drops the client. To go on after a timeout,
    /// [stop](Self::stop) it and read it to its end.
    ///
    /// [`Connection::close`]: crate::Connection::close
    pub async fn close(mut self) -> Option<ClientReport> {
        self.stop();
        while let Some(update) = self.next().await {
            if let Update::Closed(report) = update {
                return Some(*report);
            }
        }
        None
    }
}

impl Stream for Client {
    type Item = Update;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        self.feed.poll_pop(cx)
    }
}
