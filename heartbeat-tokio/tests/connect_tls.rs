//! Whom `wss://` does not trust, and what else goes wrong with TLS, over real sockets: each is told
//! by its stage and its fault.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod common;

use core::time::Duration;
use std::sync::Arc;

use common::session;
use futures_util::StreamExt as _;
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{Update, VenueLimits};
use heartbeat_tokio::{
    Client, ConnectError, ConnectOptions, ConnectStage, HeartbeatStream, TlsConfigError, TlsFault,
    chain, connect, tls_config,
};
use rcgen::{CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_async;

/// No test takes longer, unless it fails.
const GUARD: Duration = Duration::from_secs(30);

/// An authority that the client trusts.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn options(&self) -> ConnectOptions {
        let trusted = tls_config([CertificateDer::clone(self.0.der())]).unwrap();
        ConnectOptions::default().tls(Arc::new(trusted))
    }

    /// Certifies a server for `names`, between two years.
    fn certify(&self, names: &[&str], years: (i32, i32)) -> TlsAcceptor {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        acceptor(certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
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

/// Serves one connection, and returns a `wss://` URL of it.
async fn serve<F: Future<Output = ()> + Send + 'static>(
    handle: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        handle(tcp).await;
    });
    (format!("wss://localhost:{port}/"), tasks)
}

/// Returns the fault of a connection that must not come to be, and all that is said of it.
async fn fault(url: &str, options: &ConnectOptions) -> (TlsFault, String) {
    let opened = tokio::time::timeout(GUARD, connect(url, options)).await.expect("in time");
    let error = opened.expect_err("no connection");
    let said = chain(&error).to_string();
    assert!(said.starts_with("tls handshake with localhost failed: "), "{said}");
    let ConnectError::Tls { fault, .. } = error else { panic!("{error}") };
    (fault, said)
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted_says_why() {
    let (authority, other) = (Authority::new("ours"), Authority::new("another"));
    let (now, here) = ((2020, 2100), &["localhost"][..]);
    for (server, expected) in [
        (authority.certify(here, (2000, 2001)), TlsFault::Expired),
        (authority.certify(here, (2099, 2100)), TlsFault::NotValidYet),
        (authority.certify(&["other.example"], now), TlsFault::WrongName),
        (authority.certify(&[], now), TlsFault::WrongName),
        (other.certify(here, now), TlsFault::UnknownIssuer),
    ] {
        let (url, _server) = serve(async move |tcp| {
            server.accept(tcp).await.map(drop).expect_err("the client refuses");
        })
        .await;
        let (fault, said) = fault(&url, &authority.options()).await;
        assert_eq!(fault, expected, "{said}");
    }
    // And one that is good is good.
    let server = authority.certify(here, now);
    let (url, _server) = serve(async move |tcp| {
        let _ws = accept_async(server.accept(tcp).await.unwrap()).await.unwrap();
    })
    .await;
    connect(&url, &authority.options()).await.unwrap();
}

#[tokio::test]
async fn a_client_says_what_is_wrong_with_a_certificate_and_asks_again() {
    let authority = Authority::new("ours");
    let server = authority.certify(&["localhost"], (2000, 2001));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            assert!(server.accept(tcp).await.is_err(), "the client refuses");
        }
    });
    let client = Client::custom(Exchange::KrakenV2, VenueLimits::unknown()).endpoint(url);
    let mut client = client.connect_options(authority.options()).start().unwrap();
    let (mut failed, why) = (0, "tls handshake with localhost failed: certificate is too old");
    while failed < 2 {
        let update = tokio::time::timeout(GUARD, client.next()).await.expect("in time");
        let Some(Update::AttemptFailed(attempt)) = update else { continue };
        failed += 1;
        assert_eq!(attempt.generation.number(), failed);
        assert!(attempt.fault.to_string().contains(why), "{}", attempt.fault);
        assert!(attempt.next_attempt.is_some(), "it may be mended");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_we_speak_says_so() {
    let http = b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice();
    // An alert of TLS 1.0: `protocol_version`, which is what a server of TLS 1.1 says to us.
    let old = b"\x15\x03\x01\x00\x02\x02\x46".as_slice();
    // A ServerHello of TLS 1.1, which a server says that cannot count.
    let hello =
        [b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02", &[7; 32][..], b"\x00\xc0\x13\x00"];
    let hello = hello.concat();
    for (reply, expected) in [
        (http, TlsFault::NotTls),
        (old, TlsFault::Version),
        (hello.as_slice(), TlsFault::Version),
        (b"\x15\x03\x03\x00\x02\x02\x28", TlsFault::Refused),
        (b"", TlsFault::Lost),
    ] {
        let reply = reply.to_vec();
        let (url, _server) = serve(async move |mut tcp| {
            // All of what the client says is read, or the system would reset the connection.
            let mut hello = [0; 4_096];
            assert!(tcp.read(&mut hello).await.unwrap() > 0);
            tcp.write_all(&reply).await.unwrap();
        })
        .await;
        let (fault, said) = fault(&url, &ConnectOptions::default()).await;
        assert_eq!(fault, expected, "{said}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_in_the_handshake_is_told_by_its_stage() {
    let (url, _server) = serve(async |_tcp| core::future::pending().await).await;
    let options = ConnectOptions::default().connect_within(Duration::from_millis(50));
    let error = connect(&url, &options).await.unwrap_err();
    assert_eq!(error.to_string(), "timed out after 50ms in the tls handshake");
    let during = ConnectStage::Tls;
    assert!(matches!(error, ConnectError::TimedOut { during: at, .. } if at == during));
}

#[tokio::test]
async fn a_line_cut_without_a_close_notify_has_ended_and_says_how() {
    let authority = Authority::new("ours");
    let server = authority.certify(&["localhost"], (2020, 2100));
    let (url, _server) = serve(async move |tcp| {
        let ws = accept_async(server.accept(tcp).await.unwrap()).await.unwrap();
        // The socket is closed below TLS, as by a middlebox.
        let (mut tcp, _tls) = ws.into_inner().into_inner();
        tcp.shutdown().await.unwrap();
    })
    .await;
    let ws = connect(&url, &authority.options()).await.unwrap();
    let mut stream = HeartbeatStream::new(ws, session());
    let ended = tokio::time::timeout(GUARD, stream.next()).await.unwrap().unwrap().unwrap_err();
    assert!(chain(&ended).to_string().contains("close_notify"), "{}", chain(&ended));
}

#[test]
fn a_root_that_is_none_is_told_as_ours_and_not_as_the_peers() {
    let good = CertificateDer::clone(Authority::new("ours").0.der());
    let broken = CertificateDer::from(b"none".to_vec());
    let error = tls_config([good, broken]).unwrap_err();
    assert!(matches!(error, TlsConfigError::BadRoot { number: 2, .. }), "{error}");
    assert_eq!(error.to_string(), "certificate 2 cannot be a root: BadEncoding");
}
