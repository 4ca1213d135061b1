//! Level 3: where a connection goes is asked afresh, and what that says is obeyed.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::future::pending;
use core::net::SocketAddr;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use client_common::{Toy, client, heard, say, secs, until, wire, word, words};
use heartbeat_core::{Config, Pace, Probing, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{
    Attempt, BoxIo, ClientError, Connector, Dial, Endpoint, EndpointError, Target, Update,
    VenueLimits,
};
use heartbeat_tokio::tungstenite::http::{HeaderMap, HeaderValue, header};
use heartbeat_tokio::{
    Client, ConnectError, ConnectOptions, ConnectionOptions, Overflow, Resolver,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

/// Hands out a token for each attempt, after a refusal.
struct Bullet {
    asked: AtomicU64,
}

#[async_trait]
impl Endpoint<Toy> for Bullet {
    async fn target(&self, _: &Attempt) -> Result<Target<Toy>, EndpointError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(EndpointError::Http { status: 429, retry_after: Some(secs(40)) }),
            1 => panic!("the endpoint panics"),
            token => {
                // The venue announces its intervals with the token.
                let probing =
                    Probing { every: secs(4), answer_within: secs(2), pace: Pace::Unconditional };
                let config = Config::builder().probing(probing).failure_threshold(1).build()?;
                Ok(Target::new(format!("ws://venue/?token={token}")).config(config))
            }
        }
    }
}

/// Waits for what becomes of the next attempt or connection.
async fn fate(client: &mut Client) -> String {
    let is_fate = |update| match update {
        Update::AttemptFailed(_) | Update::Live { .. } | Update::Down(_) => word(&update),
        _ => None,
    };
    until(client, is_fate).await
}

#[tokio::test(start_paused = true)]
async fn each_attempt_asks_for_its_own_target_and_goes_by_its_rules() {
    let (wire, mut venue) = wire();
    let bullet = Bullet { asked: AtomicU64::new(0) };
    let mut client = client(&wire).endpoint(bullet).start().unwrap();
    assert!(fate(&mut client).await.contains("status 429 and asks for a pause of 40s"));
    let second = fate(&mut client).await;
    assert_eq!(second, "failed 2 venue could not be reached: endpoint or connector panicked");
    assert!(client.clock().now().saturating_since(Timestamp::ZERO) >= secs(40));
    let mut call = venue.pick_up().await;
    let mut request = [0; 4_096];
    let read = call.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    assert!(request.starts_with("GET /?token=2 "), "{request}");
    call.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let failed = fate(&mut client).await;
    assert!(failed.contains("status 503") && !failed.contains("token"), "{failed}");
    let _mute = venue.accept_live().await;
    assert_eq!(fate(&mut client).await, "live 4");
    let since = client.clock().now();
    assert_eq!(fate(&mut client).await, "down 4 answer_overdue");
    assert!(client.clock().now().saturating_since(since) <= secs(6), "by the announced rules");
}

#[test]
fn a_venue_without_a_url_asks_for_one() {
    let client = Client::custom(Exchange::Rfc6455, VenueLimits::unknown());
    let error = client.start().unwrap_err();
    assert!(matches!(&error, ClientError::NoEndpoint { venue } if venue == "rfc6455"));
    assert_eq!(error.to_string(), "endpoint must be set: venue rfc6455 has no url that is known");
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_go_on_with_a_loss_gets_a_new_connection() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default()
        .queue_bytes(NonZeroUsize::new(4_096).unwrap())
        .overflow(Overflow::Disconnect);
    let mut client = client(&wire).connection_options(options).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    for number in 0..100 {
        say(&mut peer, &format!("trade {number}")).await;
    }
    assert_eq!(heard(&mut peer).await, None, "it is closed");
    let lifecycle = |update| match update {
        Update::Message(_) => None,
        update => word(&update),
    };
    let _peer = venue.accept_live().await;
    let mut said = Vec::new();
    while said.last().is_none_or(|said| said != "live 2") {
        said.push(until(&mut client, lifecycle).await);
    }
    assert!(said.contains(&"gap lagged".to_owned()), "{said:?}");
    assert!(said.ends_with(&["gap reconnected".to_owned(), "live 2".to_owned()]), "{said:?}");
}

/// Never says anything, whatever it is asked.
struct Mute;

#[async_trait]
impl Endpoint<Toy> for Mute {
    async fn target(&self, _: &Attempt) -> Result<Target<Toy>, EndpointError> {
        pending().await
    }
}

#[async_trait]
impl Resolver for Mute {
    async fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
        pending().await
    }
}

/// Makes the TLS handshake of the crate over a transport of its own, with nobody at the other end.
#[async_trait]
impl Connector for Mute {
    async fn dial(&self, dial: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        let (ours, _theirs) = duplex(64 << 10);
        Ok(Box::new(dial.tls(ours).await?))
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_says_where_it_hung() {
    let (wire, _venue) = wire();
    let unknown = || Client::custom(Toy, VenueLimits::unknown()).endpoint("wss://venue.example/");
    for (builder, hung) in [
        (client(&wire).endpoint(Mute), "phase dial took longer than 5s, asking for the endpoint"),
        (
            unknown().connect_options(ConnectOptions::default().resolver(Mute)),
            "phase dial took longer than 5s, resolving the name",
        ),
        (unknown().connector(Mute), "phase dial took longer than 5s, in the tls handshake"),
        (client(&wire), "phase upgrade took longer than 5s, waiting for the upgrade"),
    ] {
        let mut client = builder.start().unwrap();
        assert_eq!(fate(&mut client).await, format!("failed 1 {hung}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_another_host_ends_at_once_and_says_where_it_leads() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).endpoint("ws://venue.example/?token=s3cret").start().unwrap();
    let answer = "HTTP/1.1 301 Moved\r\nLocation: wss://other.example/?s3cret\r\n\r\n";
    venue.answer_http(answer).await;
    let said = words(&mut client, 2).await;
    let fault = "server redirects the upgrade with http status 301 to wss://other.example, which \
                 is not followed: it leads to another host";
    assert!(said[0].ends_with(fault), "{said:?}");
    assert_eq!(said[1], "given up redirected");
    venue.hears_nothing_for(secs(600)).await;
}

#[tokio::test(start_paused = true)]
async fn a_closure_is_an_endpoint_and_whatever_fails_in_it_fails_the_attempt() {
    let (wire, mut venue) = wire();
    let endpoint = async |attempt: Attempt| {
        let number = if attempt.generation.number() == 1 { "none" } else { "7" };
        let token: u64 = number.parse()?;
        Ok(Target::new(format!("ws://venue.example/?token={token}")))
    };
    let mut client = client(&wire).endpoint(endpoint).start().unwrap();
    let failed = "failed 1 venue could not be reached: invalid digit found in string";
    assert_eq!(fate(&mut client).await, failed);
    let _peer = venue.accept_live().await;
    assert_eq!(fate(&mut client).await, "live 2");
}

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_says_that_leads_nowhere_is_no_fault_of_the_venues() {
    let (wire, mut venue) = wire();
    let endpoint = async |attempt: Attempt| match attempt.generation.number() {
        1 => Ok(Target::new("http://venue.example/?token=s3cret")),
        2 => {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONNECTION, HeaderValue::from_static("s3cret"));
            Ok(Target::new("ws://venue.example/").headers(headers))
        }
        _ => Ok(Target::new("ws://venue.example/")),
    };
    let mut client = client(&wire).endpoint(endpoint).start().unwrap();
    let failed = "connection could not be made ready:";
    let bad = format!("failed 1 {failed} bad url http://venue.example: scheme must be ws or wss");
    assert_eq!(fate(&mut client).await, bad);
    let reserved = format!("failed 2 {failed} header connection is for the handshake to set");
    assert_eq!(fate(&mut client).await, reserved);
    let _peer = venue.accept_live().await;
    assert_eq!(fate(&mut client).await, "live 3");
    assert_eq!(venue.dials().len(), 1, "nobody was dialled for nothing");
}
