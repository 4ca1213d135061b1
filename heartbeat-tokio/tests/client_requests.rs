//! Level 3: every request gets its reply, or the truth about what may have become of it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::time::Duration;

use client_common::{client, hang_up, heard, millis, say, secs, soon, wire, word, words};
use futures_util::FutureExt as _;
use heartbeat_tokio::client::{ClientBuilder, RequestError, RequestKey};
use heartbeat_tokio::{ConnectionOptions, NotWritten};
use tokio_tungstenite::tungstenite::Message;

/// `ask:7` is replied to by `reply:7`.
fn with_replies(builder: ClientBuilder<client_common::Toy>) -> ClientBuilder<client_common::Toy> {
    builder.reply_key(|message: &Message| {
        let id = message.to_text().ok()?.strip_prefix("reply:")?;
        Some(RequestKey::from(id))
    })
}

#[tokio::test(start_paused = true)]
async fn each_reply_finds_its_request_and_everything_else_the_application() {
    let (wire, mut venue) = wire();
    let mut client = with_replies(client(&wire)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let first = client.request("ask:1".into(), 1);
    let second = client.request("ask:2".into(), "2");
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:1", "in the order in which they were made");
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:2");
    tokio::time::advance(millis(30)).await;
    for text in ["reply:2", "trade", "reply:1", "reply:3"] {
        say(&mut peer, text).await;
    }
    let (first, second) = (soon(first).await.unwrap(), soon(second).await.unwrap());
    assert_eq!((first.message, second.message), ("reply:1".into(), "reply:2".into()));
    assert!(second.after >= millis(30) && second.after < millis(40), "{:?}", second.after);
    assert_eq!(words(&mut client, 2).await, ["trade", "reply:3"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_sent_is_told_as_that() {
    let (wire, mut venue) = wire();
    let mut client = with_replies(client(&wire)).start().unwrap();
    let early = client.request("ask:1".into(), 1).await.unwrap_err();
    assert_eq!(early, RequestError::NotSent(NotWritten::NotReady));
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let _first = client.request("ask:1".into(), 1);
    let twice = client.request("ask:1".into(), 1).await.unwrap_err();
    assert_eq!(twice, RequestError::KeyInUse { key: 1.into() });
    assert!(early.is_safe_to_repeat() && twice.is_safe_to_repeat());
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:1");
    tokio::time::timeout(secs(1), heard(&mut peer)).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_thousand_wait_and_the_bound_says_its_name() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().send_messages(2_000.try_into().unwrap());
    let builder = with_replies(client(&wire)).connection_options(options);
    let mut client = builder.start().unwrap();
    let _peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let mut waiting: Vec<_> =
        (0..1_024).map(|id| client.request(format!("ask:{id}").into(), id)).collect();
    let refused = client.request("ask:x".into(), "x").await.unwrap_err();
    assert_eq!(refused, RequestError::TooMany { requests_max: 1_024 });
    // Whoever goes makes room.
    waiting.pop();
    let next = client.request("ask:x".into(), "x");
    assert!(next.now_or_never().is_none(), "it waits");
}

#[tokio::test(start_paused = true)]
async fn a_loss_fails_all_that_wait_at_once_and_says_which_may_have_been_executed() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().write_within(secs(60));
    let builder = with_replies(client(&wire)).connection_options(options);
    let mut client = builder.start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let written = client.request("ask:1".into(), 1);
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:1");
    // The line takes a part of the next one, and nothing of what is behind it.
    let stuck = client.request("x".repeat(200 << 10).into(), 2);
    let behind = client.request("ask:3".into(), 3);
    tokio::task::yield_now().await;
    let since = client.clock().now();
    drop(peer);
    let [written, stuck, behind] =
        [soon(written).await, soon(stuck).await, soon(behind).await].map(Result::unwrap_err);
    assert!(client.clock().now().saturating_since(since) < secs(1), "at once");
    assert!(matches!(written, RequestError::Ended { .. }), "{written}");
    assert!(matches!(stuck, RequestError::Ended { .. }), "{stuck}");
    assert_eq!(behind, RequestError::NotSent(NotWritten::Closed));
    assert!(written.may_have_been_executed() && stuck.may_have_been_executed());
    assert!(!behind.may_have_been_executed());
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_comes_too_late_is_the_applications() {
    let (wire, mut venue) = wire();
    let mut client = with_replies(client(&wire)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let since = client.clock().now();
    let late = client.request("ask:1".into(), 1).within(secs(2));
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:1");
    let late = soon(late).await.unwrap_err();
    assert_eq!(late, RequestError::Overdue { within: secs(2) });
    assert_eq!(client.clock().now().saturating_since(since).as_secs(), 2);
    assert!(late.may_have_been_executed());
    say(&mut peer, "reply:1").await;
    assert_eq!(words(&mut client, 1).await, ["reply:1"]);
    // The key is free again.
    let again = client.request("ask:1".into(), 1);
    say(&mut peer, "reply:1").await;
    assert!(soon(again).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_waits_for_is_withdrawn_or_its_reply_is_the_applications() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().write_within(secs(60));
    let builder = with_replies(client(&wire)).connection_options(options);
    let mut client = builder.start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let sent = client.request("ask:1".into(), 1);
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:1");
    drop(sent);
    say(&mut peer, "reply:1").await;
    assert_eq!(words(&mut client, 1).await, ["reply:1"]);
    // Behind a message that is stuck it has not left.
    let _stuck = client.request("x".repeat(200 << 10).into(), 2);
    tokio::task::yield_now().await;
    drop(client.request("ask:3".into(), 3));
    let _next = client.request("ask:4".into(), 4);
    assert_eq!(heard(&mut peer).await.unwrap().len(), 200 << 10);
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:4");
}

#[tokio::test(start_paused = true)]
async fn one_that_has_not_left_in_time_is_certainly_not_sent() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().write_within(secs(60));
    let builder = with_replies(client(&wire)).connection_options(options);
    let mut client = builder.start().unwrap();
    let peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let stuck = client.request("x".repeat(200 << 10).into(), 2).within(secs(5));
    tokio::task::yield_now().await;
    let behind = client.request("ask:3".into(), 3).within(secs(5));
    let (stuck, behind) = tokio::join!(stuck, behind);
    assert_eq!(stuck.unwrap_err(), RequestError::Overdue { within: secs(5) });
    assert_eq!(behind.unwrap_err(), RequestError::NotSent(NotWritten::Withdrawn));
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_reply_by_the_connection_that_is_left_still_settles() {
    let (wire, mut venue) = wire();
    let mut client = with_replies(client(&wire)).start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let request = client.request("ask:1".into(), 1);
    assert_eq!(heard(&mut old).await.unwrap(), "ask:1");
    client.rotate();
    let _new = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["rotated 1 2 requested"]);
    tokio::time::advance(Duration::from_millis(5)).await;
    say(&mut old, "reply:1").await;
    let reply = soon(request).await.unwrap();
    assert_eq!(reply.message, "reply:1".into());
    assert_eq!(reply.generation.number(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_leaves_by_the_new_connection() {
    let (wire, mut venue) = wire();
    let options = ConnectionOptions::default().write_within(secs(60));
    let builder = with_replies(client(&wire)).connection_options(options);
    let mut client = builder.start().unwrap();
    let _old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let _stuck = client.request("x".repeat(200 << 10).into(), 2).within(secs(600));
    tokio::task::yield_now().await;
    let behind = client.request("ask:3".into(), 3).within(secs(600));
    client.rotate();
    let mut new = venue.accept_live().await;
    let (reply, ()) = tokio::join!(soon(behind), async {
        assert_eq!(heard(&mut new).await.unwrap(), "ask:3");
        say(&mut new, "reply:3").await;
    });
    assert_eq!(reply.unwrap().generation.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_left_and_does_not_reply_ends_the_wait() {
    let (wire, mut venue) = wire();
    let mut client = with_replies(client(&wire)).start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let request = client.request("ask:1".into(), 1).within(secs(600));
    assert_eq!(heard(&mut old).await.unwrap(), "ask:1");
    client.rotate();
    let _new = venue.accept_live().await;
    let error = soon(request).await.unwrap_err();
    assert!(matches!(error, RequestError::Ended { generation } if generation.number() == 1));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_hangs_up_fails_them_too() {
    let (wire, mut venue) = wire();
    let mut client = with_replies(client(&wire)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let request = client.request("ask:1".into(), 1);
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:1");
    say(&mut peer, "reply:1").await;
    let other = client.request("ask:2".into(), 2);
    assert_eq!(heard(&mut peer).await.unwrap(), "ask:2");
    hang_up(&mut peer, 1_001).await;
    assert!(soon(request).await.is_ok(), "it was said before");
    assert!(soon(other).await.unwrap_err().may_have_been_executed());
    let down = client_common::until(&mut client, |update| word(&update)).await;
    assert_eq!(down, "down 1 peer_closed");
}

#[tokio::test(start_paused = true)]
async fn without_a_reply_key_there_is_no_reply_to_wait_for() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let _peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let error = client.request("ask:1".into(), 1).await.unwrap_err();
    assert_eq!(error, RequestError::NoReplyKey);
}
