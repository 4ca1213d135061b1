//! What servers, CDNs and proxies say to an upgrade, over real sockets: taken as RFC 6455 and 9110
//! say.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::net::SocketAddr;
use core::time::Duration;

use futures_util::StreamExt as _;
use heartbeat_tokio::tungstenite::handshake::derive_accept_key;
use heartbeat_tokio::tungstenite::http::{HeaderValue, header};
use heartbeat_tokio::{ConnectError, ConnectOptions, RedirectRefusal, chain, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// No test takes longer, unless it fails.
const GUARD: Duration = Duration::from_secs(30);

const PLAIN: &str = "Upgrade: websocket\r\nConnection: Upgrade";

/// What a server says as soon as it has upgraded, in the same segment: the text `hi`.
const HI: &[u8] = b"\x81\x02hi";

/// Answers one connection after the other, each with the next of some answers. `{accept}` is what
/// the key calls for, and `{addr}` is where it listens.
struct Server {
    addr: SocketAddr,
    requests: JoinSet<Vec<String>>,
}

impl Server {
    async fn answering(answers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let answers: Vec<String> = answers.into_iter().map(Into::into).collect();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut requests = JoinSet::new();
        requests.spawn(async move {
            let (mut requests, mut held) = (Vec::new(), Vec::new());
            for answer in answers {
                let (mut tcp, _) = listener.accept().await.unwrap();
                let request = request(&mut tcp).await;
                let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
                let accept = derive_accept_key(key.unwrap().as_bytes());
                let answer = answer.replace("{accept}", &accept);
                let mut answer = answer.replace("{addr}", &addr.to_string()).into_bytes();
                if answer.windows(accept.len()).any(|it| it == accept.as_bytes()) {
                    answer.extend(HI);
                }
                // Whoever has heard enough hangs up.
                let _ = tcp.write_all(&answer).await;
                requests.push(request);
                held.push(tcp);
            }
            requests
        });
        Self { addr, requests }
    }

    /// Connects, and returns the first message.
    async fn greets(&self) -> Result<String, ConnectError> {
        let name = header::AUTHORIZATION;
        let options = ConnectOptions::default().header(name, HeaderValue::from_static("s3cret"));
        let url = format!("ws://{}/old?token=s3cret", self.addr);
        let mut ws = timeout(GUARD, connect(&url, &options)).await.expect("an answer in time")?;
        let first = timeout(GUARD, ws.next()).await.expect("a message in time");
        Ok(first.unwrap().unwrap().to_string())
    }

    async fn refuses(&self) -> String {
        let error = chain(&self.greets().await.expect_err("no connection")).to_string();
        assert!(!error.contains("s3cret") && !error.contains(char::is_control), "{error}");
        error
    }

    /// Returns what it was asked, once it has given all of its answers.
    async fn requests(mut self) -> Vec<String> {
        timeout(GUARD, self.requests.join_next()).await.unwrap().unwrap().unwrap()
    }
}

async fn request(tcp: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(tcp.read_u8().await.unwrap());
    }
    String::from_utf8(request).unwrap()
}

fn switching(lines: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\n{lines}\r\nSec-WebSocket-Accept: {{accept}}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_connection_header_is_a_list_in_as_many_lines_as_it_likes() {
    for lines in [
        "Upgrade: websocket\r\nConnection: keep-alive, Upgrade",
        "Upgrade: websocket\r\nConnection: upgrade, keep-alive",
        "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade",
        "Connection: Upgrade\r\nConnection: keep-alive\r\nUpgrade: WebSocket",
    ] {
        let server = Server::answering([switching(lines)]).await;
        assert_eq!(server.greets().await.unwrap(), "hi", "{lines}");
    }
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 E\r\n\r\n",
    ] {
        let server = Server::answering([format!("{interim}{}", switching(PLAIN))]).await;
        assert_eq!(server.greets().await.unwrap(), "hi", "{interim}");
        let server = Server::answering([format!("{interim}HTTP/1.1 503 Busy\r\n\r\n")]).await;
        let refused = server.greets().await.unwrap_err();
        assert!(matches!(refused, ConnectError::Http { status: 503, .. }), "{refused}");
    }
}

#[tokio::test]
async fn what_nobody_asked_for_is_refused_before_the_first_frame() {
    let extension = "Sec-WebSocket-Extensions: permessage-deflate";
    let server = Server::answering([switching(&format!("{PLAIN}\r\n{extension}"))]).await;
    let why = "upgrade failed: answer has an extension that nobody asked for";
    assert_eq!(server.refuses().await, why);
    let server = Server::answering([switching(&format!("{PLAIN}\r\nSec-WebSocket-Protocol: x"))]);
    let why = "upgrade failed: answer has a subprotocol that nobody asked for";
    assert_eq!(server.await.refuses().await, why);
}

#[tokio::test]
async fn what_is_no_answer_says_what_is_wrong_with_it() {
    for (answer, why) in [
        ("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}", "server speaks tls, which wants a wss url"),
        ("SSH-2.0-OpenSSH_9\r\n", "answer is not http: invalid HTTP version"),
        ("HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "answer has not"),
        ("HTTP/1.1 101 -\r\nConnection: Upgrade\r\n\r\n", "answer does not upgrade to websocket"),
    ] {
        let refused = Server::answering([answer]).await.refuses().await;
        assert!(refused.starts_with(&format!("upgrade failed: {why}")), "{refused}");
    }
}

#[tokio::test]
async fn neither_head_nor_content_of_an_answer_is_read_without_end() {
    let endless = format!("HTTP/1.1 101 -\r\na: {}", "x".repeat(1 << 20));
    let refused = Server::answering([endless]).await.refuses().await;
    assert_eq!(refused, "upgrade failed: answer is longer than 16384 bytes");
    let lines = format!("HTTP/1.1 101 -\r\n{}", "a: b\r\n".repeat(200_000));
    let refused = Server::answering([lines]).await.refuses().await;
    assert_eq!(refused, "upgrade failed: answer has more than 128 header lines");
    // Nothing of this content is waited for.
    let content = "HTTP/1.1 403 -\r\nContent-Length: 99999999\r\n\r\n<h1>\u{1b}[31m s3cret";
    let refused = Server::answering([content]).await.refuses().await;
    assert_eq!(refused, "server answered the upgrade with http status 403");
}

#[tokio::test]
async fn a_redirect_to_the_same_host_is_followed_with_the_headers_of_the_application() {
    for (status, location) in
        [(301, "/new?a=b"), (307, "ws://{addr}/new?a=b"), (308, "//{addr}/new?a=b")]
    {
        let moved = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\n\r\n");
        let server = Server::answering([moved, switching(PLAIN)]).await;
        assert_eq!(server.greets().await.unwrap(), "hi", "{status} {location}");
        let requests = server.requests().await;
        assert!(requests[0].starts_with("GET /old?token=s3cret HTTP/1.1\r\n"), "{requests:?}");
        assert!(requests[1].starts_with("GET /new?a=b HTTP/1.1\r\n"), "{requests:?}");
        assert!(requests[1].contains("authorization: s3cret\r\n"), "{requests:?}");
    }
}

#[tokio::test]
async fn a_redirect_elsewhere_is_told_and_gets_nothing_of_ours() {
    for (location, to, why) in [
        (
            "Location: wss://s3cret@other.example/s3cret\r\n",
            " to wss://other.example",
            RedirectRefusal::OtherHost,
        ),
        ("Location: http://[::1]/?s3cret\r\n", " to http://[::1]", RedirectRefusal::OtherHost),
        ("", "", RedirectRefusal::Nowhere),
    ] {
        let server = Server::answering([format!("HTTP/1.1 301 Moved\r\n{location}\r\n")]).await;
        let said = format!("with http status 301{to}, which is not followed: {why}");
        assert_eq!(server.refuses().await, format!("server redirects the upgrade {said}"));
    }
}

#[tokio::test]
async fn a_redirect_in_a_circle_ends() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: /old?token=s3cret\r\n\r\n";
    let server = Server::answering([moved; 4]).await;
    let refused = server.refuses().await;
    assert!(refused.ends_with("which is not followed: 3 were followed already"), "{refused}");
    assert_eq!(server.requests().await.len(), 4, "the first and three that followed");
}
