//! One connection: a mock exchange behind a stream of bytes.

use core::pin::pin;
use core::time::Duration;
use std::io;

use heartbeat_core::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};

use super::clock::Clock;
use super::codec::{Decoder, Side, encode, encode_invalid};
use super::door::{Entered, Passage, Seat, enter};
use super::error::ServeError;
use super::linger::linger;
use super::venue::MockVenue;
use crate::{
    Account, MockAction, MockCounters, MockExchange, MockOptions, Observation, OwnedFrame,
    RuleBook, Surprise, WireError,
};

/// How long the opening handshake may take.
pub(super) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long a client may take to answer a close frame, or to read anything at all, before the
/// transport is dropped under it.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_secs(2);
const READ_WITHIN: Duration = Duration::from_secs(30);

/// How long a client may read nothing while as much waits for it as may, at a venue that does not
/// bear slow readers. None says how long it waits.
const SLOW_WITHIN: Duration = Duration::from_secs(5);

/// How many bytes may wait for the client before the mock does nothing more, nor reads.
const PENDING_MAX: usize = 64 * 1024;

/// How many bytes are read at once.
const CHUNK: usize = 4 * 1024;

/// Plays `venue` over `stream` from the opening handshake to the end, and returns what was
/// counted.
///
/// `observe` is called with the time since the beginning. When `stop` completes, the client
/// gets a close frame with code 1001. The venue's clock begins with the call, and under the fault
/// `refuse` the stream is dropped before a byte of it is read. Bounds: ten seconds for the
/// handshake, two for the closing one, 64 KiB waiting to be written and a frame, beyond which the
/// client is not heard either, thirty seconds in which it reads nothing, a mebibyte for a message.
///
/// # Errors
///
/// [`ServeError`] if the handshake fails or the client breaks RFC 6455. A connection that is
/// lost is no error but [`Observation::Closed`].
///
/// # Cancel safety
///
/// Not safe to repeat: dropping the future drops the stream, without a Close frame.
pub async fn serve_stream<S>(
    stream: S,
    venue: impl Into<RuleBook>,
    options: MockOptions,
    observe: impl FnMut(Timestamp, Observation),
    stop: impl Future<Output = ()>,
) -> Result<MockCounters, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    MockVenue::new(venue, options).serve(stream, observe, stop).await
}

/// Plays `venue` over a `stream` on which the opening handshake is already done, as
/// [`serve_stream`] does after its own.
///
/// # Errors
///
/// [`ServeError::Wire`] if the client breaks RFC 6455.
///
/// # Cancel safety
///
/// Not safe to repeat: dropping the future drops the stream, without a Close frame.
pub async fn serve_upgraded<S>(
    stream: S,
    venue: impl Into<RuleBook>,
    options: MockOptions,
    observe: impl FnMut(Timestamp, Observation),
    stop: impl Future<Output = ()>,
) -> Result<MockCounters, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let clock = Clock::start();
    let options = options.clock_or(clock.wall());
    let venue = Venue { book: venue.into(), options, account: Account::new() };
    Connection::new(clock, stream, venue, observe).run(stop).await
}

/// What is played to every client of a server.
#[derive(Clone, Debug)]
pub(super) struct Venue {
    pub(super) book: RuleBook,
    pub(super) options: MockOptions,
    pub(super) account: Account,
}

pub(super) async fn serve<S>(
    clock: Clock,
    mut stream: S,
    venue: Venue,
    passage: Passage,
    mut observe: impl FnMut(Timestamp, Observation),
    stop: impl Future<Output = ()>,
) -> Result<MockCounters, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stop = pin!(stop);
    let (target, seat) = tokio::select! {
        entered = enter(clock, &mut stream, &venue, passage) => match entered {
            Entered::Upgraded { target, seat } => (target, seat),
            Entered::TurnedAway { note, error } => {
                if let Some(note) = note {
                    observe(clock.now(), note);
                }
                return error.map_or_else(|| Ok(MockCounters::default()), Err);
            }
        },
        () = &mut stop => return Ok(MockCounters::default()),
    };
    let mut connection = Connection::new(clock, stream, venue, observe);
    connection.mock.handle_request(clock.now(), &target);
    Connection { _seat: Some(seat), ..connection }.run(stop).await
}

struct Connection<S, O> {
    clock: Clock,
    mock: MockExchange,
    account: Account,
    observe: O,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    decoder: Decoder,
    /// How the client broke RFC 6455: nothing that follows can be read.
    broken: Option<WireError>,
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
    /// The room that it takes in a server.
    _seat: Option<Seat>,
}

impl<S, O> Connection<S, O>
where
    S: AsyncRead + AsyncWrite + Unpin,
    O: FnMut(Timestamp, Observation),
{
    fn new(clock: Clock, stream: S, venue: Venue, observe: O) -> Self {
        let Venue { book, options, account } = venue;
        let mock = MockExchange::with_account(book, options, account.clone(), clock.now());
        let (reader, writer) = tokio::io::split(stream);
        Self {
            clock,
            mock,
            account,
            observe,
            reader,
            writer,
            decoder: Decoder::of(Side::Client),
            broken: None,
            pending: Vec::new(),
            pushed: 0,
            unflushed: false,
            taken: clock.now(),
            close_by: None,
            client_closed: false,
            dropped: false,
            _seat: None,
        }
    }

    /// Reads go on while a write is pending, and both while the mock waits. Who has much to take
    /// is not read: else what it asks for piles up here.
    async fn run(mut self, stop: impl Future<Output = ()>) -> Result<MockCounters, ServeError> {
        let mut stop = pin!(stop);
        let mut stopped = false;
        let mut chunk = [0; CHUNK];
        loop {
            let wake = self.drain();
            if self.dropped {
                let (counters, broken) = (self.mock.counters(), self.broken);
                self.end_well().await;
                return broken.map_or(Ok(counters), |source| Err(ServeError::Wire { source }));
            }
            let (reads, has_to_push) = (self.reads(), self.has_to_push());
            let waiting = self.pending.get(self.pushed..).unwrap_or_default();
            tokio::select! {
                read = self.reader.read(&mut chunk), if reads => match read {
                    Ok(0) | Err(_) => self.on_lost(),
                    Ok(len) => self.decoder.feed(chunk.get(..len).unwrap_or_default()),
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
        let mut mock = self.carry_out(now);
        while self.take_frame(now) {
            mock = self.carry_out(now);
        }
        // The mock sees to the account until its end. The transport may outlive it.
        if let Some(cancelled) = self.account.poll(now) {
            (self.observe)(now, cancelled);
        }
        let slow_by = self.taken.checked_add(SLOW_WITHIN).filter(|_| !self.has_room());
        if slow_by.is_some_and(|by| by <= now) && !self.mock.is_over() {
            self.mock.handle_backlog(now);
            self.carry_out_end(now);
        }
        let slow_by = slow_by.filter(|by| *by > now);
        let read_by = self.taken.checked_add(READ_WITHIN).filter(|_| !self.pending.is_empty());
        if read_by.is_some_and(|by| by <= now) {
            let why = Surprise::NotReading;
            (self.observe)(now, Observation::Unexpected { why });
            self.on_lost();
        }
        let all_is_said = (self.client_closed || self.broken.is_some()) && !self.has_to_push();
        self.dropped |= self.close_by.is_some_and(|by| by <= now || all_is_said);
        let wakes = [mock, self.close_by, slow_by, read_by, self.account.next_at()];
        wakes.into_iter().flatten().min()
    }

    /// Does what the mock wants done until it waits, or there is no room for more.
    fn carry_out(&mut self, now: Timestamp) -> Option<Timestamp> {
        while self.has_room() && !self.dropped {
            match self.mock.poll(now) {
                MockAction::Send(frame) => encode(&frame, &mut self.pending),
                MockAction::Close { code, reason } => {
                    encode(&OwnedFrame::Close { code, reason }, &mut self.pending);
                    self.close_by = now.checked_add(CLOSE_WITHIN);
                }
                MockAction::SendInvalid => encode_invalid(&mut self.pending),
                MockAction::Cut => self.dropped = true,
                MockAction::Observe(observation) => (self.observe)(now, observation),
                MockAction::Wait(deadline) => return deadline,
            }
        }
        None
    }

    /// Does what the mock wants done with a client that it has thrown out, though there is no room:
    /// what waits is dropped with the line.
    fn carry_out_end(&mut self, now: Timestamp) {
        if self.mock.is_over() {
            self.pending.clear();
            self.pushed = 0;
            self.carry_out(now);
        }
    }

    /// Hands the mock the next frame that was read, if there is one and room for what it may bring
    /// about.
    fn take_frame(&mut self, now: Timestamp) -> bool {
        if !self.reads() || self.dropped {
            return false;
        }
        match self.decoder.decode() {
            Ok(Some(frame)) => {
                self.client_closed |= matches!(frame, OwnedFrame::Close { .. });
                self.mock.handle_frame(now, frame.as_frame());
                true
            }
            Ok(None) => false,
            Err(breach) => {
                self.broken = Some(breach);
                self.mock.handle_breach(now, breach);
                true
            }
        }
    }

    /// Tells whether the client is heard at all right now.
    fn reads(&self) -> bool {
        self.broken.is_none() && self.mock.takes_input() && self.has_room()
    }

    const fn has_room(&self) -> bool {
        self.pending.len() - self.pushed < PENDING_MAX
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

    /// Ends the transport as it should be ended where there was a closing handshake: TLS tells that
    /// from a cut, and a close frame that is the last word must arrive.
    async fn end_well(mut self) {
        if self.broken.is_some() {
            let mut stream = self.reader.unsplit(self.writer);
            let _ = tokio::time::timeout(CLOSE_WITHIN, linger(&mut stream)).await;
        } else if self.close_by.is_some() && self.client_closed {
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
pub(super) async fn push(
    writer: &mut (impl AsyncWrite + Unpin),
    pending: &[u8],
) -> io::Result<usize> {
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
