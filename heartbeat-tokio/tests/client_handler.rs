//! Level 3: what the application does for each connection, and what happens when it does not.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::future::pending;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client_common::{client, hang_up, heard, millis, say, secs, soon, until, wire, words};
use futures_util::FutureExt as _;
use heartbeat_tokio::client::{
    Attempt, Handler, HandlerCall, HandlerConnection, Leaving, NotReady, Update,
};
use heartbeat_tokio::{NotWritten, Receipt};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;

/// Logs in, subscribes, and cancels what is open before a close.
struct Trader;

#[async_trait]
impl Handler for Trader {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        connection.send("login".into()).await?;
        match connection.receive().await?.to_text().unwrap() {
            "logged in" => {}
            "who are you" => return Err(NotReady::AuthRefused { is_final: true }),
            other => return Err(other.into()),
        }
        connection.send("subscribe".into()).await?;
        loop {
            let message = connection.receive().await?;
            if message == Message::text("subscribed") {
                return Ok(());
            }
            connection.forward(message);
        }
    }

    async fn before_close(&mut self, connection: &mut HandlerConnection, leaving: Leaving) {
        if leaving == Leaving::Closed && connection.send("cancel all".into()).await.is_ok() {
            // Whatever it is that the venue says.
            let _ = connection.receive().await;
        }
    }
}

/// Plays the venue's part for a [`Trader`], up to a snapshot behind the acknowledgement.
async fn serve(venue: &mut client_common::Venue) -> client_common::Peer {
    let mut peer = venue.accept_live().await;
    assert_eq!(heard(&mut peer).await.unwrap(), "login");
    say(&mut peer, "logged in").await;
    assert_eq!(heard(&mut peer).await.unwrap(), "subscribe");
    for text in ["early", "subscribed", "snapshot"] {
        say(&mut peer, text).await;
    }
    peer
}

/// The bytes of a server's text message.
fn text_frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [&[0x81, 126], &length.to_be_bytes()[..], text.as_bytes()].concat()
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_takes_longer_than_the_phase_fails_no_attempt() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(Trader).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(heard(&mut peer).await.unwrap(), "login");
    say(&mut peer, "logged in").await;
    assert_eq!(heard(&mut peer).await.unwrap(), "subscribe");
    // Half a minute of a message, before the acknowledgement: the phase has fifteen seconds.
    let snapshot = text_frame(&"s".repeat(30_000));
    for part in snapshot.chunks(1_000) {
        peer.get_mut().write_all(part).await.unwrap();
        tokio::time::advance(secs(1)).await;
    }
    say(&mut peer, "subscribed").await;
    let said = words(&mut client, 2).await;
    assert_eq!(said[0], "live 1");
    assert_eq!(said[1].len(), 30_000);
    assert_eq!(venue.dials().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_connection_is_made_ready_and_what_it_said_meanwhile_is_not_lost() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(Trader).start().unwrap();
    let sender = client.sender();
    assert_eq!(sender.send("order".into()).await, Receipt::NotWritten(NotWritten::NotReady));
    let mut peer = serve(&mut venue).await;
    assert_eq!(words(&mut client, 3).await, ["live 1", "early", "snapshot"]);
    assert_eq!(sender.send("order".into()).await, Receipt::Written);
    assert_eq!(heard(&mut peer).await.unwrap(), "order");

    hang_up(&mut peer, 1001).await;
    assert_eq!(words(&mut client, 1).await, ["down 1 peer_closed"]);
    assert_eq!(sender.send("order".into()).await, Receipt::NotWritten(NotWritten::NotReady));
    let waiting = sender.ready();
    let (_peer, ready) = soon(async { tokio::join!(serve(&mut venue), waiting) }).await;
    assert!(ready);
    assert_eq!(words(&mut client, 4).await, ["gap reconnected", "live 2", "early", "snapshot"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_asked_for_once() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(Trader).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(heard(&mut peer).await.unwrap(), "login");
    say(&mut peer, "who are you").await;
    let said = words(&mut client, 3).await;
    assert_eq!(said[1], "given up unauthorized");
    assert!(said[2].starts_with("closed: venue refused the credentials"), "{said:?}");
    venue.hears_nothing_for(secs(3_600)).await;
}

#[tokio::test(start_paused = true)]
async fn orders_are_cancelled_before_a_close_and_nothing_is_sent_after_it_began() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(Trader).start().unwrap();
    let mut peer = serve(&mut venue).await;
    assert_eq!(words(&mut client, 3).await, ["live 1", "early", "snapshot"]);
    let sender = client.sender();
    client.stop();
    assert_eq!(heard(&mut peer).await.unwrap(), "cancel all");
    assert_eq!(sender.send("order".into()).await, Receipt::NotWritten(NotWritten::Closed));
    assert!(!client.permit().is_open());
    say(&mut peer, "cancelled").await;
    assert_eq!(heard(&mut peer).await, None, "then the Close frame");
    let report = client.close().await.unwrap();
    assert!(report.clean, "{report}");
    assert_eq!(report.last.unwrap().unsent, 0);
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_ignores_the_last_word_does_not_keep_a_client_from_closing() {
    let (wire, mut venue) = wire();
    let client = client(&wire).handler(Trader).before_close_within(millis(700));
    let mut client = client.start().unwrap();
    let mut peer = serve(&mut venue).await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let clock = client.clock();
    let since = clock.now();
    let closing = client.close();
    let (report, _) = soon(async { tokio::join!(closing, heard(&mut peer)) }).await;
    assert!(!report.unwrap().clean, "the venue has not echoed the Close frame");
    let took = clock.now().saturating_since(since);
    assert!((millis(2_700)..millis(2_710)).contains(&took), "{took:?}");
}

/// Does as told by the script, one word a connection; the last goes on for ever.
struct Moody {
    script: Arc<Mutex<Vec<&'static str>>>,
}

#[async_trait]
impl Handler for Moody {
    async fn on_ready(&mut self, _: &mut HandlerConnection, _: &Attempt) -> Result<(), NotReady> {
        let word = self.script.lock().unwrap().pop();
        match word {
            Some("hang") => pending().await,
            Some("panic") => panic!("the handler panics"),
            Some("fail") => Err("not today".into()),
            _ => Ok(()),
        }
    }

    async fn before_close(&mut self, _: &mut HandlerConnection, _: Leaving) {
        panic!("the handler panics");
    }

    fn on_event(&mut self, _: &Update) {
        panic!("the handler panics");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_panics_or_fails_fails_the_attempt_and_is_called_again() {
    let (wire, mut venue) = wire();
    let script = Arc::new(Mutex::new(vec!["fail", "panic", "hang"]));
    let mut client = client(&wire).handler(Moody { script }).start().unwrap();
    for said in [
        "failed 1 phase ready took longer than 15s",
        "failed 2 connection could not be made ready: handler panicked",
        "failed 3 connection could not be made ready: not today",
    ] {
        let mut peer = venue.accept_live().await;
        // It answers probes, so that nothing but the handler is to blame.
        let (failed, heard) = tokio::join!(words(&mut client, 1), heard(&mut peer));
        assert_eq!((failed, heard), (vec![said.to_owned()], None));
    }
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 4"]);
    let closing = client.close();
    let (report, _) = soon(async { tokio::join!(closing, heard(&mut peer)) }).await;
    assert!(report.unwrap().clean);
}

/// Says nothing on its first connection that is of use.
struct Blocking(std::sync::mpsc::Receiver<()>);

#[async_trait]
impl Handler for Blocking {
    fn on_event(&mut self, _: &Update) {
        // A handler that blocks its thread.
        let _ = self.0.recv();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_delays_no_message() {
    let (wire, mut venue) = wire();
    let (unblock, blocked) = std::sync::mpsc::sync_channel(1);
    let mut client = client(&wire).handler(Blocking(blocked)).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    say(&mut peer, "a").await;
    assert_eq!(words(&mut client, 1).await, ["a"]);
    drop(unblock);
    assert!(client.next().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_permit_closes_at_the_first_doubt_and_until_the_gap_is_read() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut permit = client.permit();
    assert!(!permit.is_open());
    let mut peer = venue.accept_live().await;
    assert!(soon(permit.opened()).await);
    let since = client.clock().now();
    // The first probe goes unanswered, and the permit closes long before the verdict.
    assert!(!soon(permit.changed()).await);
    assert!(client.clock().now().saturating_since(since) <= secs(9));
    tokio::select! {
        reopened = soon(permit.changed()) => assert!(reopened),
        _ = heard(&mut peer) => panic!("probes are all that is sent"),
    }

    hang_up(&mut peer, 1001).await;
    assert!(!soon(permit.changed()).await);
    let _peer = venue.accept_live().await;
    soon(client.sender().ready()).await;
    tokio::task::yield_now().await;
    assert!(!permit.is_open(), "the application does not know of the gap");
    until(&mut client, |update| matches!(update, Update::Gap(_)).then_some(())).await;
    assert!(soon(permit.opened()).await);
}

/// Logs in anew when it is told to, on the connection that is live.
struct Renewing;

#[async_trait]
impl Handler for Renewing {
    async fn on_call(&mut self, connection: Option<&mut HandlerConnection>, call: HandlerCall) {
        let (Some(connection), Ok(token)) = (connection, call.downcast::<String>()) else { return };
        if connection.send(format!("login {token}").into()).await.is_err() {
            return;
        }
        while let Ok(message) = connection.receive().await {
            if message.to_text().is_ok_and(|text| text == "logged in") {
                break;
            }
            connection.forward(message);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_logs_in_anew_on_a_live_connection_when_it_is_told_to() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).handler(Renewing).start().unwrap();
    assert!(client.call_handler("too early".to_owned()));
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    assert!(client.call_handler(7_u32), "which is none of its business");
    assert!(client.call_handler("token".to_owned()));
    assert_eq!(heard(&mut peer).await.unwrap(), "login token");
    for text in ["trade 1", "logged in", "trade 2"] {
        say(&mut peer, text).await;
    }
    assert_eq!(words(&mut client, 2).await, ["trade 1", "trade 2"], "the reply is the handler's");
    assert!(client.permit().is_open());
    let waiting = (0..100).take_while(|_| client.call_handler(())).count();
    assert_eq!(waiting, 16, "no more of them wait");
}
