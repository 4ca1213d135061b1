//! Level 3: one connection is left for another, and nothing is lost or told twice.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::num::NonZeroUsize;

use client_common::{Peer, client, heard, millis, say, secs, soon, until, wire, word, words};
use heartbeat_core::{RecoveryConfig, RotationReason};
use heartbeat_tokio::client::{GapCause, Labels, Update};
use heartbeat_tokio::{Client, ConnectionOptions, Receipt};
use tokio_tungstenite::tungstenite::Message;

/// Takes the number that a message ends in for its key.
fn number(message: &Message) -> Labels {
    let number = message.to_text().ok().and_then(|text| text.rsplit(' ').next()?.parse().ok());
    number.map_or(Labels::default(), |number| Labels::default().key(number))
}

#[tokio::test(start_paused = true)]
async fn without_a_key_it_is_all_of_the_old_one_then_all_of_the_new_one() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut old = venue.accept_live().await;
    say(&mut old, "old 1").await;
    assert_eq!(words(&mut client, 2).await, ["live 1", "old 1"]);
    client.rotate();
    let mut new = venue.accept().await;
    // The old one is shown for as long as the new one is not live.
    say(&mut new, "snapshot").await;
    say(&mut old, "old 2").await;
    assert_eq!(words(&mut client, 1).await, ["old 2"]);
    say(&mut new, "beat").await;
    assert_eq!(heard(&mut old).await, None, "the old one is closed");
    say(&mut new, "new 1").await;
    assert_eq!(
        words(&mut client, 5).await,
        ["rotated 1 2 requested", "live 2", "gap rotated", "snapshot", "new 1"]
    );
    assert!(client.permit().is_open());
    // No second rotation, no second connection.
    drop(old);
    venue.hears_nothing_for(secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn with_a_key_both_are_shown_as_one_and_there_is_no_gap() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).overlap(secs(2)).label(number).start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.rotate();
    let mut new = venue.accept().await;
    // Each lags behind the other now and then.
    for number in 1..=3 {
        say(&mut old, &format!("trade {number}")).await;
    }
    assert_eq!(words(&mut client, 3).await, ["trade 1", "trade 2", "trade 3"]);
    say(&mut new, "trade 3").await;
    say(&mut new, "trade 4").await;
    say(&mut new, "beat").await;
    assert_eq!(
        words(&mut client, 3).await,
        ["rotated 1 2 requested", "live 2", "trade 4"],
        "what the old one said is not told again, and what it did not say is"
    );
    say(&mut old, "trade 4").await;
    say(&mut old, "trade 5").await;
    assert_eq!(words(&mut client, 1).await, ["trade 5"]);
    say(&mut new, "trade 5").await;
    say(&mut new, "trade 6").await;
    assert_eq!(words(&mut client, 1).await, ["trade 6"]);
    assert_eq!(heard(&mut old).await, None, "the old one is closed after the overlap");
    say(&mut new, "trade 7").await;
    assert_eq!(words(&mut client, 1).await, ["trade 7"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_that_fails_costs_the_old_one_nothing() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.rotate();
    venue.answer_http("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    let failed = &words(&mut client, 1).await[0];
    assert!(failed.starts_with("failed 2 venue refused the handshake with status 502"), "{failed}");
    assert!(client.permit().is_open());
    say(&mut old, "still here").await;
    assert_eq!(words(&mut client, 1).await, ["still here"]);
    // The rotation is still wanted.
    let _new = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["rotated 1 3 requested"]);
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_that_dies_meanwhile_makes_it_a_recovery() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.rotate();
    let mut new = venue.accept().await;
    drop(old);
    assert_eq!(words(&mut client, 1).await, ["down 1 transport_lost"]);
    say(&mut new, "beat").await;
    assert_eq!(words(&mut client, 2).await, ["gap reconnected", "live 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_notice_of_shutdown_and_the_maximum_age_rotate_by_themselves() {
    let (wire, mut venue) = wire();
    let config = RecoveryConfig::builder().max_age(secs(400)).rotation_spread(secs(5));
    let config = config.build().unwrap();
    let mut client = client(&wire).recovery_config(config).start().unwrap();
    let clock = client.clock();
    let mut first = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    say(&mut first, "shutdown").await;
    let second = venue.accept_live().await;
    assert!(clock.now().saturating_since(heartbeat_core::Timestamp::ZERO) <= secs(15));
    let mut served = tokio::task::JoinSet::new();
    served.spawn(answer(second));
    let reasons = |update| match update {
        Update::Rotated { reason, .. } => Some(reason),
        _ => None,
    };
    assert_ne!(until(&mut client, reasons).await, RotationReason::Age);
    let since = clock.now();
    served.spawn(answer(venue.accept_live().await));
    assert_eq!(until(&mut client, reasons).await, RotationReason::Age);
    assert!(clock.now().saturating_since(since) >= secs(394));
}

/// Answers probes until the client says goodbye.
async fn answer(mut peer: Peer) {
    while heard(&mut peer).await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_behind_a_stuck_one_leaves_by_the_new_connection() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().write_within(secs(60));
    let mut client = client(&wire).connection_options(options).start().unwrap();
    let old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let sender = client.sender();
    let big = Message::text("x".repeat(100 << 10));
    let mut orders = tokio::task::JoinSet::new();
    for message in [big, "order".into()] {
        let sender = sender.clone();
        orders.spawn(async move { sender.send(message).await });
        tokio::task::yield_now().await;
    }
    client.rotate();
    let mut new = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["rotated 1 2 requested"]);
    assert_eq!(heard(&mut new).await.unwrap(), "order");
    let mut receipts = Vec::new();
    while let Some(receipt) = soon(orders.join_next()).await {
        receipts.push(receipt.unwrap());
    }
    assert!(receipts.contains(&Receipt::Written), "{receipts:?}");
    assert!(receipts.contains(&Receipt::Unknown), "of the big one nobody knows: {receipts:?}");
    drop(old);
}

async fn gap(client: &mut Client) -> heartbeat_tokio::client::Gap {
    until(client, |update| match update {
        Update::Gap(gap) => Some(gap),
        _ => None,
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_too_slow_is_told_where_and_how_much_it_missed() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().queue_bytes(NonZeroUsize::new(4_096).unwrap());
    let mut client = client(&wire).connection_options(options).start().unwrap();
    let mut peer = venue.accept_live().await;
    let permit = client.permit();
    for number in 0..100 {
        say(&mut peer, &format!("trade {number}")).await;
    }
    // They are read in several turns, with the application's between them.
    for _ in 0..5 {
        tokio::time::advance(millis(1)).await;
    }
    assert!(!permit.is_open(), "it does not know what it missed");
    let lost = gap(&mut client).await;
    let GapCause::Lagged(lagged) = lost.cause else { panic!("{lost:?}") };
    assert!(permit.is_open());
    let kept = until(&mut client, |update| word(&update)).await;
    // The connection went live before them, which is lost as well.
    assert_eq!(kept, format!("trade {}", lagged.frames));
}
