//! Many clients, one venue, one end.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use client_common::{Peer, Toy, heard, millis, secs, soon, wire, word};
use heartbeat_core::{BreakerState, GiveUp, RecoveryConfig, Timestamp};
use heartbeat_tokio::client::{ClientBuilder, Update, VenueGate, VenueLimits};
use heartbeat_tokio::{Client, Supervisor, SupervisorError};
use tokio::task::JoinSet;

fn maker(wire: &client_common::Wire) -> impl Fn() -> ClientBuilder<Toy> + Send + 'static {
    let wire = wire.clone();
    move || {
        let limits = VenueLimits::unknown().connect_budget(5, secs(1));
        Client::custom(Toy, limits).endpoint("ws://venue/").connector(wire.clone())
    }
}

/// Waits for the next update of this kind, and returns whose it was.
async fn whose(fleet: &mut Supervisor, start: &str) -> String {
    soon(async {
        loop {
            let (name, update) = fleet.next().await.unwrap();
            if word(&update).is_some_and(|word| word.starts_with(start)) {
                return name.to_string();
            }
        }
    })
    .await
}

/// Answers probes until the client says goodbye.
async fn answer(mut peer: Peer) {
    while heard(&mut peer).await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn clients_of_a_venue_share_its_budget_and_are_closed_together() {
    let (wire, mut venue) = wire();
    let mut fleet = Supervisor::new(7);
    for number in 0..20 {
        fleet.add(format!("client {number}"), maker(&wire)).unwrap();
    }
    let mut served = JoinSet::new();
    for _ in 0..20 {
        served.spawn(answer(venue.accept_live().await));
        whose(&mut fleet, "live").await;
    }
    let dials = venue.dials();
    for (first, after) in dials.iter().zip(dials.iter().skip(5)) {
        assert!(after.saturating_since(*first) >= secs(1), "more than the venue allows");
    }
    assert_eq!(fleet.statuses().filter(|(_, status)| status.health.is_some()).count(), 20);
    assert_eq!(fleet.breakers().collect::<Vec<_>>(), [("toy", BreakerState::Closed)]);

    let report = fleet.shutdown(secs(5)).await;
    assert_eq!((report.clean, report.unclean, report.cut_off), (20, 0, 0));
    served.join_all().await;
    // Not a task of a client is left.
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_attempts_are_spread() {
    let (wire, mut venue) = wire();
    let mut fleet = Supervisor::new(7).stagger(secs(100));
    for number in 0..10 {
        fleet.add(format!("client {number}"), maker(&wire)).unwrap();
    }
    let mut served = JoinSet::new();
    for _ in 0..10 {
        served.spawn(answer(venue.accept_live().await));
    }
    let dials = venue.dials();
    let last = dials.last().unwrap().saturating_since(Timestamp::ZERO);
    assert!(last > secs(75) && last < secs(100), "{last:?}");
    assert!(dials.windows(2).all(|pair| pair[1].saturating_since(pair[0]) > secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_client_is_removed_and_its_name_is_free_again() {
    let (wire, mut venue) = wire();
    let mut fleet = Supervisor::new(7);
    fleet.add("one", maker(&wire)).unwrap();
    fleet.add("other", maker(&wire)).unwrap();
    let taken = fleet.add("one", maker(&wire)).unwrap_err();
    assert!(matches!(&taken, SupervisorError::Taken { name } if &**name == "one"));
    let mut served = JoinSet::new();
    for _ in 0..2 {
        served.spawn(answer(venue.accept_live().await));
    }
    assert!(fleet.remove("one"));
    assert!(!fleet.remove("nobody"));
    assert_eq!(whose(&mut fleet, "closed").await, "one");
    assert!(fleet.get("one").is_none());
    fleet.add("one", maker(&wire)).unwrap();
    served.spawn(answer(venue.accept_live().await));
    assert_eq!(whose(&mut fleet, "live").await, "other");
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_it_within_a_bound_though_a_venue_says_nothing() {
    let (wire, mut venue) = wire();
    let mut fleet = Supervisor::new(7);
    for name in ["polite", "mute"] {
        fleet.add(name, maker(&wire)).unwrap();
    }
    let mut served = JoinSet::new();
    served.spawn(answer(venue.accept_live().await));
    let _mute = venue.accept_live().await;
    let clock = heartbeat_tokio::MonotonicClock::anchored(Timestamp::ZERO);
    let signal = async { tokio::time::advance(secs(1)).await };
    let mut closed = Vec::new();
    let report = fleet
        .run_until(signal, millis(500), |name, update| {
            if let Update::Closed(_) = update {
                closed.push(name.to_owned());
            }
        })
        .await;
    assert_eq!((report.clean, report.cut_off), (1, 1), "{report:?}");
    assert_eq!(closed.len(), 1);
    assert!(clock.now().saturating_since(Timestamp::ZERO) <= millis(1_510));
}

#[tokio::test(start_paused = true)]
async fn a_gate_can_be_held_for_all_who_go_through_it() {
    let (wire, mut venue) = wire();
    let gate = VenueGate::new(&VenueLimits::unknown()).unwrap();
    gate.hold_for(secs(60));
    let mut fleet = Supervisor::new(7);
    fleet.share("toy", gate);
    fleet.add("one", maker(&wire)).unwrap();
    venue.hears_nothing_for(secs(60)).await;
    let _peer = venue.accept_live().await;
    assert_eq!(whose(&mut fleet, "live").await, "one");
}

#[tokio::test(start_paused = true)]
async fn who_has_given_up_is_known_and_can_be_brought_back() {
    let (wire, mut venue) = wire();
    let mut fleet = Supervisor::new(7);
    let calls = Arc::new(AtomicUsize::new(0));
    let make = maker(&wire);
    let count = Arc::clone(&calls);
    let recovery = RecoveryConfig::builder().give_up_after(NonZeroU32::MIN).build().unwrap();
    fleet
        .add("one", move || {
            count.fetch_add(1, Ordering::Relaxed);
            make().recovery_config(recovery)
        })
        .unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1, "it is made once");
    venue.answer_http("HTTP/1.1 500 Down\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(whose(&mut fleet, "closed").await, "one");
    let given_up: Vec<_> = fleet.given_up().collect();
    assert_eq!(given_up, [("one", GiveUp::Exhausted { failures: 1 })]);
    assert!(fleet.get("one").is_none());

    assert!(!fleet.bring_back("nobody").unwrap());
    assert!(fleet.bring_back("one").unwrap());
    assert_eq!((calls.load(Ordering::Relaxed), fleet.given_up().count()), (2, 0));
    let mut served = JoinSet::new();
    served.spawn(answer(venue.accept_live().await));
    assert_eq!(whose(&mut fleet, "live").await, "one");
    // One that is stopped by its control has not given up.
    fleet.get("one").unwrap().stop();
    assert_eq!(whose(&mut fleet, "closed").await, "one");
    assert_eq!((fleet.given_up().count(), fleet.bring_back("one").unwrap()), (0, false));
    assert_eq!(fleet.gates().map(|(venue, _)| venue).collect::<Vec<_>>(), ["toy"]);
}
