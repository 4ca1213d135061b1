//! What an application holds of a connection, and what it does not read, in bytes of this process.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]
#![cfg(target_os = "linux")]

mod common;

use core::num::NonZeroUsize;

use common::{Background, background, millis, quiet, secs, session_with, soon};
use heartbeat_tokio::{ConnectOptions, Connection, ConnectionOptions, Incoming, Overflow, connect};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;

const LONG: usize = (5 << 20) + 1;
const SHORT: usize = 2_000;

/// Returns the most memory that this process has had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: usize = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    kib << 10
}

/// Writes a text of so many bytes, as a server does.
async fn write_text(tcp: &mut TcpStream, bytes: usize) {
    let mut head = vec![0x81, 127];
    head.extend(u64::try_from(bytes).unwrap().to_be_bytes());
    tcp.write_all(&head).await.unwrap();
    let piece = vec![b'x'; 16 << 10];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(piece.len());
        tcp.write_all(&piece[..now]).await.unwrap();
        left -= now;
    }
}

/// Sends messages of these lengths to whoever connects, and pings ever after.
async fn venue(listener: TcpListener, lengths: Vec<usize>) {
    let (tcp, _) = listener.accept().await.unwrap();
    let mut tcp = accept_async(tcp).await.unwrap().into_inner();
    for length in lengths {
        write_text(&mut tcp, length).await;
    }
    let mut every = tokio::time::interval(millis(50));
    loop {
        every.tick().await;
        tcp.write_all(&[0x89, 0]).await.unwrap();
    }
}

async fn connected(
    lengths: Vec<usize>,
    options: ConnectionOptions,
) -> (Connection, Background<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let venue = background(venue(listener, lengths));
    let ws = connect(&url, &ConnectOptions::default()).await.unwrap();
    (Connection::spawn(ws, session_with(quiet().transport_limit(secs(3_600))), options), venue)
}

/// Waits until so many messages have been read, whoever reads them.
async fn read(connection: &Connection, messages: u64) {
    let mut health = connection.watch_health();
    soon(health.wait_for(|health| health.counters.frames >= messages)).await.unwrap();
}

/// Pairs of a long and a short message, and an application that reads none of them. Each short one
/// is read into the buffer of the long one before it.
#[tokio::test]
async fn an_application_that_stalls_under_long_messages_stays_small() {
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        let options = ConnectionOptions::default().overflow(overflow);
        let (connection, _venue) = connected([LONG, SHORT].repeat(60), options).await;
        read(&connection, 120).await;
        let peak = peak();
        assert!(peak < 64 << 20, "{overflow:?}: {} MiB", peak >> 20);
    }
}

/// An application that keeps one short message of each pair and reads all there is.
#[tokio::test]
async fn a_message_that_is_held_keeps_no_buffer_of_another() {
    let options = ConnectionOptions::default();
    let (mut connection, _venue) = connected([LONG, SHORT].repeat(60), options).await;
    let mut held = Vec::new();
    let mut read = 0;
    while read < 120 {
        match soon(connection.next()).await.unwrap() {
            Incoming::Message(message) => {
                read += 1;
                if message.len() == SHORT {
                    held.push(message);
                }
            }
            Incoming::Lagged(lagged) => panic!("{lagged:?}"),
            _ => {}
        }
    }
    let peak = peak();
    assert!(peak < 64 << 20, "{} messages hold {} MiB", held.len(), peak >> 20);
}

/// The whole of a long snapshot reaches an application that reads all the time, with the updates
/// that are read in the same breath.
#[tokio::test]
async fn a_snapshot_longer_than_the_queue_is_delivered() {
    let options = ConnectionOptions::default().queue_bytes(NonZeroUsize::new(1_000).unwrap());
    let lengths = vec![10, 5_000_000, 10, 10, 2_000_000, 10];
    let (mut connection, _venue) = connected(lengths.clone(), options).await;
    let mut seen = Vec::new();
    while seen.len() < lengths.len() {
        match soon(connection.next()).await.unwrap() {
            Incoming::Message(message) => seen.push(message.len()),
            Incoming::Lagged(lagged) => panic!("{lagged:?} behind {seen:?}"),
            _ => {}
        }
    }
    assert_eq!(seen, lengths);
}
