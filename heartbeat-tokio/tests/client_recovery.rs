//! Level 3: when a client connects anew, and when it does not.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::num::NonZeroU32;

use client_common::{Toy, client, hang_up, heard, millis, say, secs, soon, until, wire, words};
use heartbeat_core::{AttemptPhase, RecoveryConfig, Refusal, RefusalCode};
use heartbeat_tokio::client::{Update, VenueGate, VenueLimits};
use heartbeat_tokio::tungstenite::http::HeaderValue;
use heartbeat_tokio::tungstenite::http::header::AUTHORIZATION;
use heartbeat_tokio::{Client, ConnectOptions};

#[tokio::test(start_paused = true)]
async fn a_venue_that_answers_no_probe_is_left_and_dialled_again() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let since = client.clock().now();
    assert_eq!(words(&mut client, 1).await, ["down 1 answer_overdue"]);
    let noticed = client.clock().now().saturating_since(since);
    assert!(noticed <= secs(15), "{noticed:?}");
    // Nobody waits for the goodbyes of a venue that says nothing.
    let _second = venue.accept_live().await;
    assert_eq!(words(&mut client, 2).await, ["gap reconnected", "live 2"]);
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_close_of_the_venues_is_told_and_the_next_attempt_backs_off() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    // Of one code three in a row would look like something.
    for (generation, code) in (1..=5).zip([1001, 1011, 1001, 1000, 4000]) {
        let mut peer = venue.accept_live().await;
        let wanted = format!("live {generation}");
        while words(&mut client, 1).await != [wanted.clone()] {}
        hang_up(&mut peer, code).await;
        let down = until(&mut client, |update| match update {
            Update::Down(down) => Some(down),
            _ => None,
        });
        let next = down.await.next_attempt.unwrap();
        // Each died young, so that each counts: the bound doubles.
        let delay = next.saturating_since(client.clock().now());
        assert!(delay <= millis(250) * 2_u32.pow(generation), "{delay:?}");
    }
    assert_eq!(client.status().recovery.failures, 5);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_were_sent_and_are_refused_end_it_loudly() {
    let (wire, mut venue) = wire();
    let limits =
        VenueLimits::unknown().refusals(&[(RefusalCode::Status(401), Refusal::Credentials)]);
    let options = ConnectOptions::default().header(AUTHORIZATION, HeaderValue::from_static("key"));
    let client = Client::custom(Toy, limits).endpoint("ws://venue/").connector(wire.clone());
    let mut client = client.connect_options(options).seed(1).start().unwrap();
    venue.answer_http("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await;
    let said = words(&mut client, 3).await;
    assert!(said[0].starts_with("failed 1 venue refused the handshake with status 401"));
    assert_eq!(said[1], "given up unauthorized");
    assert!(said[2].starts_with("closed: venue refused the credentials with status 401"));
    assert!(soon(client.next()).await.is_none());
    venue.hears_nothing_for(secs(3_600)).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_code_by_which_the_venue_refuses_credentials_ends_it_too() {
    let (wire, mut venue) = wire();
    let limits =
        VenueLimits::unknown().refusals(&[(RefusalCode::Close(4_003), Refusal::Credentials)]);
    let client = Client::custom(Toy, limits).endpoint("ws://venue/").connector(wire.clone());
    let mut client = client.seed(1).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    hang_up(&mut peer, 4_003).await;
    assert_eq!(words(&mut client, 2).await, ["down 1 peer_closed", "given up unauthorized"]);
    venue.hears_nothing_for(secs(3_600)).await;
}

#[tokio::test(start_paused = true)]
async fn the_codes_that_a_venue_states_are_known_and_no_others_end_it() {
    for (code, gives_up) in [(4_001, true), (4_007, false), (1_000, false)] {
        let (wire, mut venue) = wire();
        let client = Client::builder(heartbeat_platforms::Exchange::Okx).endpoint("ws://venue/");
        let mut client = client.connector(wire.clone()).seed(1).start().unwrap();
        let mut peer = venue.accept().await;
        say(&mut peer, r#"{"event":"subscribe"}"#).await;
        until(&mut client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
        hang_up(&mut peer, code).await;
        assert_eq!(words(&mut client, 2).await[1], "down 1 peer_closed");
        assert_eq!(client.status().recovery.given_up.is_some(), gives_up, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_obeyed_in_seconds() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    venue
        .answer_http("HTTP/1.1 429 Too Many\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert!(words(&mut client, 1).await[0].contains("status 429 and asks for a pause of 90s"));
    venue.hears_nothing_for(secs(90)).await;
    let _peer = venue.accept_live().await;
    until(&mut client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
    assert!(client.clock().now().saturating_since(heartbeat_core::Timestamp::ZERO) < secs(92));
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_never_comes_is_abandoned() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let _mute = venue.pick_up().await;
    let late = "failed 1 phase upgrade took longer than 5s, waiting for the upgrade";
    assert_eq!(words(&mut client, 1).await, [late]);
    let _peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_never_heard_from_is_not_live() {
    let (wire, mut venue) = wire();
    let config = RecoveryConfig::builder().phase_within(AttemptPhase::Live, secs(4));
    let client = client(&wire).recovery_config(config.build().unwrap());
    let mut client = client.start().unwrap();
    let _mute = venue.accept().await;
    assert_eq!(words(&mut client, 1).await, ["failed 1 phase live took longer than 4s"]);
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_when_told_to_and_says_so() {
    let (wire, venue) = wire();
    venue.refuse(true);
    let config = RecoveryConfig::builder().give_up_after(NonZeroU32::new(3).unwrap());
    let client = client(&wire).recovery_config(config.build().unwrap());
    let mut client = client.start().unwrap();
    let said = words(&mut client, 5).await;
    assert!(said[..3].iter().all(|said| said.starts_with("failed")), "{said:?}");
    assert_eq!(said[3], "given up exhausted");
    assert_eq!(said[4], "closed: 3 failures in a row, closed cleanly");
    assert_eq!(venue.dials().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_dead_client_leaves_nothing_behind() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    let (sender, mut permit) = (client.sender(), client.permit());
    assert!(permit.is_open());
    drop(client);
    assert_eq!(heard(&mut peer).await, None);
    assert!(!sender.ready().await);
    assert!(!permit.opened().await);
    // The connector went with the task of the engine.
    drop((wire, sender, permit));
    assert!(!venue.is_wired().await);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_connection_that_ends_hands_out_its_evidence_once() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let live = |update| matches!(update, Update::Live { .. }).then_some(());
    for _ in 0..2 {
        let mut peer = venue.accept_live().await;
        until(&mut client, live).await;
        hang_up(&mut peer, 1001).await;
        let report = until(&mut client, |update| match update {
            Update::Ended { report, .. } => Some(report),
            Update::Closed(_) => panic!("told too late"),
            _ => None,
        });
        let report = report.await;
        assert_eq!((report.cause.as_str(), report.clean), ("peer_closed", true));
        assert!(report.evidence.inputs().count() > 0);
    }
    let _peer = venue.accept_live().await;
    until(&mut client, live).await;
    client.stop();
    let mut ends = Vec::new();
    let closed = until(&mut client, |update| match update {
        Update::Ended { generation, .. } => {
            ends.push(generation.number());
            None
        }
        Update::Closed(closed) => Some(closed),
        _ => None,
    });
    assert_eq!(closed.await.last.unwrap().cause.as_str(), "stopped");
    assert_eq!(ends, [3], "each once");
}

/// The storm: a venue with two hundred clients goes away for a minute.
#[tokio::test(start_paused = true)]
async fn two_hundred_clients_do_not_besiege_a_venue_and_are_back_soon_after_it() {
    const CLIENTS: u64 = 200;
    let (wire, mut venue) = wire();
    let limits = VenueLimits::unknown().connect_budget(50, secs(1));
    let gate = VenueGate::new(&limits).unwrap();
    let mut clients = Vec::new();
    for seed in 0..CLIENTS {
        let builder = client(&wire).gate(gate.clone()).seed(seed);
        clients.push(builder.start().unwrap());
    }
    let mut peers = Vec::new();
    for _ in 0..CLIENTS {
        peers.push(venue.accept_live().await);
    }
    for client in &mut clients {
        until(client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
    }

    venue.refuse(true);
    drop(peers);
    let before = venue.dials().len();
    for client in &mut clients {
        until(client, |update| matches!(update, Update::Down(_)).then_some(())).await;
    }
    until(&mut clients[0], |update| matches!(update, Update::Breaker(_)).then_some(())).await;
    tokio::time::advance(secs(1)).await;
    venue.hears_next_to_nothing_for(secs(60), 60).await;
    let dials = venue.dials();
    let in_vain = dials.len() - before;
    assert!((10..=100).contains(&in_vain), "{in_vain} dials in a minute, by 200 clients");

    venue.refuse(false);
    let returned = gate.clock().now();
    let mut peers = Vec::new();
    for _ in 0..CLIENTS {
        peers.push(venue.accept_live().await);
    }
    for client in &mut clients {
        until(client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
    }
    let took = gate.clock().now().saturating_since(returned);
    assert!(took <= secs(10), "all were live {took:?} after the venue's return");
    let dials = venue.dials();
    for (first, after) in dials.iter().zip(dials.iter().skip(50)) {
        assert!(after.saturating_since(*first) >= secs(1), "more than the budget");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_old_connection_still_says_is_nobodys() {
    let (wire, mut venue) = wire();
    let mut client = client(&wire).start().unwrap();
    let mut old = venue.accept_live().await;
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    // A Close frame is the verdict; what lies in the pipe behind a verdict is not read.
    say(&mut old, "before").await;
    hang_up(&mut old, 1000).await;
    let mut new = venue.accept_live().await;
    say(&mut new, "after").await;
    assert_eq!(
        words(&mut client, 5).await,
        ["before", "down 1 peer_closed", "gap reconnected", "live 2", "after"]
    );
}
