//! A plan of experiments carried out over streams of bytes, in real time.

use core::fmt;
use core::time::Duration;
use std::io;

use heartbeat_core::WallTime;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::task::{JoinError, JoinSet};

use super::clock::Clock;
use super::codec::{Decoder, Side, encode_masked};
use super::serve::{push, sleep_until};
use crate::Rng;
use crate::probe::{Next, Options, Plan, ProbeReport, Prober, ProberAction, Recording, Subject};

/// How many bytes are read at once.
const CHUNK: usize = 16 * 1024;

/// How long what is left to say may take, and then the venue's closing of the transport.
const GOODBYE: Duration = Duration::from_secs(2);

/// Measures a venue: carries out the [plan](Plan) of a subject over streams that `connect` opens,
/// and returns what was found.
///
/// `connect` returns a stream on which the opening handshake is done, and the bytes that were read
/// behind its answer. `heartbeat_tokio::connect_unframed` is one; frames are read and written here,
/// since a library would answer the pings that are to go unanswered. `observe` is told of each
/// connection when it is over. When `stop` completes, connections are dropped and what was found so
/// far is returned.
///
/// Bounds: those of the [`Plan`], 16 MiB for a message, and for what waits to be written what a
/// [`Prober`] says at once.
///
/// # Panics
///
/// If `connect` panics.
///
/// # Cancel safety
///
/// Not safe to repeat: dropping the future drops the connections and what was found. `stop` keeps
/// what was found.
pub async fn probe<F, S, E>(
    subject: Subject,
    options: Options,
    connect: impl Fn() -> F,
    mut observe: impl FnMut(&Recording),
    stop: impl Future<Output = ()>,
) -> ProbeReport
where
    F: Future<Output = Result<(S, Vec<u8>), E>> + Send + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let clock = Clock::start();
    let options = options.wall_time(WallTime::since_unix_epoch(clock.wall()));
    // Masks only have to differ from what is masked (RFC 6455, section 10.3).
    let seed = u64::try_from(clock.wall().as_nanos()).unwrap_or(u64::MAX);
    let mut rng = Rng::from_seed(seed);
    let mut plan = Plan::new(subject, options, clock.now());
    let mut running = JoinSet::new();
    let mut stop = core::pin::pin!(stop);
    loop {
        let until = match plan.next(clock.now()) {
            Next::Begin(client) => {
                running.spawn(connection(clock, *client, connect(), rng.split()));
                continue;
            }
            Next::Wait(until) => until,
            Next::Done => return plan.report(),
        };
        tokio::select! {
            Some(done) = running.join_next() => {
                let recording = propagated(done);
                observe(&recording);
                plan.handle_recording(recording);
            }
            () = sleep_until(clock, until) => {}
            () = &mut stop => return plan.report(),
        }
    }
}

/// A panic in a task is a panic in whoever waits for it; nobody aborts one.
fn propagated(done: Result<Recording, JoinError>) -> Recording {
    match done.map_err(JoinError::into_panic) {
        Ok(recording) => recording,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Lives through one connection.
async fn connection<F, S, E>(clock: Clock, mut client: Prober, connect: F, rng: Rng) -> Recording
where
    F: Future<Output = Result<(S, Vec<u8>), E>>,
    S: AsyncRead + AsyncWrite + Unpin,
    E: fmt::Display,
{
    match connect.await {
        Ok((stream, rest)) => {
            client.handle_opened(clock.now());
            let (reader, writer) = tokio::io::split(stream);
            let mut decoder = Decoder::of(Side::Server);
            decoder.feed(&rest);
            let line = Line {
                clock,
                client,
                reader,
                writer,
                decoder,
                pending: Vec::new(),
                unflushed: false,
                rng,
            };
            line.run().await
        }
        Err(error) => {
            client.handle_refused(clock.now(), error.to_string());
            client.into_recording()
        }
    }
}

/// An open connection.
struct Line<S> {
    clock: Clock,
    client: Prober,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    decoder: Decoder,
    /// Bytes for the venue.
    pending: Vec<u8>,
    unflushed: bool,
    rng: Rng,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    async fn run(mut self) -> Recording {
        let mut chunk = vec![0; CHUNK];
        loop {
            self.take_frames();
            let wake = match self.drain() {
                ProberAction::Wait(wake) => wake,
                ProberAction::Send(_) | ProberAction::Over => break,
            };
            let has_to_push = !self.pending.is_empty() || self.unflushed;
            tokio::select! {
                read = self.reader.read(&mut chunk) => match read {
                    Ok(0) | Err(_) => self.client.handle_closed(self.clock.now()),
                    Ok(len) => self.decoder.feed(chunk.get(..len).unwrap_or_default()),
                },
                pushed = push(&mut self.writer, &self.pending), if has_to_push => match pushed {
                    Ok(len) => {
                        self.pending.drain(..len);
                        self.unflushed = len > 0;
                    }
                    Err(_) => self.client.handle_closed(self.clock.now()),
                },
                () = sleep_until(self.clock, wake) => {}
            }
        }
        let Self { client, mut reader, mut writer, pending, .. } = self;
        let goodbye = async {
            writer.write_all(&pending).await?;
            writer.flush().await?;
            // The venue closes the transport, once it has answered (section 7.1.1).
            while reader.read(&mut chunk).await? > 0 {}
            io::Result::Ok(())
        };
        // Who does not say goodbye has been measured all the same.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        client.into_recording()
    }

    fn take_frames(&mut self) {
        let now = self.clock.now();
        loop {
            match self.decoder.decode() {
                Ok(Some(frame)) => self.client.handle_frame(now, frame.as_frame()),
                Ok(None) => return,
                Err(breach) => return self.client.handle_broken(now, breach.to_string()),
            }
        }
    }

    /// Sends what the client has to say, and returns what it does then: it waits, or is over.
    fn drain(&mut self) -> ProberAction {
        loop {
            match self.client.poll(self.clock.now()) {
                ProberAction::Send(frame) => {
                    let mask = self.rng.next_u64().to_le_bytes();
                    let mask = mask.first_chunk().copied().unwrap_or_default();
                    encode_masked(mask, &frame, &mut self.pending);
                }
                rest @ (ProberAction::Wait(_) | ProberAction::Over) => return rest,
            }
        }
    }
}
