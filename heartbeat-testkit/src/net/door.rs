//! Who is let in: the opening handshake, and what a server bears.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::clock::Clock;
use super::error::ServeError;
use super::linger::linger;
use super::request::{HEAD_MAX, Rejection, Upgrade, read, refusal, welcome};
use super::serve::{CLOSE_WITHIN, HANDSHAKE_WITHIN, Venue};
use crate::{Admission, ConnectWindow, Observation, TooManyConnects};

/// How the opening handshake ended.
pub(super) enum Entered {
    /// The client is in; its seat is taken until it is dropped.
    Upgraded { target: String, seat: Seat },
    /// The client was not let in, and `note` says why.
    TurnedAway { note: Option<Observation>, error: Option<ServeError> },
}

/// What all connections of a server pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Entrance {
    window: Option<Arc<Mutex<ConnectWindow>>>,
    seats: Option<Arc<Semaphore>>,
    /// How many the venue bears at once, and the places that are left of them.
    at_once: Option<(u32, Arc<Semaphore>)>,
}

/// What a client takes up as long as it is in.
#[derive(Debug)]
pub(super) struct Seat {
    _seat: Option<OwnedSemaphorePermit>,
    _place: Option<OwnedSemaphorePermit>,
}

/// One client's way in.
pub(super) struct Passage {
    pub(super) entrance: Entrance,
    /// Tells the client to make room for others, as long as it is not in. Dropped once it is.
    pub(super) evicted: Option<oneshot::Receiver<()>>,
}

impl Entrance {
    pub(super) fn new(window: ConnectWindow, seats: usize, at_once: Option<u32>) -> Self {
        let places = |count: u32| {
            let places = usize::try_from(count).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
            (count, Arc::new(Semaphore::new(places)))
        };
        Self {
            window: Some(Arc::new(Mutex::new(window))),
            seats: Some(Arc::new(Semaphore::new(seats))),
            at_once: at_once.map(places),
        }
    }

    fn admit(&self, now: heartbeat_core::Timestamp) -> Result<(), TooManyConnects> {
        let Some(window) = &self.window else { return Ok(()) };
        // A window that was being counted when somebody panicked is whole.
        window.lock().unwrap_or_else(PoisonError::into_inner).admit(now)
    }

    fn seat(&self) -> Result<Option<OwnedSemaphorePermit>, ()> {
        let Some(seats) = &self.seats else { return Ok(None) };
        Arc::clone(seats).try_acquire_owned().map(Some).map_err(|_| ())
    }

    /// Takes one of the places that the venue has, or returns how many there are.
    fn place(&self) -> Result<Option<OwnedSemaphorePermit>, u32> {
        let Some((limit, places)) = &self.at_once else { return Ok(None) };
        Arc::clone(places).try_acquire_owned().map(Some).map_err(|_| *limit)
    }
}

/// Makes the opening handshake over `stream`, unless a fault or a bound says that nobody is let in.
pub(super) async fn enter<S>(
    clock: Clock,
    stream: &mut S,
    venue: &Venue,
    passage: Passage,
) -> Entered
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if venue.options.admission(clock.now()) == Admission::Refused {
        return turned_away(Some(Observation::TurnedAway { status: None }));
    }
    let Passage { entrance, mut evicted } = passage;
    let head = tokio::select! {
        head = tokio::time::timeout(HANDSHAKE_WITHIN, read_head(stream, venue)) => match head {
            Ok(head) => head,
            Err(_) => Err(Rejection::of_nobody(408, "request must be made within 10 s")),
        },
        () = told(&mut evicted) => {
            Err(Rejection::of_nobody(503, "others wait, and this client has not asked"))
        }
    };
    match head {
        Ok(Some(upgrade)) => answer(clock, stream, venue, &entrance, upgrade).await,
        // Who connects and says nothing leaves nothing.
        Ok(None) => turned_away(None),
        Err(rejection) => reject(stream, rejection).await,
    }
}

fn turned_away(note: Option<Observation>) -> Entered {
    Entered::TurnedAway { note, error: None }
}

/// Reads a request; `None` if the client left before it made one.
async fn read_head<S>(stream: &mut S, venue: &Venue) -> Result<Option<Upgrade>, Rejection>
where
    S: AsyncRead + Unpin,
{
    let mut head = Vec::new();
    let mut chunk = [0; 1_024];
    while head.len() < HEAD_MAX + 1 {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) if head.is_empty() => return Ok(None),
            Ok(0) | Err(_) => break,
            Ok(len) => head.extend_from_slice(chunk.get(..len).unwrap_or_default()),
        }
        if let Some(upgrade) = read(&head, |path| venue.book.serves(path))? {
            return Ok(Some(upgrade));
        }
    }
    Err(Rejection::of_nobody(400, "request must be whole"))
}

/// Answers a request to be let in.
async fn answer<S>(
    clock: Clock,
    stream: &mut S,
    venue: &Venue,
    entrance: &Entrance,
    upgrade: Upgrade,
) -> Entered
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let now = clock.now();
    if let Err(source @ TooManyConnects { limit, retry_after }) = entrance.admit(now) {
        say(stream, &refusal(429, "too many connections", Some(retry_after))).await;
        let note = Some(Observation::Refused { limit, retry_after });
        return Entered::TurnedAway { note, error: Some(ServeError::Refused { source }) };
    }
    if let Admission::Http { status, retry_after } = venue.options.admission(now) {
        say(stream, &refusal(status, "", retry_after)).await;
        return turned_away(Some(Observation::TurnedAway { status: Some(status) }));
    }
    let place = match entrance.place() {
        Ok(place) => place,
        Err(limit) => {
            say(stream, &refusal(429, "too many connections at once", None)).await;
            return turned_away(Some(Observation::Crowded { limit }));
        }
    };
    let Ok(seat) = entrance.seat() else {
        let why = "as many clients are in as there is room for";
        let rejection = Rejection { path: upgrade.target, ..Rejection::of_nobody(503, why) };
        return reject(stream, rejection).await;
    };
    let welcome = welcome(&upgrade);
    let written = async {
        stream.write_all(welcome.as_bytes()).await?;
        stream.flush().await
    };
    match tokio::time::timeout(HANDSHAKE_WITHIN, written).await {
        Ok(Ok(())) => {
            let seat = Seat { _seat: seat, _place: place };
            Entered::Upgraded { target: upgrade.target, seat }
        }
        Ok(Err(_)) | Err(_) => turned_away(None),
    }
}

async fn reject<S>(stream: &mut S, rejection: Rejection) -> Entered
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Rejection { method, path, status, why } = rejection;
    // A head has no body in its answer.
    let mut answer = refusal(status, why, None);
    if method == "HEAD" {
        answer.truncate(answer.len() - why.len() - 1);
    }
    say(stream, &answer).await;
    let error = match status {
        408 => ServeError::HandshakeTimedOut { after: HANDSHAKE_WITHIN },
        _ => ServeError::Handshake { status, why },
    };
    let note = Observation::Http { method: method.into(), path: path.into(), status, why };
    Entered::TurnedAway { note: Some(note), error: Some(error) }
}

/// Answers, and sees to it that the answer arrives.
async fn say<S>(stream: &mut S, answer: &str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let said = async {
        if stream.write_all(answer.as_bytes()).await.is_ok() {
            linger(stream).await;
        }
    };
    let _ = tokio::time::timeout(CLOSE_WITHIN, said).await;
}

/// Completes when the client is to make room.
pub(super) async fn told(evicted: &mut Option<oneshot::Receiver<()>>) {
    // A server that is gone evicts nobody.
    match evicted {
        Some(evicted) => {
            if evicted.await.is_err() {
                core::future::pending::<()>().await;
            }
        }
        None => core::future::pending().await,
    }
}
