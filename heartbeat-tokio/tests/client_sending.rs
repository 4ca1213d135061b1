//! What an application sends through a client: in order, with tickets, and across a rotation.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod client_common;

use core::num::NonZeroUsize;
use core::time::Duration;

use async_trait::async_trait;
use client_common::{client, heard, say, soon, until, wire, word, words};
use heartbeat_core::{AttemptPhase, MessageLimit, RecoveryConfig};
use heartbeat_tokio::client::{Attempt, HandlerConnection, NotReady, Update};
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::{ConnectionOptions, Handler, NotWritten, Receipt};
use tokio::task::JoinSet;

const SECOND: Duration = Duration::from_secs(1);

fn order(name: &str) -> Message {
    Message::text(name)
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_a_ticket_says_so_at_once() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let sender = client.sender();
    let early = sender.try_send(order("early")).unwrap_err();
    assert_eq!(early, NotWritten::NotReady);
    assert_eq!(soon(sender.enqueue(order("early"))).await, Receipt::NotWritten(early));
    let mut peer = venue.accept_live().await;
    until(&mut client, |update| word(&update)).await;
    let ticket = sender.enqueue(order("in time"));
    assert_eq!(heard(&mut peer).await.unwrap(), "in time");
    assert_eq!(soon(ticket).await, Receipt::Written);
    let close = sender.try_send(Message::Close(None)).unwrap_err();
    assert!(matches!(close, NotWritten::Refused(_)), "{close:?}");
}

/// On another thread the application reads what it is told before the engine has taken its next
/// step, and sends at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_that_a_connection_is_live_can_send_on_it_at_once() {
    for _ in 0..500 {
        let (wire, mut venue) = wire();
        let mut client = client(&wire).start().unwrap();
        let mut peers = JoinSet::new();
        peers.spawn(async move { venue.accept_live().await });
        let sender = client.sender();
        until(&mut client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
        let _ticket = sender.try_send(order("at once")).unwrap();
        drop(peers.join_next().await.unwrap().unwrap());
    }
}

/// What the budget holds back when a rotation hands over leaves by the new connection, in its
/// order, with nobody waiting for it.
#[tokio::test(start_paused = true)]
async fn what_waits_goes_on_to_the_connection_that_takes_over() {
    let (wire, mut venue) = wire();
    let limit = MessageLimit::new(400, Duration::from_secs(600), 399).unwrap();
    let options = ConnectionOptions::default().message_limit(limit);
    let mut client = client(&wire).connection_options(options).start().unwrap();
    let mut old = venue.accept_live().await;
    until(&mut client, |update| word(&update)).await;
    let sender = client.sender();
    let [first, second, mut third, fourth] =
        ["first", "second", "third", "fourth"].map(|name| sender.enqueue(order(name)));
    let urgent = sender.urgent().enqueue(order("urgent"));
    // Each connection has a window of its own: one that is not urgent leaves by each.
    assert_eq!(heard(&mut old).await.unwrap(), "urgent");
    assert_eq!(heard(&mut old).await.unwrap(), "first");
    client.rotate();
    let mut new = venue.accept_live().await;
    until(&mut client, |update| matches!(update, Update::Rotated { .. }).then_some(())).await;
    let last = sender.enqueue(order("last"));
    assert_eq!(heard(&mut new).await.unwrap(), "second");
    assert!(third.withdraw(), "wherever it waits");
    for ticket in [urgent, first, second] {
        assert_eq!(soon(ticket).await, Receipt::Written);
    }
    client.rotate();
    let mut newest = venue.accept_live().await;
    assert_eq!(heard(&mut newest).await.unwrap(), "fourth");
    assert_eq!(soon(fourth).await, Receipt::Written);
    drop(client);
    assert_eq!(soon(last).await, Receipt::NotWritten(NotWritten::Closed));
}

/// Subscribes to more than the phase has time for, at the pace that the venue allows.
struct Subscriber;

#[async_trait]
impl Handler for Subscriber {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        for number in 0..3 {
            connection.send(order(&format!("subscribe {number}"))).await?;
        }
        Ok(())
    }
}

/// A message a minute, and fifteen seconds for the phase: our own budget is no reason to give up.
#[tokio::test(start_paused = true)]
async fn a_phase_that_our_own_budget_holds_up_is_not_overdue() {
    let (wire, mut venue) = wire();
    let limit = MessageLimit::new(40, Duration::from_secs(60), 39).unwrap();
    let recovery = RecoveryConfig::builder()
        .phase_within(AttemptPhase::Ready, Duration::from_secs(15))
        .build()
        .unwrap();
    let mut client = client(&wire)
        .handler(Subscriber)
        .recovery_config(recovery)
        .connection_options(ConnectionOptions::default().message_limit(limit))
        .start()
        .unwrap();
    let mut peer = venue.accept().await;
    for number in 0..3 {
        say(&mut peer, "beat").await;
        assert_eq!(heard(&mut peer).await.unwrap(), format!("subscribe {number}"));
    }
    say(&mut peer, "beat").await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert_eq!(venue.dials().len(), 1);
}

/// A snapshot that is longer than the whole queue reaches the application with what follows it.
#[tokio::test(start_paused = true)]
async fn a_snapshot_longer_than_the_queue_reaches_the_application() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().queue_bytes(NonZeroUsize::new(2_000).unwrap());
    let mut client = client(&wire).connection_options(options).start().unwrap();
    let mut peer = venue.accept_live().await;
    until(&mut client, |update| word(&update)).await;
    let snapshot = "s".repeat(20_000);
    let said = ["before", snapshot.as_str(), "after"];
    for text in said {
        say(&mut peer, text).await;
    }
    tokio::time::advance(SECOND).await;
    assert_eq!(words(&mut client, 3).await, said);
}
