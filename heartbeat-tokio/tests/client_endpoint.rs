//! Level 3: where a connection goes is asked afresh, and what that says is obeyed.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use client_common::{Toy, client, heard, say, secs, until, wire, word, words};
use heartbeat_core::{Config, Pace, Probing, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{
    Attempt, ClientError, Endpoint, EndpointError, Target, Update, VenueLimits,
};
use heartbeat_tokio::{Client, ConnectionOptions, Overflow};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
    assert_eq!(error, ClientError::NoEndpoint { venue: "rfc6455".to_owned() });
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
