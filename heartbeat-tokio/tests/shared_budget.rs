//! A venue that counts what comes from one address, on whichever connection.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod client_common;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use client_common::{Peer, client, say, soon, until, wire, word};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use heartbeat_core::{MessageLimit, Timestamp};
use heartbeat_tokio::client::{Update, VenueGate, VenueLimits};
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::{Client, MonotonicClock, Receipt};
use tokio::task::JoinSet;

const SECOND: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 8;
const ORDERS: usize = 20;

/// What came in at the venue: when, on which connection, and whether it was an order.
type Seen = Arc<Mutex<Vec<(Timestamp, usize, bool)>>>;

/// Reads one connection to its end, and answers its probes.
async fn look_on(mut peer: Peer, number: usize, clock: MonotonicClock, seen: Seen) {
    while let Some(Ok(message)) = peer.next().await {
        let Ok(text) = message.to_text() else { continue };
        let probe = text.strip_prefix("probe:");
        seen.lock().unwrap().push((clock.now(), number, probe.is_none()));
        if let Some(probe) = probe {
            say(&mut peer, &format!("answer:{probe}")).await;
        }
    }
}

/// Asserts that no second holds more than `most`.
fn assert_strict(seen: &[(Timestamp, usize, bool)], most: usize) {
    for (first, after) in seen.iter().zip(seen.iter().skip(most)) {
        let span = after.0.saturating_since(first.0);
        assert!(span >= SECOND, "{most} messages and one more in {span:?}");
    }
}

/// Asserts that connections take turns once there is a line: of as many orders in a row as there
/// are connections none has more than two, until the first has none left.
fn assert_fair(seen: &[(Timestamp, usize, bool)]) {
    let orders: Vec<_> =
        seen.iter().filter(|(.., is_order)| *is_order).map(|(_, number, _)| *number).collect();
    let mut had = [0; CONNECTIONS];
    let all_have_more = orders.iter().take_while(|number| {
        had[**number] += 1;
        had[**number] < ORDERS
    });
    let contested = all_have_more.count();
    // The first window is for whoever asks first.
    for turns in orders[6..contested].windows(CONNECTIONS) {
        for number in 0..CONNECTIONS {
            let count = turns.iter().filter(|turn| **turn == number).count();
            assert!(count <= 2, "{turns:?}");
        }
    }
    assert!(contested > 100, "all are served alike to the end: {contested}");
    assert_eq!(orders.len(), CONNECTIONS * ORDERS);
}

fn start(wire: &client_common::Wire, gate: &VenueGate, number: usize) -> Client {
    client(wire).gate(gate.clone()).seed(u64::try_from(number).unwrap()).start().unwrap()
}

/// Eight clients with twenty messages each, at a venue that takes eight a second of an address.
#[tokio::test(start_paused = true)]
async fn all_connections_of_a_gate_keep_one_budget_and_take_turns() {
    let (wire, mut venue) = wire();
    let limit = MessageLimit::new(8, SECOND, 2).unwrap();
    let limits = VenueLimits::unknown().shared_message_limit(limit);
    let gate = VenueGate::new(&limits).unwrap();
    let (seen, mut tasks) = (Seen::default(), JoinSet::new());
    let mut clients = Vec::new();
    for number in 0..CONNECTIONS {
        let mut client = start(&wire, &gate, number);
        let peer = venue.accept_live().await;
        tasks.spawn(look_on(peer, number, gate.clock(), Arc::clone(&seen)));
        let live = until(&mut client, |update| word(&update)).await;
        assert!(live.starts_with("live"), "{live}");
        clients.push(client);
    }
    let mut sends = JoinSet::new();
    for client in &clients {
        let sender = client.sender();
        sends.spawn(async move {
            join_all((0..ORDERS).map(|_| sender.send(Message::text("order")))).await
        });
    }
    let began = gate.clock().now();
    while let Some(receipts) = soon(sends.join_next()).await {
        assert!(receipts.unwrap().iter().all(Receipt::is_written));
    }
    let took = gate.clock().now().saturating_since(began);
    let seen = seen.lock().unwrap().clone();
    assert_strict(&seen, 8);
    assert_fair(&seen);
    // Six in 1.1 s, if no heartbeat takes a place: the share of the applications is used.
    assert!(took <= Duration::from_secs(40), "{took:?}");
    // Probes left beside them, and nobody was taken for dead.
    assert!(seen.iter().filter(|(.., is_order)| !is_order).count() >= CONNECTIONS);
    for client in &mut clients {
        while let Ok(Some(update)) = tokio::time::timeout(Duration::ZERO, client.next()).await {
            assert!(!matches!(update, Update::Down(_)), "{update:?}");
        }
    }
}

/// A connection that is closed leaves its place in line to the others.
#[tokio::test(start_paused = true)]
async fn who_leaves_the_line_holds_nobody_up() {
    let (wire, mut venue) = wire();
    let limit = MessageLimit::new(2, SECOND, 1).unwrap();
    let gate = VenueGate::new(&VenueLimits::unknown().shared_message_limit(limit)).unwrap();
    let (seen, mut tasks) = (Seen::default(), JoinSet::new());
    let mut clients = Vec::new();
    for number in 0..3 {
        let mut client = start(&wire, &gate, number);
        let peer = venue.accept_live().await;
        tasks.spawn(look_on(peer, number, gate.clock(), Arc::clone(&seen)));
        until(&mut client, |update| word(&update)).await;
        clients.push(client);
    }
    let senders: Vec<_> = clients.iter().map(Client::sender).collect();
    let mut first = JoinSet::new();
    for sender in &senders {
        let sender = sender.clone();
        first.spawn(async move { sender.send(Message::text("order")).await });
    }
    // One leaves at once, two wait; the first of these goes away.
    assert_eq!(soon(first.join_next()).await.unwrap().unwrap(), Receipt::Written);
    drop(clients.remove(1));
    let began = gate.clock().now();
    let mut written = 1;
    while let Some(receipt) = soon(first.join_next()).await {
        written += usize::from(receipt.unwrap().is_written());
    }
    assert_eq!(written, 2);
    let took = gate.clock().now().saturating_since(began);
    assert!(took <= Duration::from_millis(2_300), "{took:?}");
}
