//! The mock exchange is strict where a client must learn: a table of raw bytes in, raw bytes out
//! and the line that says what was wrong.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::Timestamp;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::serve_stream;
use heartbeat_testkit::{MockOptions, Observation};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const HANDSHAKE: &str = "GET / HTTP/1.1\r\nHost: mock\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A mock exchange at the other end of a stream in memory, under paused time.
struct Raw {
    stream: DuplexStream,
    seen: mpsc::Receiver<(Timestamp, Observation)>,
    _served: JoinSet<()>,
}

impl Raw {
    fn new(exchange: Exchange) -> Self {
        let (stream, theirs) = tokio::io::duplex(1 << 22);
        let (sender, seen) = mpsc::channel(1_000);
        let observe = move |at, observation| {
            let _ = sender.try_send((at, observation));
        };
        let options = MockOptions::default().data_every(None);
        let mut served = JoinSet::new();
        served.spawn(async move {
            let never = core::future::pending();
            let _ = serve_stream(theirs, exchange, options, observe, never).await;
        });
        Self { stream, seen, _served: served }
    }

    /// Says `bytes` and returns all that comes back until the end, and the lines about it.
    async fn exchange(mut self, bytes: &[u8]) -> (Vec<u8>, Vec<String>) {
        self.stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let hour = Duration::from_secs(3_600);
        tokio::time::timeout(hour, self.stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let mut lines = Vec::new();
        drop(self.stream);
        while let Some((_, observation)) = self.seen.recv().await {
            lines.push(observation.to_json());
        }
        (answer, lines)
    }

    /// Makes the handshake, which a client does before it says more.
    async fn upgraded(exchange: Exchange) -> Self {
        let mut raw = Self::new(exchange);
        raw.stream.write_all(HANDSHAKE.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(raw.stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        // RFC 6455, section 1.3.
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        raw
    }
}

/// A client's frame with a length of its own choice, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(0x80 | u8::try_from(len).unwrap()),
        len @ 126..=0xffff => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            bytes.push(0xff);
            bytes.extend(u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// A server's frame.
fn said(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = frame(first, payload);
    bytes[1] &= 0x7f;
    let mask = bytes.len() - payload.len() - 4;
    bytes.drain(mask..mask + 4);
    bytes
}

fn closed(code: u16, reason: &str) -> Vec<u8> {
    said(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// What a client sends, and the word for what is wrong with it.
type Case = (&'static str, Vec<u8>, &'static str);

/// How a breach is closed: RFC 6455, section 7.4.1.
fn close_for(why: &str) -> (u16, &'static str) {
    match why {
        "unmasked" => (1002, "frame is not masked"),
        "reserved_bits" => (1002, "reserved bits are set"),
        "reserved_opcode" => (1002, "unknown opcode"),
        "bad_length" => (1002, "bad length"),
        "bad_control" => (1002, "bad control frame"),
        "bad_fragment" => (1002, "bad fragment"),
        "bad_close" | "bad_close_code" => (1002, "bad close frame"),
        "not_utf8" => (1007, "text must be utf-8"),
        "message_too_long" => (1009, "message too big"),
        other => panic!("{other}"),
    }
}

fn headers() -> Vec<Case> {
    vec![
        ("unmasked text", vec![0x81, 0x00], "unmasked"),
        ("unmasked ping", vec![0x89, 0x00], "unmasked"),
        ("unmasked close", vec![0x88, 0x00], "unmasked"),
        ("bit 1", frame(0xc1, b"x"), "reserved_bits"),
        ("bit 2", frame(0xa1, b"x"), "reserved_bits"),
        ("bit 3", frame(0x91, b"x"), "reserved_bits"),
        ("bit 1 of a ping", frame(0xc9, b""), "reserved_bits"),
        ("bit 3 of a close", frame(0x98, b""), "reserved_bits"),
        ("opcode 3", frame(0x83, b"x"), "reserved_opcode"),
        ("opcode 4", frame(0x84, b"x"), "reserved_opcode"),
        ("opcode 7", frame(0x87, b"x"), "reserved_opcode"),
        ("opcode 11", frame(0x8b, b"x"), "reserved_opcode"),
        ("opcode 15", frame(0x8f, b"x"), "reserved_opcode"),
        ("125 in two bytes", vec![0x81, 0xfe, 0, 125], "bad_length"),
        ("0 in two bytes", vec![0x81, 0xfe, 0, 0], "bad_length"),
        ("65535 in eight", vec![0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], "bad_length"),
        ("the highest bit", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], "bad_length"),
        ("all bits", [&[0x81][..], &[0xff; 9]].concat(), "bad_length"),
    ]
}

fn messages() -> Vec<Case> {
    let too_long = vec![0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0];
    let too_long_in_two = [frame(0x02, &vec![0; 1 << 20]), vec![0x80, 0x81]].concat();
    vec![
        ("a text of one bad byte", frame(0x81, b"\xff"), "not_utf8"),
        ("half a character", frame(0x81, b"\xc3"), "not_utf8"),
        ("a surrogate", frame(0x81, b"\xed\xa0\x80"), "not_utf8"),
        ("too long a form", frame(0x81, b"\xc0\xaf"), "not_utf8"),
        ("a bad first fragment", frame(0x01, b"\xff"), "not_utf8"),
        ("a broken one", [frame(0x01, b"\xc3"), frame(0x80, b"x")].concat(), "not_utf8"),
        ("a mebibyte and one, by its header", too_long, "message_too_long"),
        ("a mebibyte and one, in fragments", too_long_in_two, "message_too_long"),
        ("a continuation of nothing", frame(0x80, b"x"), "bad_fragment"),
        ("one with more to come", frame(0x00, b"x"), "bad_fragment"),
        ("a text in a text", [frame(0x01, b"x"), frame(0x81, b"y")].concat(), "bad_fragment"),
        ("a binary in a text", [frame(0x01, b"x"), frame(0x02, b"y")].concat(), "bad_fragment"),
    ]
}

fn control_frames() -> Vec<Case> {
    vec![
        ("a ping of 126", frame(0x89, &[0; 126]), "bad_control"),
        ("a close of 126", frame(0x88, &[0; 126]), "bad_control"),
        ("a ping in fragments", frame(0x09, b"x"), "bad_control"),
        ("a pong in fragments", frame(0x0a, b"x"), "bad_control"),
        ("a close in fragments", frame(0x08, b""), "bad_control"),
        ("a close reason", frame(0x88, b"\x03\xe8\xff"), "not_utf8"),
        ("a close of one byte", frame(0x88, b"\x03"), "bad_close"),
        ("code 0", close(0, ""), "bad_close_code"),
        ("code 999", close(999, ""), "bad_close_code"),
        ("code 1004", close(1004, ""), "bad_close_code"),
        ("code 1005", close(1005, ""), "bad_close_code"),
        ("code 1006", close(1006, "x"), "bad_close_code"),
        ("code 1015", close(1015, ""), "bad_close_code"),
        ("code 2999", close(2999, ""), "bad_close_code"),
        ("code 5000", close(5000, ""), "bad_close_code"),
        ("code 65535", close(65_535, ""), "bad_close_code"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_no_client_may_send_is_closed_with_its_code_and_told() {
    let cases = [headers(), messages(), control_frames()].concat();
    assert!(cases.len() >= 40, "{}", cases.len());
    for (name, bytes, why) in cases {
        let (code, reason) = close_for(why);
        let raw = Raw::upgraded(Exchange::Rfc6455).await;
        // What follows a breach is not read, however well it is formed.
        let (answer, lines) = raw.exchange(&[bytes, frame(0x89, b"late")].concat()).await;
        assert_eq!(answer, closed(code, reason), "{name}");
        let kicked = format!(r#"{{"event":"kicked","code":{code},"why":"{why}"}}"#);
        assert_eq!(lines.last(), Some(&kicked), "{name}: {lines:?}");
        assert!(!lines.iter().any(|line| line.contains(r#""closed""#)), "{name}: {lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_may_send_is_answered_byte_for_byte() {
    let long = vec![0xab; 125];
    for (name, bytes, answer) in [
        ("a ping", frame(0x89, b"7"), said(0x8a, b"7")),
        ("an empty ping", frame(0x89, b""), said(0x8a, b"")),
        ("the longest ping", frame(0x89, &long), said(0x8a, &long)),
        ("a pong that nobody asked for", frame(0x8a, b"7"), Vec::new()),
        (
            "a ping between fragments",
            [frame(0x01, b"\xc3"), frame(0x89, b"7"), frame(0x80, b"\xb6")].concat(),
            said(0x8a, b"7"),
        ),
        ("an empty text", frame(0x81, b""), Vec::new()),
        ("binary that is no utf-8", frame(0x82, b"\xff"), Vec::new()),
        ("just a mebibyte", frame(0x82, &vec![0; 1 << 20]), Vec::new()),
        ("126 bytes", frame(0x82, &[0; 126]), Vec::new()),
        ("65536 bytes", frame(0x82, &vec![0; 65_536]), Vec::new()),
    ] {
        let raw = Raw::upgraded(Exchange::Rfc6455).await;
        let (heard, lines) = raw.exchange(&[bytes, close(1000, "bye")].concat()).await;
        assert_eq!(heard, [answer, closed(1000, "")].concat(), "{name}");
        assert_eq!(lines.last().unwrap(), r#"{"event":"closed","code":1000}"#, "{name}");
    }
    for code in [1000, 1003, 1007, 1014, 3000, 4999] {
        let (heard, _) = Raw::upgraded(Exchange::Rfc6455).await.exchange(&close(code, "")).await;
        assert_eq!(heard, closed(code, ""));
    }
    let (heard, _) = Raw::upgraded(Exchange::Rfc6455).await.exchange(&frame(0x88, b"")).await;
    assert_eq!(heard, said(0x88, b""));
}

#[tokio::test(start_paused = true)]
async fn a_failed_handshake_gets_an_answer_of_one_line_and_a_line() {
    let without = |line: &str| HANDSHAKE.replace(&format!("{line}\r\n"), "");
    let instead = |line: &str, other: &str| HANDSHAKE.replace(line, other);
    let twice = |line: &str| HANDSHAKE.replace(line, &format!("{line}\r\n{line}"));
    let path = Exchange::Okx.production_url().unwrap().splitn(4, '/').nth(3).unwrap();
    for (name, request, status, method) in [
        ("no host", without("Host: mock"), 400, "GET"),
        ("two hosts", twice("Host: mock"), 400, "GET"),
        ("no connection", without("Connection: Upgrade"), 400, "GET"),
        ("keep-alive", instead("Connection: Upgrade", "Connection: keep-alive"), 400, "GET"),
        ("no version", without("Sec-WebSocket-Version: 13"), 400, "GET"),
        ("version 8", instead("Version: 13", "Version: 8"), 426, "GET"),
        ("no key", without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "GET"),
        ("two keys", twice("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "GET"),
        ("a short key", instead("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400, "GET"),
        ("a body", instead("Host: mock", "Host: mock\r\nContent-Length: 3"), 400, "GET"),
        ("a frame too soon", format!("{HANDSHAKE}\u{1}"), 400, "GET"),
        ("no upgrade", without("Upgrade: websocket"), 426, "GET"),
        ("another protocol", instead("Upgrade: websocket", "Upgrade: h2c"), 426, "GET"),
        ("http 1.0", instead("HTTP/1.1", "HTTP/1.0"), 426, "GET"),
        ("a page of the venue's", format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n"), 426, "GET"),
        ("rest", "GET /api/v5/public/time?k=secret HTTP/1.1\r\n\r\n".to_owned(), 404, "GET"),
        ("rest with a body", "POST /api/v3/order HTTP/1.1\r\n\r\n{}".to_owned(), 404, "POST"),
        ("a post", instead("GET", "POST"), 405, "POST"),
        ("a head", "HEAD / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), 405, "HEAD"),
        ("no http", "EHLO exchange\r\n\r\n".to_owned(), 400, "EHLO"),
        ("tls", "\u{16}\u{3}\u{1}\u{2}".to_owned(), 400, ""),
        ("a head without end", format!("GET / HTTP/1.1\r\na: {}", "x".repeat(20_000)), 431, "GET"),
        ("101 headers", format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101)), 431, "GET"),
        ("nothing more", "GET / HTTP/1.1\r\nhost:".to_owned(), 408, ""),
    ] {
        let (answer, lines) = Raw::new(Exchange::Okx).exchange(request.as_bytes()).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(method == "HEAD" || body.lines().count() == 1, "{name}: {answer}");
        assert_eq!(head.contains("sec-websocket-version: 13"), status == 426, "{name}");
        assert_eq!(head.contains("allow: GET"), status == 405, "{name}");
        assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&line["event"], &line["status"]), (&"http".into(), &status.into()), "{name}");
        assert_eq!(line["method"], method, "{name}: {line}");
        assert!(!lines[0].contains("secret"), "{name}: {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn header_lists_and_letters_are_read_as_rfc_9110_says() {
    for request in [
        HANDSHAKE.replace("Connection: Upgrade", "connection: keep-alive, UPGRADE"),
        HANDSHAKE.replace("Connection: Upgrade", "Connection: close\r\nConnection: upgrade"),
        HANDSHAKE.replace("Upgrade: websocket", "upgrade: WebSocket"),
        HANDSHAKE.replace("GET / ", "GET /ws/any?token=1 "),
        HANDSHAKE.replace("Host: mock", "Host: mock\r\nContent-Length: 0"),
    ] {
        let mut raw = Raw::new(Exchange::Okx);
        raw.stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        raw.stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 101"), "{request}");
    }
}
