//! Readers on loopback sockets, the venue in another process: what a message costs with its
//! system calls, on busy lines and on many quiet ones.

use core::pin::Pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll};
use std::error::Error;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{BoxIo, Connector, Dial};
use heartbeat_tokio::{ConnectError, ConnectOptions, connect};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async_with_config;

use crate::bare::runtime;
use crate::held::{Held, Kind};
use crate::measure::{Effort, median, process_nanos};
use crate::report::Report;
use crate::rivals::{self, Rival};
use crate::venue::Venue;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A message of ours that begins it: masked with zeros.
const GO: [u8; 8] = [0x81, 0x82, 0, 0, 0, 0, b'g', b'o'];

/// Opens a line to the venue and returns it as it is behind the handshake.
async fn open(venue: &Venue, path: &str) -> Outcome<TcpStream> {
    let tcp = TcpStream::connect(("127.0.0.1", venue.port)).await?;
    tcp.set_nodelay(true)?;
    let (ws, _) = client_async_with_config(venue.url(path), tcp, None).await?;
    Ok(ws.into_inner())
}

pub(crate) fn blast(effort: Effort, report: &mut Report, venue: &Venue) -> Outcome<()> {
    println!("\n## Blasts over a socket, ns of the processor a message\n");
    println!("| reader | 200 B | 1 KB | 16 KB |\n|---|---|---|---|");
    let mut columns = Vec::new();
    let mut reads = 0.0;
    for bytes in [200, 1_000, 16_000] {
        let count = effort.pick(100_000_000, 400_000_000) / (bytes + 800);
        let mut costs = vec![Vec::new(); NAMES.len()];
        for _ in 0..effort.pick(3, 7) {
            for (at, costs) in costs.iter_mut().enumerate() {
                costs.push(run(venue, at, bytes, count)?);
            }
        }
        columns.push(costs.into_iter().map(median).collect::<Vec<_>>());
        if bytes == 200 {
            reads = reads_of(venue, bytes, count)?;
        }
    }
    for (at, name) in NAMES.iter().enumerate() {
        let cells = columns.iter().map(|column| format!("{:.0}", column[at])).collect::<Vec<_>>();
        println!("| {name} | {} |", cells.join(" | "));
    }
    let keys = ["conn_vs_tw_blast_200", "conn_vs_tw_blast_1000", "conn_vs_tw_blast_16k"];
    for (key, column) in keys.into_iter().zip(&columns) {
        report.note(key, column[TW] / column[CONNECTION]);
    }
    report.note("recv_per_frame_blast", reads);
    Ok(())
}

const NAMES: [&str; 8] = [
    Rival::Tt.name(),
    Rival::Tt0.name(),
    Rival::Ttq.name(),
    Rival::Tw.name(),
    Rival::Fw.name(),
    "`HeartbeatStream`",
    "`Connection`",
    "`Client`",
];

const TW: usize = 3;
const CONNECTION: usize = 6;

fn run(venue: &Venue, at: usize, bytes: usize, count: usize) -> Outcome<f64> {
    let path = format!("blast/{bytes}/{count}");
    let url = venue.url(&path);
    let options = ConnectOptions::default();
    let start = process_nanos();
    // The application is a task like any other, as in a program that has several.
    runtime().block_on(async {
        match at {
            5 => rivals::stream(connect(&url, &options).await?, count).await,
            6 => {
                let ws = connect(&url, &options).await?;
                spawned(async move { rivals::connection(ws, count).await }).await;
            }
            7 => {
                let builder = rivals::deribit(&url);
                spawned(async move { rivals::client(builder, count).await }).await;
            }
            _ => {
                let mut io = open(venue, &path).await?;
                io.write_all(&GO).await?;
                spawned(async move { Rival::ALL[at].read(io, count).await }).await;
            }
        }
        Outcome::Ok(())
    })?;
    Ok((process_nanos() - start) as f64 / count as f64)
}

async fn spawned(work: impl Future<Output = ()> + Send + 'static) {
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(work);
    tasks.join_next().await.expect("it was spawned").expect("it does not panic");
}

/// Returns how often the socket was asked for each message of a blast.
fn reads_of(venue: &Venue, bytes: usize, count: usize) -> Outcome<f64> {
    let url = venue.url(&format!("blast/{bytes}/{count}"));
    let reads = Arc::new(AtomicU64::new(0));
    let counted = Counting { reads: Arc::clone(&reads) };
    let builder = rivals::deribit(&url).connector(counted);
    runtime().block_on(spawned(async move { rivals::client(builder, count).await }));
    Ok(reads.load(Ordering::Relaxed) as f64 / count as f64)
}

struct Counting {
    reads: Arc<AtomicU64>,
}

#[async_trait]
impl Connector for Counting {
    async fn dial(&self, dial: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        let tcp = dial.tcp().await?;
        Ok(Box::new(Counted { tcp, reads: Arc::clone(&self.reads) }))
    }
}

/// Counts the reads that brought something: tokio makes no call for any other but the last.
struct Counted {
    tcp: TcpStream,
    reads: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.tcp).poll_read(cx, buf);
        if read.is_ready() {
            this.reads.fetch_add(1, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().tcp).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

/// Measures a message that comes to each of many lines in turn.
pub(crate) fn sparse(effort: Effort, report: &mut Report, venue: &mut Venue) -> Outcome<()> {
    let lines = effort.pick(300, 1_000);
    println!("\n## A message to each of {lines} quiet lines, us of the processor a message\n");
    println!("| reader | us |\n|---|---|");
    let kinds = [Kind::Tt, Kind::Tt0, Kind::Tw, Kind::Stream, Kind::Connection, Kind::Client];
    let mut costs = [const { Vec::new() }; 6];
    for _ in 0..effort.pick(2, 5) {
        for (kind, costs) in kinds.iter().zip(&mut costs) {
            costs.extend(sweeps(*kind, lines, effort.pick(10, 30), venue)?);
        }
    }
    let medians = costs.map(median);
    for (kind, cost) in kinds.iter().zip(medians) {
        println!("| {} | {cost:.2} |", kind.name());
    }
    report.note("conn_vs_tt0_sparse", medians[1] / medians[4]);
    report.note("client_vs_tt0_sparse", medians[1] / medians[5]);
    Ok(())
}

/// Returns the cost of a message in each sweep, in microseconds.
fn sweeps(kind: Kind, lines: usize, sweeps: usize, venue: &mut Venue) -> Outcome<Vec<f64>> {
    let runtime = runtime();
    let mut held = Held::new(kind, venue.url("quiet"), Exchange::Rfc6455, None);
    runtime.block_on(held.open(lines))?;
    let mut costs = Vec::new();
    for _ in 0..sweeps {
        let before = held.messages();
        let start = process_nanos();
        venue.tell("send 200")?;
        runtime.block_on(held.wait_for(before + lines as u64));
        costs.push((process_nanos() - start) as f64 / lines as f64 / 1e3);
        assert_eq!(venue.hear()?, "done");
    }
    Ok(costs)
}
