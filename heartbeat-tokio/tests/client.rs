//! Level 3: connect, be ready, live, and recover.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use client_common::{client, say, soon, until, wire, words};
use heartbeat_tokio::client::{GapCause, Update};

#[tokio::test(start_paused = true)]
async fn it_connects_loses_the_line_and_comes_back_with_one_gap() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    say(&mut peer, "a").await;
    assert_eq!(words(&mut client, 2).await, ["live 1", "a"]);
    let last = client.clock().now();

    drop(peer);
    assert_eq!(words(&mut client, 1).await, ["down 1 transport_lost"]);
    let mut peer = venue.accept_live().await;
    say(&mut peer, "b").await;
    let gap = until(&mut client, |update| match update {
        Update::Gap(gap) => Some(gap),
        _ => None,
    });
    let gap = gap.await;
    assert!(matches!(gap.cause, GapCause::Reconnected { .. }));
    assert_eq!(gap.from, last);
    assert_eq!(gap.to, client.clock().now());
    assert_eq!(words(&mut client, 2).await, ["live 2", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_clean_close_is_one_close_frame_each_way_and_the_last_update() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.stop();
    assert_eq!(client_common::heard(&mut peer).await, None, "a Close frame and nothing else");
    assert_eq!(
        words(&mut client, 1).await,
        ["closed: application ended the recovery, closed cleanly"]
    );
    assert!(soon(client.next()).await.is_none());
}
