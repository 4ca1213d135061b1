//! Opening connections over real sockets on loopback: what works, and every way to fail.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::net::SocketAddr;
use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;

use common::{session, text};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::tungstenite::http::{HeaderName, HeaderValue};
use heartbeat_tokio::{ConnectError, ConnectOptions, ConnectStage, Connection, ConnectionOptions};
use heartbeat_tokio::{
    HeartbeatStream, Incoming, MaybeTls, Proxy, TlsFault, chain, connect, tls_config,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_async;

/// No test takes longer, unless it fails.
const GUARD: Duration = Duration::from_secs(30);

/// Accepts one connection on a port of the system's choice.
async fn serve<F: Future<Output = ()> + Send + 'static>(
    handle: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        handle(tcp).await;
    });
    (addr, tasks)
}

/// A venue that challenges once, sends the response back as data, and says goodbye.
async fn venue(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut ws = accept_async(stream).await.unwrap();
    ws.send(text("challenge:7")).await.unwrap();
    let response = ws.next().await.unwrap().unwrap();
    ws.send(text(&format!("heard {response}"))).await.unwrap();
    ws.send(Message::Ping("over tcp".into())).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap(), Message::Pong("over tcp".into()));
    ws.close(None).await.unwrap();
    while let Some(Ok(_)) = ws.next().await {}
}

/// Answers any request with this and hangs up.
async fn answer(mut tcp: TcpStream, response: &'static str) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(tcp.read_u8().await.unwrap());
    }
    tcp.write_all(response.as_bytes()).await.unwrap();
    tcp.shutdown().await.unwrap();
}

async fn fail(url: &str, options: &ConnectOptions) -> ConnectError {
    let connected = tokio::time::timeout(GUARD, connect(url, options)).await;
    connected.expect("an answer in time").expect_err("no connection")
}

fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.der().clone(), PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into())
}

fn acceptor(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_stream_over_tcp_answers_and_yields() {
    let (addr, mut server) = serve(venue).await;
    let ws = connect(&format!("ws://{addr}/ws"), &ConnectOptions::default()).await.unwrap();
    let mut ws = HeartbeatStream::new(ws, session());
    let heard = tokio::time::timeout(GUARD, ws.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(heard, text("heard response:7"));
    while let Some(Ok(_)) = tokio::time::timeout(GUARD, ws.next()).await.unwrap() {}
    drop(ws);
    tokio::time::timeout(GUARD, server.join_next()).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_over_tls_answers_and_yields() {
    let (certificate, key) = certificate();
    let acceptor = acceptor(certificate.clone(), key);
    let (addr, mut server) =
        serve(async move |tcp| venue(acceptor.accept(tcp).await.unwrap()).await).await;
    let trusting = Arc::new(tls_config([certificate]).unwrap());
    let options = ConnectOptions::default().tls(trusting);
    let url = format!("wss://localhost:{}/ws", addr.port());

    let ws = connect(&url, &options).await.unwrap();
    let mut connection = Connection::spawn(ws, session(), ConnectionOptions::default());
    let mut heard = Vec::new();
    let report = loop {
        match tokio::time::timeout(GUARD, connection.next()).await.unwrap().unwrap() {
            Incoming::Message(message) => heard.push(message),
            Incoming::Closed(report) => break report,
            _ => {}
        }
    };
    assert_eq!(heard, [text("heard response:7"), Message::Close(None)]);
    assert!(report.clean, "{report}");
    tokio::time::timeout(GUARD, server.join_next()).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn the_socket_is_tuned_for_heartbeats() {
    let (addr, _server) = serve(venue).await;
    let options = ConnectOptions::default().message_max(NonZeroUsize::new(1_000).unwrap());
    let ws = connect(&format!("ws://{addr}/ws"), &options).await.unwrap();
    let MaybeTls::Plain(tcp) = ws.get_ref().get_ref() else { panic!("no tls was asked for") };
    assert!(tcp.nodelay().unwrap());
    let config = ws.get_config();
    assert_eq!((config.read_buffer_size, config.write_buffer_size), (2 << 10, 0));
    assert_eq!((config.max_message_size, config.max_frame_size), (Some(1_000), Some(1_000)));
    assert!((1_000..10_000).contains(&config.max_write_buffer_size));
}

#[tokio::test]
async fn headers_are_sent_with_the_upgrade() {
    let (addr, _server) = serve(async |mut tcp| {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            request.push(char::from(tcp.read_u8().await.unwrap()));
        }
        let status = if request.contains("x-api-key: 42\r\n") { 418 } else { 400 };
        tcp.write_all(format!("HTTP/1.1 {status} -\r\n\r\n").as_bytes()).await.unwrap();
    })
    .await;
    let name = HeaderName::from_static("x-api-key");
    let options = ConnectOptions::default().header(name, HeaderValue::from_static("42"));
    let error = fail(&format!("ws://{addr}"), &options).await;
    assert!(matches!(error, ConnectError::Http { status: 418, .. }), "{error}");
}

#[tokio::test]
async fn a_message_beyond_the_bound_ends_the_connection() {
    let (addr, _server) = serve(async |tcp| {
        let mut ws = accept_async(tcp).await.unwrap();
        ws.send(text(&"x".repeat(1_001))).await.unwrap();
        while let Some(Ok(_)) = ws.next().await {}
    })
    .await;
    let options = ConnectOptions::default().message_max(NonZeroUsize::new(1_000).unwrap());
    let ws = connect(&format!("ws://{addr}"), &options).await.unwrap();
    let mut ws = HeartbeatStream::new(ws, session());
    let error = tokio::time::timeout(GUARD, ws.next()).await.unwrap().unwrap().unwrap_err();
    let message =
        "connection finished: message (1001 bytes) must be at most message_max (1000) long";
    assert_eq!(chain(&error).to_string(), message);
}

#[tokio::test]
async fn a_bad_url_is_refused_before_anything_is_opened() {
    for url in ["https://127.0.0.1/", "127.0.0.1", "ws://", "ws://a b/"] {
        let error = fail(url, &ConnectOptions::default()).await;
        assert!(matches!(error, ConnectError::BadUrl { .. }), "{url:?}: {error}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    // Bound, and given back: nobody else on this machine is given it so soon.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = fail(&format!("ws://{addr}/"), &ConnectOptions::default()).await;
    assert_eq!(error.to_string(), format!("{addr} refused the connection"));
}

#[tokio::test]
async fn an_http_refusal_says_when_to_come_back() {
    let response = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\n\r\n";
    let (addr, _server) = serve(move |tcp| answer(tcp, response)).await;
    let error = fail(&format!("ws://{addr}/"), &ConnectOptions::default()).await;
    let ConnectError::Http { status, retry_after } = error else { panic!("{error}") };
    assert_eq!((status, retry_after), (429, Some(Duration::from_secs(17))));
}

#[tokio::test]
async fn a_server_that_is_no_websocket_server_fails_the_upgrade() {
    let response = "HTTP/1.1 101 Sure\r\nUpgrade: something\r\n\r\n";
    let (addr, _server) = serve(move |tcp| answer(tcp, response)).await;
    let error = fail(&format!("ws://{addr}/"), &ConnectOptions::default()).await;
    assert!(matches!(error, ConnectError::Upgrade { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_the_upgrade_runs_into_the_deadline() {
    let (addr, _server) = serve(async |_tcp| core::future::pending().await).await;
    let after = Duration::from_millis(50);
    let options = ConnectOptions::default().connect_within(after);
    let error = fail(&format!("ws://{addr}/"), &options).await;
    assert_eq!(error.to_string(), "timed out after 50ms waiting for the upgrade");
}

#[tokio::test]
async fn a_server_that_never_answers_the_tls_handshake_runs_into_the_deadline() {
    let (addr, _server) = serve(async |_tcp| core::future::pending().await).await;
    let options = ConnectOptions::default().connect_within(Duration::from_millis(50));
    let error = fail(&format!("wss://{addr}/"), &options).await;
    let during = ConnectStage::Tls;
    assert!(matches!(error, ConnectError::TimedOut { during: at, .. } if at == during), "{error}");
}

#[tokio::test]
async fn tls_to_a_server_without_tls_fails_as_tls() {
    let (addr, _server) =
        serve(async |mut tcp| tcp.write_all(b"HTTP/1.1 400 -\r\n\r\n").await.unwrap()).await;
    let error = fail(&format!("wss://{addr}/"), &ConnectOptions::default()).await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_fails_as_tls() {
    let (certificate, key) = certificate();
    let acceptor = acceptor(certificate, key);
    let (addr, _server) = serve(async move |tcp| {
        acceptor.accept(tcp).await.map(drop).expect_err("the client refuses");
    })
    .await;
    let url = format!("wss://localhost:{}/", addr.port());
    let error = fail(&url, &ConnectOptions::default()).await;
    let fault = TlsFault::UnknownIssuer;
    assert!(matches!(error, ConnectError::Tls { fault: it, .. } if it == fault), "{error}");
}

/// Answers `CONNECT` with this; if that opens a way, carries bytes to the venue and back.
async fn proxy(mut tcp: TcpStream, expects: String, reply: &'static str, venue: SocketAddr) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(tcp.read_u8().await.unwrap());
    }
    assert_eq!(String::from_utf8(request).unwrap(), expects);
    tcp.write_all(reply.as_bytes()).await.unwrap();
    if reply.starts_with("HTTP/1.1 200 ") {
        let mut venue = TcpStream::connect(venue).await.unwrap();
        let _either_end_may_go_first = tokio::io::copy_bidirectional(&mut tcp, &mut venue).await;
    }
}

#[tokio::test]
async fn a_proxy_leads_to_the_venue_and_is_not_told_more_than_where_it_is() {
    let (venue_at, _venue) = serve(venue).await;
    let expects = format!(
        "CONNECT {venue_at} HTTP/1.1\r\nHost: {venue_at}\r\nProxy-Authorization: Basic eDp5\r\n\r\n"
    );
    let reply = "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";
    let (proxy_at, _proxy) = serve(move |tcp| proxy(tcp, expects, reply, venue_at)).await;
    let way = Proxy::parse(&format!("http://{proxy_at}")).unwrap();
    let way = way.authorization(HeaderValue::from_static("Basic eDp5"));
    let options = ConnectOptions::default().proxy(way);
    let ws = connect(&format!("ws://{venue_at}/ws?token=t"), &options).await.unwrap();
    let mut stream = HeartbeatStream::new(ws, session());
    let heard = tokio::time::timeout(GUARD, stream.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(heard, text("heard response:7"));
}

#[tokio::test]
async fn a_proxy_that_opens_no_way_says_why() {
    let to = "ws://venue.example:7/";
    let expects = "CONNECT venue.example:7 HTTP/1.1\r\nHost: venue.example:7\r\n\r\n";
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    for (reply, error) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "proxy refused the connection with http status 407",
        ),
        ("SSH-2.0-OpenSSH_9\r\n\r\n", "proxy failed: answer is not http: invalid HTTP version"),
        ("HTTP/1.1 20", "proxy failed: connection "),
    ] {
        let (at, _proxy) = serve(move |tcp| proxy(tcp, expects.to_owned(), reply, nowhere)).await;
        let way = Proxy::parse(&format!("http://{at}")).unwrap();
        let options = ConnectOptions::default().proxy(way);
        let failed = connect(to, &options).await.unwrap_err();
        let failed = chain(&failed).to_string();
        assert!(failed.starts_with(error), "{failed}");
    }
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_given_up_in_time() {
    let (at, _proxy) = serve(|tcp| async move {
        let _held = tcp;
        core::future::pending::<()>().await;
    })
    .await;
    let within = Duration::from_millis(200);
    let way = Proxy::parse(&format!("http://{at}")).unwrap();
    let options = ConnectOptions::default().proxy(way).connect_within(within);
    let failed = connect("ws://venue.example/", &options).await;
    let during = ConnectStage::Proxy;
    assert!(
        matches!(failed, Err(ConnectError::TimedOut { after, during: at })
            if (after, at) == (within, during)),
        "{failed:?}"
    );
}
