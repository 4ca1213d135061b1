//! Level 3: certainty is judged where the application stands.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::time::Duration;

use client_common::{client, millis, say, secs, soon, until, wire, words};
use futures_util::{FutureExt as _, SinkExt as _};
use heartbeat_core::{BreakerState, Cause, Timestamp};
use heartbeat_tokio::Client;
use heartbeat_tokio::client::{Labels, Received, Update, VenueGate, VenueLimits};
use tokio::time::{advance, timeout};

/// Returns the next message.
async fn message(client: &mut Client) -> Received {
    until(client, |update| match update {
        Update::Message(message) => Some(message),
        _ => None,
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_too_slow_never_pops_old_data_with_the_permit_open() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    let permit = client.permit();
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    // Two messages in the time in which it reads one: half of all piles up.
    let (mut oldest, mut told_behind) = (Duration::ZERO, 0);
    let mut number = 0;
    for _ in 0..2_000 {
        for _ in 0..2 {
            say(&mut peer, &format!("trade {number}")).await;
            number += 1;
            if number % 500 == 0 {
                say(&mut peer, "beat").await;
            }
        }
        tokio::task::yield_now().await;
        let mut update = soon(client.next()).await.unwrap();
        while !matches!(update, Update::Message(_)) {
            told_behind += usize::from(matches!(update, Update::Behind(_)));
            update = soon(client.next()).await.unwrap();
        }
        if let Update::Message(message) = update {
            let age = message.age(client.clock().now());
            oldest = oldest.max(age);
            assert!(age <= secs(1) || !permit.is_open(), "{message} is {age:?} old");
        }
        // It does not read meanwhile, and time passes.
        let _never = timeout(millis(4), core::future::pending::<()>()).await;
    }
    assert!(oldest > secs(3), "it was behind: {oldest:?}");
    assert_eq!(told_behind, 1);
    assert!(client.status().unread.messages > 1_000, "{:?}", client.status().unread);
    // It stops taking its time, and catches up.
    until(&mut client, |update| matches!(update, Update::CaughtUp).then_some(())).await;
    assert!(permit.is_open());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_read_at_all_closes_the_permit_by_time_alone() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).fresh_within(millis(200)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let mut permit = client.permit();
    assert!(soon(permit.opened()).await);
    say(&mut peer, "trade").await;
    let since = client.clock().now();
    assert!(!soon(permit.changed()).await);
    let took = client.clock().now().saturating_since(since);
    assert!((millis(200)..millis(205)).contains(&took), "{took:?}");
    assert_eq!(words(&mut client, 3).await, ["behind", "trade", "caught up"]);
    assert!(soon(permit.opened()).await);
}

/// More than is read ahead of a judgement, and no more than a socket holds.
const SAID: usize = 6_000;

/// Twenty seconds in which this process does not run, and the venue speaks all the while.
#[tokio::test(start_paused = true)]
async fn what_came_in_during_a_stall_is_read_with_the_permit_shut() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let permit = client.permit();
    assert!(permit.is_open());
    for number in 0..SAID {
        peer.feed(format!("t{number}").into()).await.unwrap();
    }
    peer.flush().await.unwrap();
    advance(secs(20)).await;
    // The application takes each batch as it is read, before anybody knows how much there is.
    let (mut number, mut gaps) = (0, 0);
    while number < SAID {
        advance(Duration::from_micros(100)).await;
        while number < SAID
            && let Some(Some(update)) = client.next().now_or_never()
        {
            gaps += usize::from(matches!(update, Update::Gap(_)));
            if let Update::Message(message) = update {
                assert_eq!(message.to_string(), format!("t{number}"));
                number += 1;
                assert!(!permit.is_open() || number == SAID, "{message} is from before the stall");
            }
        }
    }
    advance(millis(1)).await;
    say(&mut peer, "beat").await;
    let mut permit = client.permit();
    while gaps == 0 {
        gaps += usize::from(matches!(soon(client.next()).await.unwrap(), Update::Gap(_)));
    }
    assert!(soon(permit.opened()).await);
    assert_eq!(gaps, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_says_when_and_where_it_was_read() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).label(|_| Labels::default().key(7)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    advance(millis(300)).await;
    say(&mut peer, "trade").await;
    let message = message(&mut client).await;
    assert_eq!(message.received_at(), client.clock().now());
    assert_eq!((message.generation().number(), message.endpoint()), (1, "venue.example:80"));
    assert_eq!(message.labels().key, Some(7));
    assert_eq!(message.to_string(), "trade");
    assert_eq!(message.age(Timestamp::ZERO), secs(0));
}

#[tokio::test(start_paused = true)]
async fn a_label_that_panics_is_told_once_and_costs_no_connection() {
    let (wire, mut venue) = wire();
    let panics = |message: &tokio_tungstenite::tungstenite::Message| {
        assert!(!message.to_string().starts_with("bad"), "the application panics");
        Labels::default()
    };
    let mut client = client(&wire).label(panics).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    for text in ["bad 1", "good", "bad 2"] {
        say(&mut peer, text).await;
    }
    assert_eq!(words(&mut client, 4).await, ["label panicked 1", "bad 1", "good", "bad 2"]);
    assert!(client.status().health.is_some());
    assert!(client.permit().is_open());
    drop(peer);
    let cause = until(&mut client, |update| match update {
        Update::Down(down) => Some(down.cause),
        _ => None,
    });
    assert_eq!(cause.await, Cause::TransportLost, "the venue's, when it is");
}

#[tokio::test(start_paused = true)]
async fn a_label_that_panics_all_day_does_not_open_the_breaker_of_its_neighbours() {
    let (wire, mut venue) = wire();
    let gate = VenueGate::new(&VenueLimits::unknown()).unwrap();
    let panics = |message: &tokio_tungstenite::tungstenite::Message| -> Labels {
        panic!("the application panics over {}", message.len())
    };
    let mut bad = client(&wire).gate(gate.clone()).label(panics).overlap(secs(1)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut bad, 1).await, ["live 1"]);
    let mut good = client(&wire).gate(gate.clone()).start().unwrap();
    let mut other = venue.accept_live().await;
    assert_eq!(words(&mut good, 1).await, ["live 1"]);
    for number in 0..100 {
        say(&mut peer, &format!("trade {number}")).await;
        say(&mut other, &format!("trade {number}")).await;
        let told = if number == 0 { 2 } else { 1 };
        let expected = format!("trade {number}");
        assert_eq!(words(&mut bad, told).await.last().unwrap(), &expected, "it is all read");
        assert_eq!(words(&mut good, 1).await, [expected]);
        assert_eq!(gate.breaker(), BreakerState::Closed);
    }
    let live = |client: &Client| client.status().recovery.live.unwrap().number();
    assert_eq!((live(&bad), live(&good)), (1, 1), "and no connection was lost");
    // Nobody has to wait for a gate.
    let asked = good.clock().now();
    good.rotate();
    let _next = venue.accept_live().await;
    assert!(good.clock().now().saturating_since(asked) < millis(500));
}

#[tokio::test]
async fn settings_that_cannot_be_kept_are_refused() {
    let error = client(&wire().0).overlap(secs(2)).start().unwrap_err();
    assert_eq!(error.to_string(), "label must be set for overlap (2s)");
    let error = client(&wire().0).fresh_within(secs(0)).start().unwrap_err();
    assert_eq!(error.to_string(), "fresh_within (0ns) must not be shorter than 1ms");
}
