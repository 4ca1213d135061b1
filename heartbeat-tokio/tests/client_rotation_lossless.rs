//! Level 3: a rotation loses nothing and repeats nothing, or says so.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use client_common::{Peer, client, heard, millis, say, secs, soon, until, wire, word, words};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::Timestamp;
use heartbeat_tokio::client::{
    ClientBuilder, GapCause, Handler, HandlerConnection, Labels, Leaving, Update,
};
use heartbeat_tokio::{Client, MonotonicClock, Receipt};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

/// Takes the number of a `trade N` for its key.
fn label(message: &Message) -> Labels {
    let number = message.to_text().ok().and_then(|text| text.strip_prefix("trade ")?.parse().ok());
    number.map_or(Labels::default(), |number| Labels::default().key(number).subscription(1))
}

/// Says each number of a venue's feed on one connection, so much later, and answers probes.
async fn stream(mut peer: Peer, mut feed: broadcast::Receiver<u64>, behind: Duration) {
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    let mut due = VecDeque::<(Timestamp, u64)>::new();
    loop {
        let wait = due.front().map_or(secs(60), |(at, _)| at.saturating_since(clock.now()));
        tokio::select! {
            biased;
            Ok(number) = feed.recv() => due.push_back((clock.now().saturating_add(behind), number)),
            message = timeout(wait, peer.next()) => match message {
                Ok(Some(Ok(Message::Text(text)))) => answer_probe(&mut peer, &text).await,
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => return,
                Err(_) => {
                    if let Some((_, number)) = due.pop_front() {
                        let _gone = peer.send(Message::text(format!("trade {number}"))).await;
                    }
                }
            }
        }
    }
}

async fn answer_probe(peer: &mut Peer, text: &str) {
    if let Some(id) = text.strip_prefix("probe:") {
        let _gone = peer.send(Message::text(format!("answer:{id}"))).await;
    }
}

/// How one run of a feed over a rotation went.
struct Shown {
    missing: usize,
    repeated: usize,
    rotation_gaps: usize,
    overlapped: Option<heartbeat_tokio::client::Overlapped>,
}

/// Rotates once while a venue says a number each millisecond, on the old connection and on the new
/// one so much later.
async fn rotate(builder: ClientBuilder<client_common::Toy>, old: Duration, new: Duration) -> Shown {
    let (wire, mut venue) = wire();
    let mut client = builder.connector(wire).start().unwrap();
    let (numbers, _) = broadcast::channel(1 << 14);
    let mut tasks = JoinSet::new();
    tasks.spawn(stream(venue.accept_live().await, numbers.subscribe(), old));
    let sender = numbers.clone();
    tasks.spawn(async move {
        let mut every = tokio::time::interval(millis(1));
        for number in 0..4_000 {
            every.tick().await;
            let _ = sender.send(number);
        }
    });
    let mut seen = BTreeMap::<u64, usize>::new();
    let mut shown = Shown { missing: 0, repeated: 0, rotation_gaps: 0, overlapped: None };
    let mut has_rotated = false;
    while seen.last_key_value().is_none_or(|(last, _)| *last < 3_900) {
        match soon(client.next()).await.unwrap() {
            Update::Message(message) => {
                if let Some(number) = label(&message).key {
                    *seen.entry(number).or_default() += 1;
                    if number == 1_000 && !has_rotated {
                        has_rotated = true;
                        client.rotate();
                        let (subscribed, peer) = (numbers.subscribe(), venue.accept_live().await);
                        tasks.spawn(stream(peer, subscribed, new));
                    }
                }
            }
            Update::Gap(gap) => {
                assert!(matches!(gap.cause, GapCause::Rotated { .. }), "{gap:?}");
                shown.rotation_gaps += 1;
            }
            Update::Overlapped(overlapped) => shown.overlapped = Some(overlapped),
            _ => {}
        }
    }
    let (first, last) = (*seen.keys().next().unwrap(), 3_900);
    shown.missing = (first..last).filter(|number| !seen.contains_key(number)).count();
    shown.repeated = seen.values().filter(|count| **count > 1).count();
    shown
}

fn builder() -> ClientBuilder<client_common::Toy> {
    client(&wire().0).label(label)
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_that_is_behind_repeats_nothing() {
    for behind in [0, 4, 6, 39, 250] {
        let shown = rotate(builder().overlap(millis(40)), Duration::ZERO, millis(behind)).await;
        assert_eq!((shown.missing, shown.repeated), (0, 0), "{behind} ms behind");
        assert_eq!(shown.rotation_gaps, 0, "{behind} ms behind");
        let overlapped = shown.overlapped.unwrap();
        assert!(overlapped.matched > 0, "{behind} ms behind: {overlapped:?}");
        assert!(overlapped.lag <= millis(behind + 2), "{behind} ms behind: {overlapped:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_that_is_further_behind_than_the_overlap_is_told_as_a_gap() {
    let shown = rotate(builder().overlap(millis(40)), millis(80), Duration::ZERO).await;
    let overlapped = shown.overlapped.unwrap();
    assert_eq!((overlapped.matched, overlapped.span_needed), (0, None));
    assert_eq!(shown.rotation_gaps, 1, "{} are missing", shown.missing);
    assert_eq!(shown.repeated, 0);

    let shown = rotate(builder().overlap(millis(200)), millis(80), Duration::ZERO).await;
    assert_eq!((shown.missing, shown.repeated, shown.rotation_gaps), (0, 0, 0));
    let needed = shown.overlapped.unwrap().span_needed.unwrap();
    assert!((millis(70)..=millis(90)).contains(&needed), "{needed:?}");
}

/// A venue that answers each request after 30 ms, and none once it is asked to close.
async fn answer_requests(mut peer: Peer) {
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    let mut due = VecDeque::<(Timestamp, String)>::new();
    loop {
        let wait = due.front().map_or(secs(60), |(at, _)| at.saturating_since(clock.now()));
        match timeout(wait, peer.next()).await {
            Ok(Some(Ok(Message::Text(text)))) if text.starts_with("probe:") => {
                answer_probe(&mut peer, &text).await;
            }
            Ok(Some(Ok(Message::Text(text)))) => {
                due.push_back((clock.now().saturating_add(millis(30)), format!("done {text}")));
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => return,
            Err(_) => {
                if let Some((_, text)) = due.pop_front() {
                    let _gone = peer.send(Message::text(text)).await;
                }
            }
        }
    }
}

/// Sends requests while the client rotates, and counts those that were written and not answered.
async fn unanswered(builder: ClientBuilder<client_common::Toy>) -> usize {
    let (wire, mut venue) = wire();
    let mut client = builder.connector(wire).start().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(answer_requests(venue.accept_live().await));
    until(&mut client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
    let sender = client.sender();
    let (mut written, mut answered) = (0, 0);
    for round in 0..6 {
        client.rotate();
        let mut rotated = false;
        for number in 0..100 {
            if sender.send(format!("request {round} {number}").into()).await == Receipt::Written {
                written += 1;
            }
            if number == 50 && !rotated {
                rotated = true;
                tasks.spawn(answer_requests(venue.accept_live().await));
            }
            while let Ok(Some(update)) = timeout(millis(2), client.next()).await {
                answered += usize::from(word(&update).is_some_and(|it| it.starts_with("done")));
            }
        }
    }
    while let Ok(Some(update)) = timeout(secs(5), client.next()).await {
        answered += usize::from(word(&update).is_some_and(|it| it.starts_with("done")));
    }
    assert_eq!(written, 600);
    written - answered
}

#[tokio::test(start_paused = true)]
async fn replies_under_way_come_through_a_rotation() {
    assert_eq!(unanswered(client(&wire().0)).await, 0, "nothing is known of the messages");
    assert_eq!(unanswered(builder()).await, 0, "replies are told from data");
    assert_eq!(unanswered(builder().overlap(millis(5))).await, 0, "both are shown as one");
}

/// Forwards what it hears at the end.
struct Forwarding;

#[async_trait]
impl Handler for Forwarding {
    async fn before_close(&mut self, connection: &mut HandlerConnection, leaving: Leaving) {
        if matches!(leaving, Leaving::Rotated { .. }) {
            let _ = connection.send("anything left?".into()).await;
            if let Ok(message) = connection.receive().await {
                connection.forward(message);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_forwards_and_leaves_of_a_rotated_connection_is_shown() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(Forwarding).start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.rotate();
    let mut new = venue.accept_live().await;
    assert_eq!(words(&mut client, 2).await, ["rotated 1 2 requested", "live 2"]);
    say(&mut new, "snapshot").await;
    assert_eq!(heard(&mut old).await.unwrap(), "anything left?");
    for text in ["filled", "and filled", "and filled again"] {
        say(&mut old, text).await;
    }
    assert_eq!(heard(&mut old).await, None, "then the Close frame");
    assert_eq!(
        words(&mut client, 5).await,
        ["filled", "and filled", "and filled again", "gap rotated", "snapshot"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_left_connection_that_never_closes_holds_the_new_one_up_for_a_bounded_time() {
    let (wire, mut venue) = wire();
    let mut client: Client = client(&wire).start().unwrap();
    let old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert_eq!(client.sender().send("request".into()).await, Receipt::Written);
    client.rotate();
    let mut new = venue.accept_live().await;
    say(&mut new, "snapshot").await;
    let since = client.clock().now();
    until(&mut client, |update| word(&update).filter(|word| word == "snapshot")).await;
    let took = client.clock().now().saturating_since(since);
    // One second for a reply, two for the closing handshake.
    assert!(took <= millis(3_010), "{took:?}");
    drop(old);
}
