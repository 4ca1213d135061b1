//! One connection: a mock exchange behind a stream of bytes.

use core::fmt;
use core::pin::pin;
use core::time::Duration;
use std::io;

use heartbeat_core::Timestamp;
use heartbeat_platforms::Exchange;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio_tungstenite::tungstenite;

use super::clock::Clock;
use super::codec::{Decoder, WireError, encode, encode_invalid};
use super::door::{Entered, enter};
use super::venue::MockVenue;
use crate::{
    Account, MockAction, MockCounters, MockExchange, MockOptions, Observation, OwnedFrame,
    Surprise, TooManyConnects,
};

/// How long the opening handshake may take.
pub(super) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long a client may take to answer a close frame, or to read anything at all, before the
/// transport is dropped under it.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
const READ_WITHIN: Duration = Duration::from_secs(30);

/// How many bytes may wait for the client before the mock does nothing more.
const PENDING_MAX: usize = 64 * 1024;

/// How many bytes are read at once.
const CHUNK: usize = 4 * 1024;

/// Why a connection could not be served to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The client did not finish the opening handshake in time.
    HandshakeTimedOut {
        /// The time it had.
        after: Duration,
    },
    /// The client was not let in: too many had come before it.
    Refused {
        /// How many are too many, and for how long.
        source: TooManyConnects,
    },
    /// The opening handshake failed.
    Handshake {
        /// Why.
        source: Box<tungstenite::Error>,
    },
    /// The TLS handshake failed.
    Tls {
        /// Why.
        source: io::Error,
    },
    /// The client sent what no client may send. The connection was dropped.
    Wire {
        /// What.
        source: WireError,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HandshakeTimedOut { after } => {
                write!(f, "client must finish the opening handshake within {after:?}")
            }
            Self::Refused { .. } => f.write_str("client was refused"),
            Self::Handshake { .. } => f.write_str("opening handshake failed"),
            Self::Tls { .. } => f.write_str("tls handshake failed"),
            Self::Wire { .. } => f.write_str("client broke rfc 6455"),
        }
    }
}

impl core::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::HandshakeTimedOut { .. } => None,
            Self::Refused { source } => Some(source),
            Self::Handshake { source } => Some(source),
            Self::Tls { source } => Some(source),
            Self::Wire { source } => Some(source),
        }
    }
}

/// Plays `exchange` over `stream` from the opening handshake to the end, and returns what was
/// counted.
///
/// `observe` is called with the time since the beginning. When `stop` completes, the client
/// gets a close frame with code 1001. The venue's clock begins with the call, and under the fault
/// `refuse` the stream is dropped before a byte of it is read. Bounds: ten seconds for the
/// handshake, two for the closing one, 64 KiB waiting to be written and a frame, thirty seconds in
/// which a client reads nothing.
///
/// # Errors
///
/// [`ServeError`] if the handshake fails or the client breaks RFC 6455. A connection that is
/// lost is no error but [`Observation::Closed`].
pub async fn serve_stream<S>(
    stream: S,
    exchange: Exchange,
    options: MockOptions,
    observe: impl FnMut(Timestamp, Observation),
    stop: impl Future<Output = ()>,
) -> Result<MockCounters, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    MockVenue::new(exchange, options).serve(stream, observe, stop).await
}

/// Plays `exchange` over a `stream` on which the opening handshake is already done, as
/// [`serve_stream`] does after its own.
///
/// # Errors
///
/// [`ServeError::Wire`] if the client breaks RFC 6455.
pub async fn serve_upgraded<S>(
    stream: S,
    exchange: Exchange,
    options: MockOptions,
    observe: impl FnMut(Timestamp, Observation),
    stop: impl Future<Output = ()>,
) -> Result<MockCounters, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let venue = Venue { exchange, options, account: Account::new() };
    Connection::new(Clock::start(), stream, venue, observe).run(stop).await
}

/// What is played to every client of a server.
#[derive(Clone, Debug)]
pub(super) struct Venue {
    pub(super) exchange: Exchange,
    pub(super) options: MockOptions,
    pub(super) account: Account,
}

pub(super) async fn serve<S>(
    clock: Clock,
    stream: S,
    venue: Venue,
    admission: Result<(), TooManyConnects>,
    mut observe: impl FnMut(Timestamp, Observation),
    stop: impl Future<Output = ()>,
) -> Result<MockCounters, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stop = pin!(stop);
    let stream = tokio::select! {
        entered = enter(clock, stream, &venue.options, admission) => match entered? {
            Entered::Upgraded(stream) => stream,
            Entered::TurnedAway { status } => {
                observe(clock.now(), Observation::TurnedAway { status });
                return Ok(MockCounters::default());
            }
        },
        () = &mut stop => return Ok(MockCounters::default()),
    };
    Connection::new(clock, stream, venue, observe).run(stop).await
}

struct Connection<S, O> {
    clock: Clock,
    mock: MockExchange,
    account: Account,
    observe: O,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    decoder: Decoder,
    /// Bytes for the client, and how many of them it has taken.
    pending: Vec<u8>,
    pushed: usize,
    unflushed: bool,
    /// When the client last took bytes, or had none to take.
    taken: Timestamp,
    /// Until when the client may answer our close frame; `None` while there is none.
    close_by: Option<Timestamp>,
    client_closed: bool,
    dropped: bool,
}

impl<S, O> Connection<S, O>
where
    S: AsyncRead + AsyncWrite + Unpin,
    O: FnMut(Timestamp, Observation),
{
    fn new(clock: Clock, stream: S, venue: Venue, observe: O) -> Self {
        let Venue { exchange, options, account } = venue;
        let mock = MockExchange::with_account(exchange, options, account.clone(), clock.now());
        let (reader, writer) = tokio::io::split(stream);
        Self {
            clock,
            mock,
            account,
            observe,
            reader,
            writer,
            decoder: Decoder::default(),
            pending: Vec::new(),
            pushed: 0,
            unflushed: false,
            taken: clock.now(),
            close_by: None,
            client_closed: false,
            dropped: false,
        }
    }

    /// Reads go on while a write is pending, and both while the mock waits.
    async fn run(mut self, stop: impl Future<Output = ()>) -> Result<MockCounters, ServeError> {
        let mut stop = pin!(stop);
        let mut stopped = false;
        let mut chunk = [0; CHUNK];
        loop {
            let wake = self.drain();
            if self.dropped {
                self.end_well().await;
                return Ok(self.mock.counters());
            }
            let has_to_push = self.has_to_push();
            let waiting = self.pending.get(self.pushed..).unwrap_or_default();
            tokio::select! {
                read = self.reader.read(&mut chunk), if self.mock.takes_input() => match read {
                    Ok(0) | Err(_) => self.on_lost(),
                    Ok(len) => self.on_read(chunk.get(..len).unwrap_or_default())?,
                },
                pushed = push(&mut self.writer, waiting), if has_to_push => {
                    match pushed {
                        Ok(len) => self.on_pushed(len),
                        Err(_) => self.on_lost(),
                    }
                }
                () = sleep_until(self.clock, wake) => {}
                () = &mut stop, if !stopped => {
                    stopped = true;
                    self.on_stop();
                }
            }
        }
    }

    /// Does what the mock wants done, and returns when to look again.
    fn drain(&mut self) -> Option<Timestamp> {
        let now = self.clock.now();
        if self.pending.is_empty() {
            self.taken = now;
        }
        let mock = loop {
            if self.pending.len() - self.pushed >= PENDING_MAX || self.dropped {
                break None;
            }
            match self.mock.poll(now) {
                MockAction::Send(frame) => encode(&frame, &mut self.pending),
                MockAction::Close { code, reason } => {
                    encode(&OwnedFrame::Close { code, reason }, &mut self.pending);
                    self.close_by = now.checked_add(CLOSE_WITHIN);
                }
                MockAction::SendInvalid => encode_invalid(&mut self.pending),
                MockAction::Cut => self.dropped = true,
                MockAction::Observe(observation) => (self.observe)(now, observation),
                MockAction::Wait(deadline) => break deadline,
            }
        };
        // The mock sees to the account until its end. The transport may outlive it.
        if let Some(cancelled) = self.account.poll(now) {
            (self.observe)(now, cancelled);
        }
        let read_by = self.taken.checked_add(READ_WITHIN).filter(|_| !self.pending.is_empty());
        if read_by.is_some_and(|by| by <= now) {
            let why = Surprise::NotReading;
            (self.observe)(now, Observation::Unexpected { why });
            self.on_lost();
        }
        let all_is_said = self.client_closed && !self.has_to_push();
        self.dropped |= self.close_by.is_some_and(|by| by <= now || all_is_said);
        [mock, self.close_by, read_by, self.account.next_at()].into_iter().flatten().min()
    }

    fn on_read(&mut self, bytes: &[u8]) -> Result<(), ServeError> {
        self.decoder.feed(bytes);
        let now = self.clock.now();
        loop {
            match self.decoder.decode() {
                Ok(Some(frame)) => {
                    self.client_closed |= matches!(frame, OwnedFrame::Close { .. });
                    self.mock.handle_frame(now, frame.as_frame());
                }
                Ok(None) => return Ok(()),
                Err(source) => {
                    self.on_lost();
                    return Err(ServeError::Wire { source });
                }
            }
        }
    }

    const fn has_to_push(&self) -> bool {
        !self.pending.is_empty() || self.unflushed
    }

    fn on_pushed(&mut self, len: usize) {
        self.unflushed = !self.pending.is_empty();
        self.pushed += len;
        // Moved only when at least half is gone: a long message leaves in many pieces.
        if self.pushed * 2 >= self.pending.len() {
            self.pending.drain(..self.pushed);
            self.pushed = 0;
        }
        self.taken = self.clock.now();
    }

    /// The stream is gone; what the mock still has to say is for observers.
    fn on_lost(&mut self) {
        self.mock.handle_closed(self.clock.now());
        self.pending.clear();
        self.pushed = 0;
        self.drain();
        self.dropped = true;
    }

    /// Ends the transport as it should be ended where the closing handshake was made: TLS tells
    /// that from a cut.
    async fn end_well(&mut self) {
        if self.close_by.is_some() && self.client_closed {
            let _ = tokio::time::timeout(CLOSE_WITHIN, self.writer.shutdown()).await;
        }
    }

    fn on_stop(&mut self) {
        // A mock that has seen the end and said nothing has nothing left to say.
        self.dropped = self.mock.is_over() && self.close_by.is_none();
        self.mock.shut_down(self.clock.now());
    }
}

/// Writes what it can, or flushes if nothing is left; returns how many bytes were written.
/// Dropping the future loses none.
async fn push(writer: &mut (impl AsyncWrite + Unpin), pending: &[u8]) -> io::Result<usize> {
    if pending.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    match writer.write(pending).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        len => Ok(len),
    }
}

/// Completes at `wake`, or never.
pub(super) async fn sleep_until(clock: Clock, wake: Option<Timestamp>) {
    match wake.and_then(|wake| clock.instant_of(wake)) {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => core::future::pending().await,
    }
}
