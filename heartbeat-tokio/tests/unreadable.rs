//! Venues that say what cannot be read: too long, against the protocol, or no text.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::num::NonZeroUsize;

use common::{Background, background, session, soon};
use futures_util::StreamExt as _;
use heartbeat_core::{Cause, Event};
use heartbeat_tokio::{
    CloseReport, ConnectOptions, Connection, ConnectionOptions, Error, HeartbeatStream, Incoming,
    connect,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

const MESSAGE_MAX: usize = 1_000;

/// What a venue says, the verdict over it, and the close code that tells the venue.
fn cases() -> Vec<(&'static str, Vec<u8>, Cause, u16)> {
    let too_long = |bytes| Cause::MessageTooLong { bytes, bytes_max: 1_000 };
    // The venue only announces the length: one header must not be able to ask for the memory.
    let mut whole = vec![0x82, 127];
    whole.extend(17_000_000_u64.to_be_bytes());
    let mut fragments = Vec::new();
    for first in [0x01, 0x00] {
        fragments.extend([first, 126, 0x02, 0x58]);
        fragments.extend([b'x'; 600]);
    }
    vec![
        ("one frame", whole, too_long(17_000_000), 1009),
        ("fragments", fragments, too_long(1_200), 1009),
        ("a reserved bit", vec![0xC1, 1, b'x'], Cause::ProtocolViolated, 1002),
        ("an opcode that nobody knows", vec![0x83, 0], Cause::ProtocolViolated, 1002),
        ("a masked frame", vec![0x81, 0x81, 0, 0, 0, 0, b'x'], Cause::ProtocolViolated, 1002),
        ("a ping in fragments", vec![0x09, 0], Cause::ProtocolViolated, 1002),
        ("a continuation of nothing", vec![0x80, 0], Cause::ProtocolViolated, 1002),
        ("a text of bytes", vec![0x81, 2, 0xC3, 0x28], Cause::InvalidUtf8, 1007),
    ]
}

/// Says something to whoever connects, and returns the code of the Close frame that it gets.
async fn venue(listener: TcpListener, says: Vec<u8>) -> u16 {
    let (tcp, _) = listener.accept().await.unwrap();
    let mut tcp = accept_async(tcp).await.unwrap().into_inner();
    tcp.write_all(&says).await.unwrap();
    loop {
        // Of a client's frame: two bytes, a mask, and what it masks.
        let mut head = [0; 6];
        tcp.read_exact(&mut head).await.unwrap();
        let mut masked = vec![0; usize::from(head[1] & 0x7F)];
        tcp.read_exact(&mut masked).await.unwrap();
        if head[0] == 0x88 {
            return u16::from_be_bytes([masked[0] ^ head[2], masked[1] ^ head[3]]);
        }
    }
}

async fn listen(says: Vec<u8>) -> (String, Background<u16>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (url, background(venue(listener, says)))
}

fn options() -> ConnectOptions {
    ConnectOptions::default().message_max(NonZeroUsize::new(MESSAGE_MAX).unwrap())
}

/// Reads to the end. Returns the verdict as the event told it, and the report.
async fn read_to_end(mut connection: Connection) -> (Option<Cause>, CloseReport) {
    let mut told = None;
    loop {
        match soon(connection.next()).await.unwrap() {
            Incoming::Event(Event::Stopped { cause }) => told = Some(cause),
            Incoming::Closed(report) => return (told, *report),
            Incoming::Message(message) => panic!("{message:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn each_has_a_cause_of_its_own_and_the_venue_is_told_which() {
    for (what, says, cause, code) in cases() {
        let (url, venue) = listen(says).await;
        let ws = connect(&url, &options()).await.unwrap();
        let connection = Connection::spawn(ws, session(), ConnectionOptions::default());
        let (told, report) = read_to_end(connection).await;
        assert_eq!((told, report.cause), (Some(cause), cause), "{what}");
        assert_eq!(soon(venue).await, code, "{what}");
        // What the transport said of it stays in the report, for who looks for the offset.
        assert!(report.transport.is_some() && !report.clean, "{what}: {report}");
    }
}

#[tokio::test]
async fn a_stream_that_is_polled_tells_the_same() {
    for (what, says, expected, code) in cases() {
        let (url, venue) = listen(says).await;
        let ws = connect(&url, &options()).await.unwrap();
        let mut stream = HeartbeatStream::new(ws, session());
        let ended = soon(stream.next()).await.unwrap();
        let Err(Error::Disconnected { cause, .. }) = ended else { panic!("{what}: {ended:?}") };
        assert_eq!((cause, soon(venue).await), (expected, code), "{what}");
    }
}
