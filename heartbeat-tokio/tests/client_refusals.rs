//! Level 3: venues that will not have a client for now, and the operator's hand.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use async_trait::async_trait;
use client_common::{Peer, client, hang_up, heard, secs, until, wire, word, words};
use heartbeat_core::{
    LeaveReason, MessageLimit, RecoveryConfig, Refusal, RotationOrder, RotationReason, Setback,
};
use heartbeat_tokio::Client;
use heartbeat_tokio::client::{
    Attempt, GapCause, Handler, HandlerConnection, NotReady, Update, VenueGate, VenueLimits,
};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

const LIVE: fn(Update) -> Option<()> = |update| matches!(update, Update::Live { .. }).then_some(());

fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

/// Waits for the next attempt that fails; returns what the venue has against the next.
async fn setback(client: &mut Client) -> Option<Setback> {
    until(client, |update| match update {
        Update::AttemptFailed(failed) => Some(failed.setback),
        _ => None,
    })
    .await
}

/// Keeps a connection alive for up to ten minutes, as a venue that is well does.
fn keep(mut peer: Peer) -> JoinSet<()> {
    let mut task = JoinSet::new();
    task.spawn(async move { while heard(&mut peer).await.is_some() {} });
    task
}

#[tokio::test(start_paused = true)]
async fn one_403_after_a_live_line_was_cut_is_a_pause_and_then_all_is_well() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    drop(peer);
    assert_eq!(words(&mut client, 1).await, ["down 1 transport_lost"]);
    venue.answer_http(&answer("403 Forbidden", "")).await;
    let setback = setback(&mut client).await.unwrap();
    assert_eq!((setback.refusal, setback.times), (Refusal::Denied, 1));
    venue.hears_nothing_for(secs(15)).await;
    let _peer = venue.accept_live().await;
    until(&mut client, LIVE).await;
}

#[tokio::test(start_paused = true)]
async fn a_429_with_retry_after_zero_is_asked_again_after_our_own_pause_which_grows() {
    let past =
        "date: Wed, 21 Oct 2026 12:00:00 GMT\r\nretry-after: Wed, 21 Oct 2026 11:59:59 GMT\r\n";
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    for (headers, pause) in [("retry-after: 0\r\n", 60), (past, 120), ("", 240)] {
        venue.answer_http(&answer("429 Too Many Requests", headers)).await;
        let setback = setback(&mut client).await.unwrap();
        assert_eq!((setback.refusal, setback.pause), (Refusal::RateLimited, secs(pause)));
        assert_eq!(client.status().recovery.setback, Some(setback));
        venue.hears_nothing_for(secs(pause)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_pause_is_the_pause_that_is_taken() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    venue.answer_http(&answer("503 Unavailable", "retry-after: 99999999999\r\n")).await;
    let setback = setback(&mut client).await.unwrap();
    assert_eq!(setback.to_string(), "unknown by status 503, 1 in a row: pause of 600s");
    venue.hears_nothing_for(secs(600)).await;
    let _peer = venue.accept_live().await;
    until(&mut client, LIVE).await;
}

#[tokio::test(start_paused = true)]
async fn close_1008_after_every_subscription_slows_down_and_is_visible_in_down() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    for (times, pause) in [(1, 15), (2, 30), (3, 60), (4, 120)] {
        let mut peer = venue.accept_live().await;
        until(&mut client, LIVE).await;
        hang_up(&mut peer, 1008).await;
        let down = until(&mut client, |update| match update {
            Update::Down(down) => Some(down),
            _ => None,
        });
        let setback = down.await.setback.unwrap();
        assert_eq!((setback.refusal, setback.times), (Refusal::Denied, times));
        assert_eq!(setback.pause, secs(pause));
        venue.hears_nothing_for(secs(pause)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn clean_closes_right_after_live_are_told_as_a_displacement() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut told = Vec::new();
    for _ in 0..4 {
        let mut peer = venue.accept_live().await;
        until(&mut client, LIVE).await;
        hang_up(&mut peer, 1000).await;
        let down = until(&mut client, |update| match update {
            Update::Down(down) => Some(down),
            _ => None,
        });
        told.push(down.await.setback.map(|setback| (setback.refusal, setback.pause)));
    }
    let displaced = |pause| Some((Refusal::Displaced, secs(pause)));
    assert_eq!(told, [None, None, displaced(15), displaced(30)]);
}

// --------------------------------------------------------------------- ready

/// Subscribes to so many channels, one message each.
struct Subscriber(u32);

#[async_trait]
impl Handler for Subscriber {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        for channel in 0..self.0 {
            connection.send(Message::text(format!("subscribe:{channel}"))).await?;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_and_twenty_paced_subscriptions_live() {
    let (wire, mut venue) = wire();
    // Five a second, one of them for heartbeats: thirty seconds, and the phase has fifteen.
    let limit = MessageLimit::new(5, secs(1), 1).unwrap();
    let limits = VenueLimits::unknown().message_limit(limit);
    let client = Client::custom(client_common::Toy, limits).endpoint("ws://venue/");
    let client = client.connector(wire.clone()).seed(1).handler(Subscriber(120));
    let mut client = client.start().unwrap();
    let since = client.clock().now();
    let mut peer = venue.accept_live().await;
    let mut read = JoinSet::new();
    read.spawn(async move {
        let mut subscribed = 0;
        while heard(&mut peer).await.is_some() {
            subscribed += 1;
            if subscribed == 120 {
                break;
            }
        }
        (peer, subscribed)
    });
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let took = client.clock().now().saturating_since(since);
    assert!(took > secs(25), "{took:?}");
    assert_eq!(read.join_next().await.unwrap().unwrap().1, 120);
}

/// Is let in on the first connection and on none beside it.
struct OneSession;

#[async_trait]
impl Handler for OneSession {
    async fn on_ready(
        &mut self,
        _: &mut HandlerConnection,
        attempt: &Attempt,
    ) -> Result<(), NotReady> {
        match attempt.generation.number() {
            1 => Ok(()),
            _ => Err(NotReady::AuthRefused { is_final: false }),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_is_refused_beside_a_perfect_line_is_told_as_failed() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(OneSession).start().unwrap();
    let _line = keep(venue.accept_live().await);
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.reconnect("the token was changed");
    let since = client.clock().now();
    for attempt in 2..=5 {
        let _refused = venue.accept_live().await;
        let failed = format!("failed {attempt} venue refused the credentials: said the handler");
        assert_eq!(words(&mut client, 1).await, [failed]);
    }
    let failed = until(&mut client, |update| match update {
        Update::RotationFailed { reason, tries, .. } => Some((reason, tries)),
        _ => None,
    });
    assert_eq!(failed.await, (RotationReason::Requested, 4));
    let took = client.clock().now().saturating_since(since);
    assert!(took >= secs(15 + 30 + 60), "{took:?}");
    assert!(client.permit().is_open(), "the line is as good as ever");
    venue.hears_nothing_for(secs(300)).await;
}

#[tokio::test(start_paused = true)]
async fn where_a_key_allows_one_session_the_old_connection_is_closed_before_the_new_one_opens() {
    let (wire, mut venue) = wire();
    let config = RecoveryConfig::builder().rotation_order(RotationOrder::BreakBeforeMake);
    let client = client(&wire).recovery_config(config.build().unwrap());
    let mut client = client.start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.rotate();
    let why = LeaveReason::Rotation(RotationReason::Requested);
    let left = until(&mut client, |update| match update {
        Update::Left { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(left.await, why);
    assert!(!client.permit().is_open());
    assert_eq!(heard(&mut old).await, None, "it is closed");
    let _new = venue.accept_live().await;
    let cause = until(&mut client, |update| match update {
        Update::Gap(gap) => Some(gap.cause),
        _ => None,
    });
    assert!(matches!(cause.await, GapCause::Left { why: of, .. } if of == why));
    assert_eq!(words(&mut client, 1).await, ["live 2"]);
}

// ------------------------------------------------------------------ operator

#[tokio::test(start_paused = true)]
async fn the_operator_reconnects_whatever_a_proxy_has_asked_for() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    venue.answer_http(&answer("429 Too Many Requests", "retry-after: 3600\r\n")).await;
    setback(&mut client).await;
    venue.hears_nothing_for(secs(60)).await;
    client.reconnect_now("the proxy was mended");
    let asked = client.clock().now();
    let _peer = venue.accept_live().await;
    until(&mut client, LIVE).await;
    assert!(client.clock().now().saturating_since(asked) <= secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_lifted_gate_lets_those_in_who_wait_for_it() {
    let (wire, mut venue) = wire();
    let limits = VenueLimits::unknown();
    let gate = VenueGate::new(&limits).unwrap();
    gate.hold_for(secs(3_600));
    let mut client = client(&wire).gate(gate.clone()).start().unwrap();
    venue.hears_nothing_for(secs(60)).await;
    gate.lift();
    let _peer = venue.accept_live().await;
    until(&mut client, LIVE).await;
    assert!(client.clock().now().saturating_since(heartbeat_core::Timestamp::ZERO) <= secs(62));
}

#[tokio::test(start_paused = true)]
async fn a_paused_client_leaves_its_connection_and_comes_back_when_resumed() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    client.pause();
    assert_eq!(heard(&mut peer).await, None, "it is closed");
    venue.hears_nothing_for(secs(3_600)).await;
    assert!(client.status().recovery.is_paused);
    client.resume();
    let _peer = venue.accept_live().await;
    until(&mut client, LIVE).await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_opens_the_breaker_once_and_closes_it_once_in_what_is_told() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let peer = venue.accept_live().await;
    until(&mut client, LIVE).await;
    venue.refuse(true);
    drop(peer);
    let mut told = Vec::new();
    let _ = tokio::time::timeout(secs(60), async {
        loop {
            let update = client.next().await.unwrap();
            told.extend(word(&update).filter(|word| word.starts_with("breaker")));
        }
    })
    .await;
    assert_eq!(told, ["breaker open"], "however often it tried in between");
    venue.refuse(false);
    let _peer = venue.accept_live().await;
    let closed =
        until(&mut client, |update| word(&update).filter(|word| word.starts_with("breaker")));
    assert_eq!(closed.await, "breaker closed");
}
