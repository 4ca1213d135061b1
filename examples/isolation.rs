//! What an application that blocks every thread it has does to a heartbeat, and what it does not
//! when the IO has a thread of its own.
//!
//! A venue on loopback sends a thousand messages and twenty pings a second, and measures how
//! long each pong takes, while the application blocks both of its worker threads for five
//! seconds. Once on the application's runtime, once on an `IoThread`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]
#![allow(clippy::wildcard_enum_match_arm, reason = "an example names what it looks for")]

use core::error::Error;
use core::time::Duration;
use std::sync::{Arc, Barrier, mpsc};

use futures_util::{SinkExt, StreamExt};
use heartbeat_core::{Platform, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::{
    ConnectOptions, Connection, ConnectionOptions, Incoming, IoThread, Isolation, MonotonicClock,
    connect,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const BLOCKED_FOR: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(5);
const MESSAGES_PER_TICK: usize = 5;
const TICKS_PER_PING: u64 = 10;
/// As long as the block.
const PINGS: usize = 100;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome<()> {
    println!("both threads of the application are blocked for {BLOCKED_FOR:?}; pongs came after");
    measure("shared", Isolation::Shared).await?;
    measure("dedicated", Isolation::Dedicated(IoThread::new("venue-io")?)).await
}

async fn measure(name: &str, isolation: Isolation) -> Outcome<()> {
    let elsewhere = IoThread::new("venue")?;
    let listener = elsewhere.run(TcpListener::bind("127.0.0.1:0")).await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let mut venue = JoinSet::new();
    venue.spawn(async move { elsewhere.run(serve(listener)).await });
    let config = Exchange::Rfc6455.defaults().build()?;
    let opened = Box::pin(async move {
        let ws = connect(&url, &ConnectOptions::default()).await?;
        let session = Session::new(Exchange::Rfc6455, config, Timestamp::ZERO);
        Ok::<_, heartbeat_tokio::ConnectError>(Connection::spawn(
            ws,
            session,
            ConnectionOptions::default(),
        ))
    });
    let mut connection = isolation.run(opened).await?;
    block_all_workers().await;

    let mut spans = venue.join_all().await.pop().ok_or("the venue measured nothing")??;
    spans.sort_unstable();
    let (mut read, mut lost) = (0_u64, 0);
    while let Some(incoming) = connection.next().await {
        match incoming {
            Incoming::Message(message) if message.is_text() => read += 1,
            Incoming::Lagged(lagged) => lost += lagged.frames,
            _ => {}
        }
    }
    let percentile = |percent: usize| spans.get(spans.len().saturating_sub(1) * percent / 100);
    let [Some(median), Some(late), Some(latest)] = [50, 99, 100].map(percentile) else {
        return Err("no pong came".into());
    };
    println!(
        "{name:>9}: median {median:.1?}, p99 {late:.1?}, max {latest:.1?} of {} pongs; \
         {read} messages read afterwards, {lost} told as lost",
        spans.len()
    );
    Ok(())
}

/// Blocks both workers at once, as a computation would.
async fn block_all_workers() {
    let both = Arc::new(Barrier::new(2));
    let mut workers = JoinSet::new();
    for _ in 0..2 {
        let both = Arc::clone(&both);
        workers.spawn(async move {
            both.wait();
            let (_held, never) = mpsc::sync_channel::<()>(0);
            // Nothing is sent, so this blocks for as long as it may.
            let _ = never.recv_timeout(BLOCKED_FOR);
        });
    }
    workers.join_all().await;
}

/// Returns how long each ping went unanswered.
async fn serve(listener: TcpListener) -> Outcome<Vec<Duration>> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    let mut every = tokio::time::interval(TICK);
    let (mut sent, mut spans) = (0, Vec::new());
    let mut tick = 0_u64;
    while spans.len() < PINGS {
        tokio::select! {
            _ = every.tick(), if sent < PINGS => {
                for _ in 0..MESSAGES_PER_TICK {
                    socket.feed(Message::text("a book")).await?;
                }
                tick += 1;
                if tick.is_multiple_of(TICKS_PER_PING) {
                    let at = clock.now().as_nanos().to_be_bytes();
                    socket.feed(Message::Ping(at.to_vec().into())).await?;
                    sent += 1;
                }
                socket.flush().await?;
            }
            read = socket.next() => {
                if let Message::Pong(payload) = read.ok_or("the client left")??
                    && let Ok(at) = <[u8; 8]>::try_from(&payload[..])
                {
                    let at = Timestamp::from_nanos(u64::from_be_bytes(at));
                    spans.push(clock.now().saturating_since(at));
                }
            }
        }
    }
    socket.close(None).await?;
    while let Some(Ok(_)) = socket.next().await {}
    Ok(spans)
}
