//! A venue that pings out of all reason, on a real socket: every ping is answered, or the flood is
//! told as one, and what is reported of it is little beside what came in.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use std::io::{BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use heartbeat_core::FloodLimit;
use serde_json::Value;
use support::Process;
use tungstenite::handshake::derive_accept_key;

/// What a ping with a number as its payload is long, in bytes.
const PING: usize = 6;

/// What a venue has seen of a client.
#[derive(Debug)]
struct Seen {
    /// How many of its pings were answered, in their order.
    answered: u32,
    /// The code of the Close frame that came before all of them were, if one did.
    closed: Option<u16>,
}

/// Sends as many pings as fit through the socket to the first who connects, and reads what comes
/// back until all are answered or the client says goodbye.
fn venue(listener: TcpListener, pings: u32) -> JoinHandle<(Seen, TcpStream)> {
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        upgrade(&mut stream);
        let mut writer = stream.try_clone().unwrap();
        let writing = thread::spawn(move || {
            let numbers = (0..pings).map(u32::to_be_bytes);
            let frames: Vec<u8> = numbers.flat_map(|it| [&[0x89, 4][..], &it].concat()).collect();
            // Whoever has said goodbye reads no more.
            let _ = writer.write_all(&frames);
        });
        let seen = read(&stream, pings);
        if seen.closed.is_some() {
            // It waits for ours no longer than it said it would.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        writing.join().unwrap();
        (seen, stream)
    })
}

fn upgrade(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.as_bytes());
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
    write!(stream, "{answer}\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").unwrap();
}

/// Reads a client's short frames.
fn read(stream: &TcpStream, pings: u32) -> Seen {
    let mut stream = BufReader::new(stream);
    let mut seen = Seen { answered: 0, closed: None };
    while seen.answered < pings {
        let mut head = [0; 6];
        if stream.read_exact(&mut head).is_err() {
            break;
        }
        let mut payload = vec![0; usize::from(head[1] & 0x7f)];
        stream.read_exact(&mut payload).unwrap();
        payload.iter_mut().zip(head[2..].iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        match (head[0], &payload[..]) {
            (0x8a, number) => {
                assert_eq!(number, seen.answered.to_be_bytes(), "in order, and none twice");
                seen.answered += 1;
            }
            (0x88, [first, second, ..]) => {
                seen.closed = Some(u16::from_be_bytes([*first, *second]));
                break;
            }
            // Its own pings are not answered: ours are in the way.
            _ => {}
        }
    }
    seen
}

/// Runs `watch` against so many pings, and returns what the venue saw and every line of it.
fn flood(pings: u32) -> (Seen, Vec<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let venue = venue(listener, pings);
    let watch =
        Process::start("watch", &["--exchange", "rfc6455", "--url", &url, "--format", "json"]);
    let (seen, stream) = venue.join().unwrap();
    // The line stays, so that what is reported is reported of the flood alone.
    watch.signal("TERM");
    let (_, lines) = watch.end();
    drop(stream);
    (seen, lines)
}

/// Returns how many bytes were reported, and how many challenges that stands for.
fn reported(lines: &[Value]) -> (usize, u64) {
    let bytes = lines.iter().map(|line| line.to_string().len() + 1).sum();
    let of = |kind: &'static str| lines.iter().filter(move |line| line["event"] == kind);
    let left_out = of("left_out").filter(|line| line["kind"] == "challenge");
    let left_out: u64 = left_out.map(|line| line["lines"].as_u64().unwrap()).sum();
    (bytes, left_out + of("challenge").count() as u64)
}

/// How much may be reported of a flood, whatever its length: ten lines a second of a kind, for the
/// seconds that a busy machine takes.
const REPORTED_MAX: usize = 64 << 10;

#[test]
fn every_ping_below_the_limit_is_answered_and_little_is_said_of_it() {
    let pings = FloodLimit::DEFAULT.heartbeats - 1_000;
    let (seen, lines) = flood(pings);
    assert_eq!((seen.answered, seen.closed), (pings, None), "{:?}", lines.last());
    let (bytes, _) = reported(&lines);
    let came_in = usize::try_from(pings).unwrap() * PING;
    assert!(bytes < REPORTED_MAX, "{bytes} bytes of report for {came_in}");
    let summary = lines.iter().find(|line| line["event"] == "summary").unwrap();
    assert!(summary["challenges"].as_u64().unwrap() >= u64::from(pings), "counted: {summary}");
    assert_eq!(summary["gaps"], 0, "nothing was lost: {summary}");
}

#[test]
fn a_flood_beyond_the_limit_is_answered_to_the_last_or_told_as_a_flood() {
    let pings = 3 * FloodLimit::DEFAULT.heartbeats;
    let (seen, lines) = flood(pings);
    let ends: Vec<_> = lines.iter().filter(|line| line["event"] == "disconnected").collect();
    if let Some(code) = seen.closed {
        assert_eq!((code, &ends[0]["cause"]), (1001, &"flood".into()), "{ends:?}");
        // What was read in the same turn as the one too many was answered by the transport.
        assert!(seen.answered < FloodLimit::DEFAULT.heartbeats + 1_000, "{seen:?}");
    } else {
        // A machine that takes longer for them than the limit's span has met no flood.
        assert_eq!(seen.answered, pings);
    }
    let (bytes, _) = reported(&lines);
    assert!(bytes < REPORTED_MAX, "{bytes} bytes of report for {seen:?}");
}
