//! Level 2: a task that owns the connection, so that no application can delay a heartbeat.

pub(crate) mod handle;
pub(crate) mod inbox;
mod options;
mod outgoing;
pub(crate) mod protection;
pub(crate) mod queue;
mod receipt;
mod report;
pub(crate) mod room;
mod sender;
pub(crate) mod store;
mod task;
mod ticket;

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use futures_util::Stream;
use heartbeat_core::{Event, Health, LatencySample};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use crate::clock::MonotonicClock;
use crate::into_session::IntoSession;
use crate::transport::Transport;
use handle::Handle;
use inbox::QueueInbox;
use queue::Queue;

pub use options::{ConnectionOptions, Overflow};
pub use protection::Protection;
pub use queue::Lagged;
pub use receipt::{NotWritten, Receipt};
pub use report::CloseReport;
pub use sender::Sender;
pub use ticket::Ticket;

/// A connection that lives in a task of its own.
///
/// The task never waits for the application: what the application does not take in time waits
/// in a queue that is [bounded in bytes](ConnectionOptions::queue_bytes), and beyond that
/// [`Overflow`] decides. Heartbeats are answered all the same.
///
/// ```no_run
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::{ConnectOptions, Connection, ConnectionOptions, Incoming, connect};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let ws = connect("wss://exchange.example/ws", &ConnectOptions::default()).await?;
/// let mut connection = Connection::spawn(ws, Exchange::Okx, ConnectionOptions::default());
///
/// let receipt = connection.sender().send("subscribe".into()).await;
/// println!("{receipt}"); // written, not written and why, or unknown
/// while let Some(incoming) = connection.next().await {
///     match incoming {
///         Incoming::Message(message) => println!("{message}"),
///         Incoming::Lagged(lagged) => println!("{} frames lost: rebuild the book", lagged.frames),
///         Incoming::Closed(report) => println!("{report}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Dropping it hands the venue a Close frame if the transport takes one at once, and drops the
/// transport. For a proper end use [`close`](Self::close).
#[derive(Debug)]
pub struct Connection {
    queue: Arc<Queue<Incoming>>,
    handle: Handle,
    clock: MonotonicClock,
}

/// What a [`Connection`] hands to the application, in the order in which it happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Incoming {
    /// A message that [concerns the application](heartbeat_core::Signal).
    Message(Message),
    /// Something happened. [`Event::Stopped`] tells a verdict at once; the report follows when
    /// the connection has been closed.
    Event(Event),
    /// Something was measured.
    Latency(LatencySample),
    /// The application was too slow, and what lay here was dropped.
    Lagged(Lagged),
    /// The connection has ended. Comes once, last, and is never dropped.
    Closed(Box<CloseReport>),
}

impl Connection {
    /// Takes over a connection that was just opened.
    ///
    /// The session is told that the transport answers pings, and given none of its frames yet.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn spawn<S, I>(transport: S, session: I, options: ConnectionOptions) -> Self
    where
        S: Transport + Send + 'static,
        I: IntoSession<Platform: Send + 'static>,
    {
        let session = session.into_session();
        let clock = MonotonicClock::anchored(session.now());
        let queue = Arc::new(Queue::new(options.queue_bytes.get(), options.overflow));
        let inbox = QueueInbox::new(Arc::clone(&queue), clock, options.overflow);
        let handle = Handle::spawn(transport, session, &options, None, inbox);
        Self { queue, handle, clock }
    }

    /// Returns what comes next, or `None` after [`Incoming::Closed`].
    ///
    /// # Cancel safety
    ///
    /// Safe: what comes next is taken when it is returned, and nothing is lost with the future.
    pub async fn next(&mut self) -> Option<Incoming> {
        poll_fn(|cx| self.queue.poll_pop(cx)).await
    }

    /// Returns how long ago the oldest message was read that still waits for the application;
    /// `None` if none waits.
    ///
    /// What the application knows is at least as old: whoever trades on it bounds this.
    pub fn unread_for(&self) -> Option<Duration> {
        let read_at = self.queue.oldest_message()?;
        Some(self.clock.now().saturating_since(read_at))
    }

    /// Returns how many bytes the messages hold that wait for the application, at most
    /// [`queue_bytes`](ConnectionOptions::queue_bytes) and one message.
    pub fn unread_bytes(&self) -> usize {
        self.queue.held()
    }

    /// Returns a handle to send with.
    pub fn sender(&self) -> Sender {
        self.handle.sender().clone()
    }

    /// Returns how the connection is doing. At most 100 ms older than the last frame.
    pub fn health(&self) -> Health {
        *self.handle.health().borrow()
    }

    /// Returns a receiver that is told whenever [`health`](Self::health) changes.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.handle.health().clone()
    }

    /// Asks the venue for the safety of the orders, and waits for its reply: to cancel them when
    /// the connection ends, where the platform has words for that, and by the dead-man switch, if
    /// one is [configured](heartbeat_core::ConfigBuilder::dead_man).
    ///
    /// To be called once the application has authenticated, and again to ask once more after a
    /// refusal. `None` if the connection ended before the venue replied. Whatever follows later, a
    /// switch that ran out above all, is told by [events](Incoming::Event) and by
    /// [`health`](Self::health).
    ///
    /// A reply is waited for as long as
    /// [arming](heartbeat_core::ConfigBuilder::arm_within), or until the next refresh is due; a
    /// refresh waits until the line is beyond doubt.
    ///
    /// # Cancel safety
    ///
    /// Nothing is asked before the first poll. Dropping the future withdraws nothing: what was
    /// asked for stays in force.
    pub async fn request_order_safety(&self) -> Option<Protection> {
        self.handle.petition().ask().await
    }

    /// Begins the end by the application's wish: the platform's farewell, a Close frame, the
    /// echo. What comes in meanwhile can still be read; [`Incoming::Closed`] comes last.
    ///
    /// Messages that the transport does not hold by now are not written.
    pub fn stop(&self) {
        self.handle.stop();
    }

    /// [Stops](Self::stop) and waits for the end, dropping what comes in meanwhile.
    ///
    /// Takes at most [`respond_within`](heartbeat_core::Config::respond_within), if the platform
    /// has a farewell, and then [`close_within`](ConnectionOptions::close_within). `None` if the
    /// report was read before.
    ///
    /// # Cancel safety
    ///
    /// Not safe to repeat: dropping the future drops the connection, as dropping the
    /// [`Connection`] does. To go on after a timeout, [stop](Self::stop) it and read it to its end.
    pub async fn close(mut self) -> Option<CloseReport> {
        self.stop();
        while let Some(incoming) = self.next().await {
            if let Incoming::Closed(report) = incoming {
                return Some(*report);
            }
        }
        None
    }
}

impl Stream for Connection {
    type Item = Incoming;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        self.queue.poll_pop(cx)
    }
}
