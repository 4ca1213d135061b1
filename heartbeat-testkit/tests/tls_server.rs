//! The mock exchange over TLS.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use std::io;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::{MockServer, TlsIdentity};
use heartbeat_testkit::{MockOptions, Observation};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::{Error, Message};

async fn secure(
    server: &MockServer,
    trusted: &TlsIdentity,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let pem = trusted.certificate_pem().as_bytes();
    roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(server.local_addr()).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

async fn bind(plans: &[&str], identity: &TlsIdentity) -> MockServer {
    let plans = plans.iter().map(|plan| plan.parse().unwrap());
    let options = MockOptions::default().venue_faults(plans);
    MockServer::bind_tls("127.0.0.1:0", Exchange::Okx, options, identity).await.unwrap()
}

#[tokio::test]
async fn whoever_trusts_the_certificate_is_served_under_each_of_its_names() {
    let identity = TlsIdentity::generate().unwrap();
    let server = bind(&[], &identity).await;
    assert_eq!(server.url(), format!("wss://{}/", server.local_addr()));
    for name in ["localhost", "127.0.0.1"] {
        let stream = secure(&server, &identity, name).await.unwrap();
        let (mut client, _) = client_async(server.url(), stream).await.unwrap();
        client.send(Message::text("ping")).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::text("pong"));
        client.close(None).await.unwrap();
        // The end is an end and not a cut.
        assert!(matches!(client.next().await, Some(Ok(Message::Close(_)))));
        assert!(client.next().await.is_none());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn whoever_trusts_another_certificate_is_not_served() {
    let identity = TlsIdentity::generate().unwrap();
    let mut server = bind(&[], &identity).await;
    let another = TlsIdentity::generate().unwrap();
    assert!(secure(&server, &another, "localhost").await.is_err());
    assert!(secure(&server, &identity, "another.example").await.is_err());
    // Nobody got as far as the venue: the first to be seen is the next.
    let stream = secure(&server, &identity, "localhost").await.unwrap();
    let client = client_async(server.url(), stream).await.unwrap();
    let first = server.observed().await.unwrap();
    assert_eq!((first.connection, first.observation), (3, Observation::Connected));
    drop(client);
    server.shutdown().await;
}

#[tokio::test]
async fn who_is_not_let_in_learns_it_behind_tls_as_well() {
    let identity = TlsIdentity::generate().unwrap();
    let server = bind(&["http=503@0s"], &identity).await;
    let stream = secure(&server, &identity, "localhost").await.unwrap();
    let refused = client_async(server.url(), stream).await.unwrap_err();
    let Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status().as_u16(), 503);
    server.shutdown().await;

    let server = bind(&["refuse@0s"], &identity).await;
    assert!(secure(&server, &identity, "localhost").await.is_err());
    server.shutdown().await;
}
