//! Level 3: the venue sends what is wanted, on every connection, whatever happened before.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::fmt;
use core::num::NonZeroU8;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client_common::topics::{Desk, Topics};
use client_common::{Peer, client, heard, millis, say, secs, soon, until, wire, words};
use heartbeat_core::{Frame, OnSilence, WatchSpec};
use heartbeat_platforms::subscriptions::{Said, SubscriptionProtocol, SubscriptionRequest};
use heartbeat_tokio::Client;
use heartbeat_tokio::client::{
    Attempt, ClientError, Handler, HandlerConnection, NotReady, SubscriptionError,
    SubscriptionState, Update,
};

/// Waits for the next that is told of a subscription.
async fn told(client: &mut Client) -> String {
    until(client, |update| match update {
        Update::Subscription { event, .. } => Some(event.to_string()),
        _ => None,
    })
    .await
}

/// Serves a connection in a task of its own, and returns what it has of subscriptions.
fn serve(served: &mut tokio::task::JoinSet<()>, mut peer: Peer) -> Arc<Mutex<Desk>> {
    let desk = Arc::new(Mutex::new(Desk::default()));
    let shared = Arc::clone(&desk);
    served.spawn(async move {
        while let Some(text) = heard(&mut peer).await {
            let reply = shared.lock().unwrap().take(&text);
            if let Some(reply) = reply {
                say(&mut peer, &reply).await;
            }
        }
    });
    desk
}

fn streams(desk: &Mutex<Desk>) -> BTreeSet<String> {
    desk.lock().unwrap().streams.clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_is_asked_for_in_batches_before_a_connection_is_live() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire)
        .subscription_protocol(Topics)
        .subscribe(["a", "b", "c", "d", "e", "f"])
        .start()
        .unwrap();
    let mut peer = venue.accept_live().await;
    let mut desk = Desk::default();
    for _ in 0..2 {
        assert!(!client.sender().is_ready(), "the venue has not said");
        let request = heard(&mut peer).await.unwrap();
        let reply = desk.take(&request).unwrap();
        say(&mut peer, &reply).await;
    }
    assert_eq!(desk.requests, ["sub:a,b,c,d", "sub:e,f"]);
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert_eq!(client.subscriptions().active(), ["a", "b", "c", "d", "e", "f"]);
    say(&mut peer, "data:a").await;
    // Data is the application's; the venue's replies are not.
    assert_eq!(words(&mut client, 1).await, ["data:a"]);
    assert!(client.permit().is_open());
}

/// The story of whoever writes it by hand: 20 topics, of which half are exchanged for others while
/// one connection hands over to another. By hand 4 of them stayed mute and 4 others went on.
#[tokio::test(start_paused = true)]
async fn what_changes_while_two_connections_live_is_right_on_the_one_that_stays() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire)
        .subscription_protocol(Topics)
        .subscribe((0..20).map(|number| format!("t{number:02}")))
        .start()
        .unwrap();
    let mut served = tokio::task::JoinSet::new();
    let old = serve(&mut served, venue.accept_live().await);
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let subscriptions = client.subscriptions();
    let exchange = |number: u32| {
        assert!(subscriptions.remove(&format!("t{number:02}")));
        assert_eq!(subscriptions.add(&format!("n{number:02}")), Ok(true));
    };
    exchange(0);
    client.rotate();
    let mut new = venue.accept().await;
    exchange(1);
    // The new connection has been asked for everything, of which some is not wanted any more.
    let request = heard(&mut new).await.unwrap();
    let mut desk = Desk::default();
    let reply = desk.take(&request).unwrap();
    for number in 2..8 {
        exchange(number);
        tokio::task::yield_now().await;
    }
    say(&mut new, &reply).await;
    say(&mut new, "beat").await;
    let first = desk.streams.clone();
    let new = serve(&mut served, new);
    new.lock().unwrap().streams.extend(first);
    assert_eq!(words(&mut client, 1).await, ["rotated 1 2 requested"]);
    exchange(8);
    assert_eq!(words(&mut client, 2).await, ["live 2", "gap rotated"]);
    exchange(9);
    soon(subscriptions.settled()).await;
    let wanted: BTreeSet<_> = subscriptions.wanted().into_iter().collect();
    assert_eq!(wanted.len(), 20);
    assert_eq!(streams(&new), wanted, "what the venue sends");
    assert_eq!(subscriptions.active(), subscriptions.wanted(), "what the client says");
    assert!(streams(&old).len() >= 20, "nothing was taken from the old one too early");
    assert!(client.permit().is_open());
}

#[tokio::test(start_paused = true)]
async fn a_set_is_replayed_after_a_loss_and_what_was_removed_meanwhile_is_not() {
    let (wire, mut venue) = wire();
    let mut client =
        client(&wire).subscription_protocol(Topics).subscribe(["a", "b"]).start().unwrap();
    let mut served = tokio::task::JoinSet::new();
    let desk = serve(&mut served, venue.accept_live().await);
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert_eq!(streams(&desk).len(), 2);
    served.shutdown().await;
    assert_eq!(words(&mut client, 1).await, ["down 1 transport_lost"]);
    let subscriptions = client.subscriptions();
    assert!(subscriptions.remove("a"));
    subscriptions.add("c").unwrap();
    assert_eq!(subscriptions.active(), [""; 0]);
    assert_eq!(subscriptions.status("b").unwrap().state, SubscriptionState::Pending);
    let desk = serve(&mut served, venue.accept_live().await);
    assert_eq!(words(&mut client, 2).await, ["gap reconnected", "live 2"]);
    assert_eq!(desk.lock().unwrap().requests, ["sub:b,c"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_of_the_one_that_was_refused_and_the_permit_stays_open() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire)
        .subscription_protocol(Topics)
        .subscribe(["a", "b", "x", "y"])
        .start()
        .unwrap();
    let mut served = tokio::task::JoinSet::new();
    let desk = serve(&mut served, venue.accept_live().await);
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert_eq!(client.subscriptions().active(), ["a", "b", "y"]);
    let status = client.subscriptions().status("x").unwrap();
    assert_eq!(status.state, SubscriptionState::Refused);
    assert!(client.permit().is_open());
    let before = desk.lock().unwrap().requests.len();
    tokio::time::advance(secs(300)).await;
    assert_eq!(desk.lock().unwrap().requests.len(), before, "it is not asked for again");
    client.subscriptions().add("x").unwrap();
    assert_eq!(told(&mut client).await.split(": ").nth(1), Some("refused"));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_does_not_reply_closes_the_permit_and_holds_nobody_up_for_ever() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).subscription_protocol(Topics).subscribe(["a"]).start().unwrap();
    let mut peer = venue.accept_live().await;
    let mute = Arc::new(AtomicBool::new(true));
    let is_mute = Arc::clone(&mute);
    let mut served = tokio::task::JoinSet::new();
    served.spawn(async move {
        let mut desk = Desk::default();
        while let Some(text) = heard(&mut peer).await {
            let reply = desk.take(&text).filter(|_| !is_mute.load(Ordering::Relaxed));
            if let Some(reply) = reply {
                say(&mut peer, &reply).await;
            }
        }
    });
    let since = client.clock().now();
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let waited = client.clock().now().saturating_since(since);
    assert!(waited >= secs(5) && waited < millis(5_100), "it had its time: {waited:?}");
    assert!(!client.permit().is_open());
    assert_eq!(told(&mut client).await, "a: no reply to 3 requests");
    assert_eq!(client.subscriptions().status("a").unwrap().state, SubscriptionState::Unanswered);
    mute.store(false, Ordering::Relaxed);
    soon(client.subscriptions().settled()).await;
    assert!(told(&mut client).await.starts_with("a: active after"));
    assert!(client.permit().is_open());
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_falls_silent_is_told_ended_and_asked_for_again() {
    let (wire, mut venue) = wire();
    let spec = WatchSpec {
        first_within: Some(secs(10)),
        then_every: Some(secs(3)),
        on_silence: OnSilence::Resubscribe { attempts: NonZeroU8::MIN },
    };
    let mut client =
        client(&wire).subscription_protocol(Topics).subscribe_watched(["a"], spec).start().unwrap();
    let mut peer = venue.accept_live().await;
    let mut desk = Desk::default();
    let request = heard(&mut peer).await.unwrap();
    let reply = desk.take(&request).unwrap();
    say(&mut peer, &reply).await;
    say(&mut peer, "data:a").await;
    assert_eq!(words(&mut client, 2).await, ["live 1", "data:a"]);
    let since = client.clock().now();
    assert!(client.permit().is_open());
    let (silent, again) = tokio::join!(told(&mut client), async {
        let end = heard(&mut peer).await.unwrap();
        let reply = desk.take(&end).unwrap();
        say(&mut peer, &reply).await;
        let again = heard(&mut peer).await.unwrap();
        let reply = desk.take(&again).unwrap();
        say(&mut peer, &reply).await;
    });
    let () = again;
    assert_eq!(silent, "a: silent for 3s");
    assert!(client.clock().now().saturating_since(since) < millis(3_100));
    assert_eq!(desk.requests, ["sub:a", "unsub:a", "sub:a"]);
    assert!(!client.permit().is_open());
    say(&mut peer, "data:a").await;
    assert!(told(&mut client).await.starts_with("a: recovered after 3"));
    assert!(client.permit().is_open());
}

/// Logs in, and counts how often.
struct Login(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Handler for Login {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        connection.send("login".into()).await?;
        let reply = connection.receive().await?;
        self.0.lock().unwrap().push(reply.to_string());
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_before_the_handler_has_logged_in() {
    let (wire, mut venue) = wire();
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut client = client(&wire)
        .subscription_protocol(Topics)
        .subscribe(["orders"])
        .handler(Login(Arc::clone(&log)))
        .start()
        .unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(heard(&mut peer).await.unwrap(), "login");
    tokio::time::advance(secs(1)).await;
    say(&mut peer, "welcome").await;
    let request = heard(&mut peer).await.unwrap();
    assert!(request.starts_with("sub:") && request.ends_with(":orders"), "{request}");
    say(&mut peer, &Desk::default().take(&request).unwrap()).await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert_eq!(*log.lock().unwrap(), ["welcome"]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_no_venue_would_understand_is_refused_when_it_is_added() {
    let (wire, _venue) = wire();
    let refused = client(&wire).subscription_protocol(Topics).subscribe(["a\"b"]).start();
    let Err(ClientError::Subscription(SubscriptionError::Spelling { topic, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(topic, "a\"b");
    let client = client(&wire).start().unwrap();
    let subscriptions = client.subscriptions();
    assert_eq!(subscriptions.add("a"), Err(SubscriptionError::NoProtocol));
    assert!(!subscriptions.remove("a"));
    assert_eq!(subscriptions.status("a"), None);
}

/// Counts how many messages it is asked about.
struct Counting(Arc<AtomicUsize>);

impl SubscriptionProtocol for Counting {
    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        Topics.write(request, out)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        self.0.fetch_add(1, Ordering::Relaxed);
        Topics.read(frame, names)
    }
}

/// A client that leaves subscriptions to its handler paid a parse for each message.
#[tokio::test(start_paused = true)]
async fn messages_are_read_for_subscriptions_only_once_something_was_wanted() {
    let (wire, mut venue) = wire();
    let asked = Arc::new(AtomicUsize::new(0));
    let protocol = Counting(Arc::clone(&asked));
    let mut client = client(&wire).subscription_protocol(protocol).start().unwrap();
    let mut peer = venue.accept_live().await;
    say(&mut peer, "data:a").await;
    assert_eq!(words(&mut client, 2).await, ["live 1", "data:a"]);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nothing is wanted");

    assert_eq!(client.subscriptions().add("a"), Ok(true));
    let request = heard(&mut peer).await.unwrap();
    let reply = Desk::default().take(&request).unwrap();
    say(&mut peer, &reply).await;
    soon(client.subscriptions().settled()).await;
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // What was wanted once may still be replied to.
    assert!(client.subscriptions().remove("a"));
    say(&mut peer, "data:b").await;
    assert_eq!(words(&mut client, 1).await, ["data:b"]);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
