//! A mock exchange that listens on a socket.

use core::fmt;
use core::mem;
use core::net::SocketAddr;
use core::pin::pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use heartbeat_core::Timestamp;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};

use super::clock::Clock;
use super::door::{Entrance, Passage};
use super::security::Security;
use super::serve::{Venue, sleep_until};
#[cfg(feature = "tls")]
use super::tls::TlsIdentity;
use crate::owned::Millis;
use crate::{Account, Admission, ConnectWindow, MockOptions, Observation, RuleBook};

/// How long connections may take to close when the server is shut down.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(5);

/// How many clients are in at once; one more is told to come back with status 503.
const CLIENTS_MAX: usize = 1_024;

/// How many wait to be let in; of more, the one that has waited longest makes room.
const WAITING_MAX: usize = 256;

/// How many observations can wait to be taken.
const OBSERVATIONS_MAX: usize = 4_096;

/// How long accepting rests after an error, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A venue on a socket: every connection gets its own
/// [`MockExchange`](crate::MockExchange) with the same options. They share one
/// [`Account`](crate::Account) and one [`ConnectWindow`](crate::ConnectWindow): a client that
/// comes too soon gets HTTP status 429, and `Retry-After` in whole seconds, rounded up.
///
/// It is one address and one account to the venue, so of what the venue bears
/// [at once](heartbeat_platforms::Facts::connections_at_once) by address, account or key the least
/// holds; one more gets 429 too, without a `Retry-After`.
///
/// The venue's clock, on which [`venue_fault`](MockOptions::venue_fault) counts, begins when the
/// first client connects. Under the fault `refuse` new connections are reset.
///
/// Dropping the server ends it at once; [`shutdown`](Self::shutdown) says goodbye. Bounds:
/// 1024 clients at once, and besides them 256 that have not made their handshake, of which the
/// oldest makes room for the next; 4096 observations that nobody has taken.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::MockOptions;
/// use heartbeat_testkit::net::MockServer;
///
/// let server = MockServer::bind("127.0.0.1:0", Exchange::Okx, MockOptions::default()).await?;
/// assert_eq!(server.url(), format!("ws://{}/", server.local_addr()));
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a server that is dropped serves nobody"]
pub struct MockServer {
    local_addr: SocketAddr,
    scheme: &'static str,
    observations: mpsc::Receiver<Observed>,
    lost: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// An [`Observation`], and where and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// The name of the venue that is played.
    pub venue: Arc<str>,
    /// The connection, numbered from one; zero for what happened while nobody was connected.
    pub connection: u64,
    /// When, after the start of the server.
    pub at: Timestamp,
    /// What.
    pub observation: Observation,
}

impl Observed {
    /// Returns the observation as one line of JSON: `event`, `at_ms`, `connection`, `exchange`,
    /// and the fields of the event.
    pub fn to_json(&self) -> String {
        self.observation.json_with(format_args!(
            r#","at_ms":{},"connection":{},"exchange":"{}""#,
            self.at.as_nanos() / 1_000_000,
            self.connection,
            self.venue,
        ))
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Timestamp::from_millis(self.at.as_nanos() / 1_000_000);
        write!(f, "{} {} #{}: {}", Millis(at), self.venue, self.connection, self.observation)
    }
}

impl MockServer {
    /// Listens on `addr`; port 0 lets the system choose a free one.
    ///
    /// # Errors
    ///
    /// The system's, if it cannot listen there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future frees the port.
    pub async fn bind(
        addr: impl ToSocketAddrs,
        venue: impl Into<RuleBook>,
        options: MockOptions,
    ) -> io::Result<Self> {
        Self::listen(addr, venue.into(), options, Security::Plain).await
    }

    /// Listens on `addr` as [`bind`](Self::bind) does, over TLS. A client has to trust the
    /// [certificate](TlsIdentity::certificate_pem).
    ///
    /// # Errors
    ///
    /// The system's, if it cannot listen there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future frees the port.
    #[cfg(feature = "tls")]
    pub async fn bind_tls(
        addr: impl ToSocketAddrs,
        venue: impl Into<RuleBook>,
        options: MockOptions,
        identity: &TlsIdentity,
    ) -> io::Result<Self> {
        Self::listen(addr, venue.into(), options, identity.into()).await
    }

    async fn listen(
        addr: impl ToSocketAddrs,
        book: RuleBook,
        options: MockOptions,
        security: Security,
    ) -> io::Result<Self> {
        let scheme = security.scheme();
        let listener = TcpListener::bind(addr).await?;
        let local_addr = listener.local_addr()?;
        let (sender, observations) = mpsc::channel(OBSERVATIONS_MAX);
        let (stop, stopped) = watch::channel(false);
        let lost = Arc::new(AtomicU64::new(0));
        let clock = Clock::start();
        let options = options.clock_or(clock.wall());
        let acceptor = Acceptor {
            clock,
            name: book.name().into(),
            entrance: Entrance::new(
                ConnectWindow::new(book.clone(), &options),
                CLIENTS_MAX,
                options.at_once(book.facts_of()),
            ),
            waiting: VecDeque::new(),
            security,
            venue: Venue { book, options, account: Account::new() },
            observations: sender,
            lost: Arc::clone(&lost),
            stopped,
            accepted: 0,
            connections: JoinSet::new(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(acceptor.run(listener));
        Ok(Self { local_addr, scheme, observations, lost, stop, tasks })
    }

    /// Returns the address that the server listens on.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Returns the URL to connect to.
    pub fn url(&self) -> String {
        format!("{}://{}/", self.scheme, self.local_addr)
    }

    /// Returns the next observation, or `None` once the server has ended.
    ///
    /// # Cancel safety
    ///
    /// Safe: an observation is taken when it is returned.
    pub async fn observed(&mut self) -> Option<Observed> {
        self.observations.recv().await
    }

    /// Returns how many observations were lost because nobody took them.
    pub fn observations_lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Begins what [`shutdown`](Self::shutdown) does and does not wait for it:
    /// [`observed`](Self::observed) returns what is still to be seen, and then `None`.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops listening, closes every connection with code 1001, and returns when all have
    /// ended, after five seconds at most.
    ///
    /// # Panics
    ///
    /// If serving a connection panicked.
    ///
    /// # Cancel safety
    ///
    /// Not safe to repeat: dropping the future drops the server and cuts its connections off.
    pub async fn shutdown(mut self) {
        self.stop();
        while let Some(ended) = self.tasks.join_next().await {
            propagate(ended);
        }
    }
}

struct Acceptor {
    clock: Clock,
    name: Arc<str>,
    venue: Venue,
    entrance: Entrance,
    /// What tells each client that is not in yet to make room, the oldest first.
    waiting: VecDeque<oneshot::Sender<()>>,
    security: Security,
    observations: mpsc::Sender<Observed>,
    lost: Arc<AtomicU64>,
    stopped: watch::Receiver<bool>,
    accepted: u64,
    connections: JoinSet<()>,
}

impl Acceptor {
    async fn run(mut self, listener: TcpListener) {
        let mut stop = pin!(stopped(self.stopped.clone()));
        loop {
            // A connection that is up sees to the account by itself; when the last one ends, this
            // looks again.
            let lapse = self.venue.account.next_at();
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    self.serve(stream);
                } else {
                    // Too many open files, most likely.
                    self.evict();
                    self.rest().await;
                },
                Some(ended) = self.connections.join_next() => propagate(ended),
                () = sleep_until(self.clock, lapse) => self.poll_account(),
                () = &mut stop => break,
            }
        }
        drop(listener);
        let all = async {
            while let Some(ended) = self.connections.join_next().await {
                propagate(ended);
            }
        };
        // Whoever is late is aborted with the set.
        let _ = tokio::time::timeout(SHUTDOWN_WITHIN, all).await;
    }

    fn serve(&mut self, stream: TcpStream) {
        // Heartbeats are small and must not wait for company.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        self.accepted += 1;
        let now = self.clock.now();
        let mut observe = self.observer(self.accepted);
        self.venue.options = mem::take(&mut self.venue.options).venue_since_or(now);
        if self.venue.options.admission(now) == Admission::Refused {
            // Without a farewell, as a machine does on which nobody listens.
            let _ = stream.set_zero_linger();
            observe(now, Observation::TurnedAway { status: None });
            return;
        }
        self.waiting.retain(|waiting| !waiting.is_closed());
        if self.waiting.len() >= WAITING_MAX {
            self.evict();
        }
        let (evict, evicted) = oneshot::channel();
        self.waiting.push_back(evict);
        let passage = Passage { entrance: self.entrance.clone(), evicted: Some(evicted) };
        let stop = stopped(self.stopped.clone());
        let (clock, venue, security) = (self.clock, self.venue.clone(), self.security.clone());
        self.connections.spawn(async move {
            // What a client did wrong is observed, and the client's to find out.
            let _ = Box::pin(security.serve(clock, stream, venue, passage, observe, stop)).await;
        });
    }

    /// Has the client that has waited longest to be let in make room.
    fn evict(&mut self) {
        if let Some(waiting) = self.waiting.pop_front() {
            let _ = waiting.send(());
        }
    }

    /// Returns what passes a connection's observations on; zero is none of them.
    fn observer(&self, connection: u64) -> impl FnMut(Timestamp, Observation) + Send + use<> {
        let venue = Arc::clone(&self.name);
        let (observations, lost) = (self.observations.clone(), Arc::clone(&self.lost));
        move |at, observation| {
            let venue = Arc::clone(&venue);
            let observed = Observed { venue, connection, at, observation };
            // A heartbeat never waits for an observer.
            if observations.try_send(observed).is_err() {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Lets the timer over the orders run out while nobody is connected.
    fn poll_account(&self) {
        let now = self.clock.now();
        if let Some(cancelled) = self.venue.account.poll(now) {
            self.observer(0)(now, cancelled);
        }
    }

    async fn rest(&self) {
        if let Some(after) = self.clock.now().checked_add(ACCEPT_REST)
            && let Some(instant) = self.clock.instant_of(after)
        {
            tokio::time::sleep_until(instant).await;
        }
    }
}

/// Completes when the server is shut down, or was dropped.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A panic in a task is a panic in whoever waits for it; an abort is not.
fn propagate(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}
