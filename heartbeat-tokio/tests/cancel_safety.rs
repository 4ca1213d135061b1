//! A future that is dropped before it is ready takes nothing with it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use async_trait::async_trait;
use client_common::{client, heard, millis, say, soon, wire, word};
use futures_util::FutureExt as _;
use heartbeat_tokio::client::{Attempt, Handler, HandlerConnection, NotReady};
use heartbeat_tokio::{Client, NotWritten, Receipt, Supervisor};
use tokio::time::timeout;

/// Drops every future that is not ready at once, many times over.
async fn impatiently<F: Future>(mut again: impl FnMut() -> F) -> F::Output {
    soon(async {
        loop {
            if let Some(output) = again().now_or_never() {
                return output;
            }
            tokio::task::yield_now().await;
            let _never = timeout(millis(1), core::future::pending::<()>()).await;
        }
    })
    .await
}

/// Receives a word on each connection, impatiently.
struct Impatient;

#[async_trait]
impl Handler for Impatient {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        loop {
            // A timeout that is over at once drops the future.
            if let Ok(message) = timeout(millis(1), connection.receive()).await {
                assert_eq!(message?.to_string(), "welcome");
                return Ok(());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_with_a_future_of_a_client_that_is_dropped() {
    let (wire, mut venue) = wire();
    let mut client: Client = client(&wire).handler(Impatient).start().unwrap();
    let (mut opened, mut changed, sender) = (client.permit(), client.permit(), client.sender());
    assert!(sender.ready().now_or_never().is_none());
    assert!(opened.opened().now_or_never().is_none());
    assert!(changed.changed().now_or_never().is_none());
    let mut peer = venue.accept_live().await;
    say(&mut peer, "welcome").await;
    assert!(impatiently(|| sender.ready()).await);
    let mut permit = opened.clone();
    assert!(soon(permit.opened()).await);
    assert!(opened.opened().now_or_never().unwrap());
    assert!(changed.changed().now_or_never().unwrap(), "it is told though nobody waited");
    for number in 0..100 {
        say(&mut peer, &format!("trade {number}")).await;
        loop {
            if let Some(Some(update)) = client.next().now_or_never() {
                match word(&update) {
                    Some(word) if word.starts_with("trade") => {
                        assert_eq!(word, format!("trade {number}"));
                        break;
                    }
                    _ => continue,
                }
            }
            tokio::task::yield_now().await;
        }
    }
    // A send that is dropped before its turn is withdrawn, and a later one is not held up.
    assert!(sender.send("withdrawn".into()).now_or_never().is_none());
    assert_eq!(soon(sender.send("order".into())).await, Receipt::Written);
    assert_eq!(heard(&mut peer).await.unwrap(), "order");
    drop(client.close());
    assert_eq!(soon(sender.send("late".into())).await, Receipt::NotWritten(NotWritten::Closed));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_with_a_future_of_a_connection_that_is_dropped() {
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    let role = tokio_tungstenite::tungstenite::protocol::Role::Client;
    let ours = tokio_tungstenite::WebSocketStream::from_raw_socket(ours, role, None).await;
    let role = tokio_tungstenite::tungstenite::protocol::Role::Server;
    let mut venue = tokio_tungstenite::WebSocketStream::from_raw_socket(theirs, role, None).await;
    let options = heartbeat_tokio::ConnectionOptions::default();
    let exchange = heartbeat_platforms::Exchange::Rfc6455;
    let mut connection = heartbeat_tokio::Connection::spawn(ours, exchange, options);
    for number in 0..100 {
        futures_util::SinkExt::send(&mut venue, format!("trade {number}").into()).await.unwrap();
    }
    let mut next = 0;
    while next < 100 {
        tokio::task::yield_now().await;
        while let Some(Some(incoming)) = connection.next().now_or_never() {
            if let heartbeat_tokio::Incoming::Message(message) = incoming {
                assert_eq!(message.to_string(), format!("trade {next}"));
                next += 1;
            }
        }
    }
    // A send that is dropped before its first poll has no place; `close` that is dropped drops.
    drop(connection.sender().send("never".into()));
    let sender = connection.sender().clone();
    drop(connection.close());
    assert_eq!(soon(sender.send("late".into())).await, Receipt::NotWritten(NotWritten::Closed));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_with_a_future_of_a_supervisor_that_is_dropped() {
    let (wire, mut venue) = wire();
    let mut fleet = Supervisor::new(7);
    fleet.add("one", move || client(&wire)).unwrap();
    assert!(fleet.next().now_or_never().is_none());
    let mut peer = venue.accept_live().await;
    for number in 0..100 {
        say(&mut peer, &format!("trade {number}")).await;
    }
    let mut next = 0;
    while next < 100 {
        tokio::task::yield_now().await;
        while let Some(Some((_, update))) = fleet.next().now_or_never() {
            if word(&update).is_some_and(|word| word == format!("trade {next}")) {
                next += 1;
            }
        }
    }
}
