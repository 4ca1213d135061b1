//! Level 1: a stream that keeps itself alive while it is polled.

mod wakers;

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::collections::VecDeque;

use futures_util::{Sink, Stream};
use heartbeat_core::{Cause, Evidence, Health, Platform, Session, Speaker, Timestamp};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::driver::{CATCH_UP_MAX, Driver, Ending, Inbox, Limits, is_refusal};
use crate::error::Error;
use crate::into_session::IntoSession;
use crate::observation::SessionUpdate;
use crate::transport::Transport;
use wakers::Wakers;

/// A WebSocket stream that answers the venue's challenges, probes the venue, and ends with a
/// verdict when the connection is dead.
///
/// Wraps any [`Transport`] and is a `Stream + Sink` of messages as that was, so that one line
/// turns a program on tokio-tungstenite into one whose connection keeps itself alive:
///
/// ```no_run
/// use futures_util::{SinkExt, StreamExt};
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::{ConnectOptions, HeartbeatStream, connect};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let ws = connect("wss://exchange.example/ws", &ConnectOptions::default()).await?;
/// let mut ws = HeartbeatStream::new(ws, Exchange::Okx);
///
/// ws.send("subscribe".into()).await?;
/// while let Some(message) = ws.next().await {
///     println!("{}", message?);
/// }
/// # Ok(())
/// # }
/// ```
///
/// - **What it yields** - the frames that [concern the application](heartbeat_core::Signal).
///   After a verdict it closes the connection within [`close_within`](Self::close_within),
///   still yielding what comes in, then yields one `Err` that says why, then `None`. An end
///   that is in order yields `None` alone: one that the application itself asked for, by a Close
///   message or [`close`](Sink::poll_close), and a Close frame of the venue's without a code or
///   with 1000 or 1001. [`end`](Self::end) says what it was.
/// - **When it works** - only while it is polled, be it for reading or for writing. A program
///   that handles each message in less time than the venue's patience keeps that promise, or eight
///   messages where it does not let its runtime see to the socket meanwhile; one that cannot uses
///   [`Connection`](crate::Connection).
/// - **What it holds** - messages read ahead: 32 or 64 KiB, whichever comes first, and 4,096 or
///   4 MiB when it is polled after a deadline, to see whether the venue had met it.
/// - **How it is split** - `StreamExt::split` works, with a task for each half.
///
/// The session's time goes on from [`Session::now`] with tokio's clock.
pub struct HeartbeatStream<S, P> {
    /// Boxed: a function that is async keeps what it is given twice, and this is 9 KiB.
    driver: Box<Driver<S, P>>,
    inbox: ReadAhead,
    wakers: Wakers,
    /// Whether a turn found that the connection has ended.
    ended: bool,
    /// How many messages were yielded since the last turn.
    yielded: usize,
    end: Option<Box<StreamEnd>>,
}

/// How many messages that were read ahead are yielded at most between two turns. A turn costs twice
/// what a message does, and all that it could do is done, unless something has called since.
const YIELDED_MAX: usize = 8;

/// Neither the platform nor the transport is ever pinned: a [`Transport`] is `Unpin`.
impl<S: Unpin, P> Unpin for HeartbeatStream<S, P> {}

impl<S: Transport, P: Platform> HeartbeatStream<S, P> {
    /// Takes over a connection that was just opened.
    ///
    /// The session is told that the transport answers pings, and given none of its frames yet.
    ///
    /// ```no_run
    /// use heartbeat_core::Platform;
    /// use heartbeat_tokio::{HeartbeatStream, Transport};
    ///
    /// # fn run(ws: impl Transport + 'static, mine: impl Platform) {
    /// // A venue that is known needs no more than its name, any other its settings.
    /// let config = mine.defaults().build().unwrap();
    /// let ws = HeartbeatStream::new(ws, (mine, config));
    /// # drop(ws);
    /// # }
    /// ```
    pub fn new(transport: S, session: impl IntoSession<Platform = P>) -> Self
    where
        S: 'static,
    {
        let session = session.into_session();
        Self {
            driver: Box::new(Driver::new(transport, session, Limits::DEFAULT, None)),
            inbox: ReadAhead::default(),
            wakers: Wakers::new(),
            ended: false,
            yielded: 0,
            end: None,
        }
    }

    /// Sets who is told of every [`SessionUpdate`]. It is called in the middle of the work and
    /// must not take long.
    #[must_use]
    pub fn with_observer(mut self, observer: impl FnMut(&SessionUpdate) + Send + 'static) -> Self {
        self.inbox.observer = Some(Box::new(observer));
        self
    }

    /// Sets how long the closing handshake may take; 2 s by default. At zero it is not waited
    /// for.
    #[must_use]
    pub fn close_within(mut self, span: Duration) -> Self {
        self.driver.limits_mut().close_within = span;
        self
    }

    /// Sets how long the transport may take to write out a message of the application's; 5 s
    /// by default. After that the connection is finished.
    #[must_use]
    pub fn write_within(mut self, span: Duration) -> Self {
        self.driver.limits_mut().write_within = span;
        self
    }

    /// Returns how the connection is doing.
    pub fn health(&self) -> Health {
        self.driver.session().health()
    }

    /// Returns how and why it ended, once the stream has yielded its last.
    pub fn end(&self) -> Option<&StreamEnd> {
        self.end.as_deref()
    }

    /// Returns the session.
    pub fn session(&self) -> &Session<P> {
        self.driver.session()
    }

    /// Asks the venue for the safety of the orders, as
    /// [`Session::request_order_safety`] does, when the stream is polled next. To be called once
    /// it has accepted the login; its reply is told to the
    /// [observer](Self::with_observer) and by [`health`](Self::health).
    pub fn request_order_safety(&mut self) {
        self.driver.request_order_safety();
        self.wakers.wake();
    }

    /// Takes the stream apart, closing nothing.
    pub fn into_parts(self) -> Parts<S, P> {
        let (transport, session) = self.driver.into_parts();
        Parts { transport, session, unread: self.inbox.messages.into() }
    }

    /// Tells whether the connection may need something before the next message.
    fn is_due_for_a_turn(&self) -> bool {
        self.yielded >= YIELDED_MAX || self.driver.is_catching_up() || self.wakers.were_woken()
    }

    /// Runs a turn with a waker for both halves.
    fn turn(&mut self) -> Poll<()> {
        self.yielded = 0;
        self.wakers.begin_turn();
        let waker = self.wakers.both();
        let ended = self.driver.poll_turn(&mut Context::from_waker(&waker), &mut self.inbox);
        if ended.is_ready() && !self.ended {
            self.ended = true;
            // The other half may be waiting for the same end, which need not come with a wake.
            self.wakers.wake();
        }
        ended
    }
}

/// How and why a [`HeartbeatStream`] ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamEnd {
    /// The verdict.
    pub cause: Cause,
    /// Whether both sides exchanged Close frames before the transport was dropped.
    pub clean: bool,
    /// What led to the verdict.
    pub evidence: Evidence,
    /// How the connection was doing at the verdict.
    pub health: Health,
}

impl StreamEnd {
    /// Tells whether the end was in order, and so no error: asked for by the application, or
    /// announced by the venue with a Close frame that has no code, 1000 or 1001.
    pub const fn is_in_order(&self) -> bool {
        matches!(
            self.cause,
            Cause::Stopped | Cause::PeerClosed { code: None | Some(1_000 | 1_001) }
        )
    }
}

impl fmt::Display for StreamEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.clean { "closed cleanly" } else { "not closed cleanly" };
        write!(f, "{}, {how}", self.cause)
    }
}

/// What a [`HeartbeatStream`] was made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S, P> {
    /// The transport, as open or closed as it is.
    pub transport: S,
    /// The session, which will hear of nothing any more.
    pub session: Session<P>,
    /// The messages that were read and not yet yielded, oldest first.
    pub unread: Vec<Message>,
}

impl<S: Transport, P: Platform> Stream for HeartbeatStream<S, P> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if !this.is_due_for_a_turn()
            && let Some(message) = this.inbox.pop()
        {
            this.yielded += 1;
            return Poll::Ready(Some(Ok(message)));
        }
        this.wakers.register_reader(cx);
        let ended = this.turn();
        // Whatever it is that the venue wants of us, it comes before the application.
        if this.driver.is_catching_up() {
            return Poll::Pending;
        }
        if let Some(message) = this.inbox.pop() {
            return Poll::Ready(Some(Ok(message)));
        }
        ready!(ended);
        let Some(ending) = this.driver.take_ending() else { return Poll::Ready(None) };
        let Ending { cause, clean, evidence, health, .. } = ending;
        let end = this.end.insert(Box::new(StreamEnd { cause, clean, evidence, health }));
        Poll::Ready(error_of(end, ending.error).map(Err))
    }
}

impl<S: Transport, P: Platform> Sink<Message> for HeartbeatStream<S, P> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        this.wakers.register_writer(cx);
        // What comes of it is seen below.
        let _ended = this.turn();
        let waker = this.wakers.both();
        if ready!(this.driver.poll_ready(&mut Context::from_waker(&waker), Speaker::Application)) {
            return Poll::Ready(Ok(()));
        }
        this.wakers.wake();
        Poll::Ready(Err(Error::Closed))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let this = self.get_mut();
        let sent = this.driver.start_send(message, Speaker::Application);
        // The write has a deadline from now on, and the timer does not know it yet.
        this.wakers.wake();
        sent.map_err(|error| {
            if matches!(error, tungstenite::Error::AlreadyClosed) {
                Error::Closed
            } else if is_refusal(&error) {
                Error::Refused(Box::new(error))
            } else {
                Error::Transport(Box::new(error))
            }
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        this.wakers.register_writer(cx);
        let ended = this.turn();
        if this.driver.is_flushed() {
            return Poll::Ready(Ok(()));
        }
        ended.map(|()| Err(Error::Closed))
    }

    /// Ends the session by the application's wish: farewell, Close frame, echo.
    ///
    /// Messages that come in meanwhile can still be read from the stream. Takes at most
    /// [`respond_within`](heartbeat_core::Config::respond_within), if the platform has a
    /// farewell, and then [`close_within`](Self::close_within).
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        this.wakers.register_writer(cx);
        if this.driver.is_open() {
            this.driver.stop();
        }
        this.turn().map(Ok)
    }
}

impl<S: fmt::Debug, P: fmt::Debug> fmt::Debug for HeartbeatStream<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeartbeatStream")
            .field("driver", &self.driver)
            .field("unread", &self.inbox.messages.len())
            .finish_non_exhaustive()
    }
}

/// Returns what to tell of an end; nothing if it was in order.
fn error_of(end: &StreamEnd, error: Option<tungstenite::Error>) -> Option<Error> {
    let StreamEnd { cause, clean, evidence, .. } = *end;
    match (cause, error) {
        _ if end.is_in_order() => None,
        (Cause::TransportLost, Some(error)) => Some(Error::Transport(Box::new(error))),
        _ => Some(Error::Disconnected { cause, evidence: Box::new(evidence), clean }),
    }
}

/// Who is told of observations.
type Observer = dyn FnMut(&SessionUpdate) + Send;

/// The messages that were read so that heartbeats among or behind them were not late.
#[derive(Default)]
struct ReadAhead {
    messages: VecDeque<Message>,
    bytes: usize,
    observer: Option<Box<Observer>>,
}

impl ReadAhead {
    const MESSAGES_MAX: usize = 32;
    const BYTES_MAX: usize = 64 << 10;
    /// When it is late.
    const LATE_BYTES_MAX: usize = 4 << 20;

    fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(message.len());
        Some(message)
    }
}

impl Inbox for ReadAhead {
    fn has_room(&self, late: bool) -> bool {
        let (messages_max, bytes_max) = if late {
            (CATCH_UP_MAX, Self::LATE_BYTES_MAX)
        } else {
            (Self::MESSAGES_MAX, Self::BYTES_MAX)
        };
        self.messages.len() < messages_max && self.bytes < bytes_max
    }

    fn deliver(&mut self, _now: Timestamp, message: Message) {
        self.bytes = self.bytes.saturating_add(message.len());
        self.messages.push_back(message);
    }

    fn observe(&mut self, observation: SessionUpdate) {
        if let Some(observer) = &mut self.observer {
            observer(&observation);
        }
    }
}
