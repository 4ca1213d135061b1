//! The safety of orders: asked for by the handler, kept up while the line is beyond doubt, and
//! withheld when it is not.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;
mod common;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client_common::mock::Mock;
use client_common::{millis, secs, soon, until, word};
use common::{just_before, nothing_within, pair, right_now};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{
    AtStop, Config, DeadMan, Event, Platform as _, Safeguard, Session, Standing, Timestamp,
};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{CancelledBy, MockOptions, Observation};
use heartbeat_tokio::client::{
    Attempt, ClientBuilder, Handler, HandlerConnection, NotReady, Update,
};
use heartbeat_tokio::{
    Client, Connection, ConnectionOptions, Incoming, MonotonicClock, Protection, Receipt,
};
use tokio_tungstenite::tungstenite::Message;

/// Logs in and asks for the safety of orders, without which it does not trade.
#[derive(Clone, Default)]
struct Careful {
    told: Arc<Mutex<Vec<Protection>>>,
}

#[async_trait]
impl Handler for Careful {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        connection.send(r#"{"mock":"login","id":1,"key":"K"}"#.into()).await?;
        while !connection.receive().await?.to_text().unwrap().contains("logged_in") {}
        let protection = connection.request_order_safety().await?;
        self.told.lock().unwrap().push(protection);
        if protection.holds() { Ok(()) } else { Err("unprotected".into()) }
    }
}

fn client(exchange: Exchange, mock: &Mock) -> ClientBuilder<Exchange> {
    Client::builder(exchange).endpoint("ws://venue/").connector(mock.clone()).seed(1)
}

async fn live(client: &mut Client) {
    until(client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
}

async fn place(client: &Client, order: &str) {
    let place = format!(r#"{{"mock":"place","id":2,"order":"{order}"}}"#);
    assert_eq!(client.sender().send(place.into()).await, Receipt::Written);
}

/// Returns when and why orders were cancelled.
fn cancellations(mock: &Mock) -> Vec<(Timestamp, CancelledBy)> {
    mock.seen(|at, seen| match seen {
        Observation::OrdersCancelled { why, .. } => Some((at, *why)),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn deribit_cancels_when_the_line_is_cut_and_is_asked_again_on_the_next() {
    let faulty = MockOptions::default().fault("cut@60s".parse().unwrap());
    let mock = Mock::new(Exchange::Deribit, faulty);
    let handler = Careful::default();
    let builder = client(Exchange::Deribit, &mock).handler(handler.clone());
    let mut client = builder.start().unwrap();
    for generation in 1..=3 {
        live(&mut client).await;
        let told = handler.told.lock().unwrap().clone();
        assert_eq!(told.len(), generation, "asked once a connection");
        assert!(told.iter().all(|told| told.cancel_on_disconnect == Standing::Confirmed));
        let health = client.status().health.unwrap();
        assert_eq!(health.cancel_on_disconnect, Standing::Confirmed);
        place(&client, "a-1").await;
        until(&mut client, |update| word(&update)?.starts_with("down").then_some(())).await;
        assert!(mock.account().open_orders().is_empty());
        assert_eq!(cancellations(&mock).len(), generation);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_for_what_the_application_did_not_ask_for() {
    let faulty = MockOptions::default().fault("cut@60s".parse().unwrap());
    let mock = Mock::new(Exchange::Deribit, faulty);
    let mut client = client(Exchange::Deribit, &mock).start().unwrap();
    live(&mut client).await;
    place(&client, "a-1").await;
    live(&mut client).await;
    assert_eq!(mock.account().open_orders(), ["a-1"]);
    let health = client.status().health.unwrap();
    assert_eq!((health.cancel_on_disconnect, health.dead_man), (Standing::NotAsked, None));
}

#[tokio::test(start_paused = true)]
async fn a_venue_without_a_safeguard_is_told_as_such_at_once() {
    let mock = Mock::new(Exchange::Okx, MockOptions::default());
    let handler = Careful::default();
    let mut client = client(Exchange::Okx, &mock).handler(handler.clone()).start().unwrap();
    let failed = until(&mut client, |update| word(&update)).await;
    assert!(failed.ends_with("unprotected"), "{failed}");
    assert_eq!(client.clock().now(), Timestamp::ZERO);
    assert_eq!(*handler.told.lock().unwrap(), [Protection::default()]);
}

const TIMEOUT: core::time::Duration = secs(60);

fn with_dead_man() -> Config {
    let switch = DeadMan { timeout: TIMEOUT, refresh: secs(15), at_stop: AtStop::LetRun };
    Exchange::Bitmex.defaults().dead_man(switch).build().unwrap()
}

/// A client of `BitMEX` that keeps the switch wound up, with an order.
async fn bitmex(options: MockOptions) -> (Client, Mock) {
    let mock = Mock::new(Exchange::Bitmex, options);
    let builder = client(Exchange::Bitmex, &mock).config(with_dead_man());
    let mut client = builder.handler(Careful::default()).start().unwrap();
    live(&mut client).await;
    let standing = client.status().health.unwrap().dead_man.unwrap();
    assert_eq!(standing.standing, Standing::Confirmed);
    place(&client, "a-1").await;
    (client, mock)
}

#[tokio::test(start_paused = true)]
async fn the_dead_man_switch_is_wound_up_for_as_long_as_all_is_well() {
    let (mut client, mock) = bitmex(MockOptions::default()).await;
    let mut refreshed = 0;
    let hour = async {
        loop {
            match client.next().await.unwrap() {
                Update::Event { event: Event::DeadManRefreshed { until }, .. } => {
                    refreshed += 1;
                    let ahead = until.saturating_since(client.clock().now());
                    assert!((secs(59)..=TIMEOUT).contains(&ahead), "{ahead:?}");
                }
                Update::Event { event: Event::DeadManLapsed { .. }, .. } => panic!("it lapsed"),
                _ => {}
            }
        }
    };
    nothing_within::<()>(secs(3_600), hour).await;
    assert!((235..=240).contains(&refreshed), "{refreshed} refreshes in an hour");
    assert_eq!(mock.account().open_orders(), ["a-1"]);
    assert_eq!(cancellations(&mock), []);
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_we_no_longer_hear_cancels_although_it_hears_us() {
    let silent = MockOptions::default().fault("silent@308s".parse().unwrap());
    let (mut client, mock) = bitmex(silent).await;
    until(&mut client, |update| word(&update)?.starts_with("down").then_some(())).await;
    assert_eq!(mock.account().open_orders(), ["a-1"], "the verdict comes before the switch");

    // Nobody comes back. The last refresh was that of second 300, before the doubt.
    drop(client);
    let lapses = mock.account().next_at().unwrap();
    assert!(lapses <= Timestamp::from_millis(360_100), "{lapses:?}");
    tokio::time::advance(TIMEOUT).await;
    assert!(mock.account().poll(mock.now()).is_some());
    assert!(mock.account().open_orders().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_ran_out_while_we_slept_is_told_and_wound_up_again() {
    let (mut client, mock) = bitmex(MockOptions::default()).await;
    tokio::time::advance(secs(90)).await;
    let lapsed = until(&mut client, |update| match update {
        Update::Event { event: Event::DeadManLapsed { at }, .. } => Some(at),
        Update::Event { event: Event::DeadManRefreshed { .. }, .. } => panic!("told too late"),
        _ => None,
    });
    let at = lapsed.await;
    assert!(at <= client.clock().now());
    until(&mut client, |update| match update {
        Update::Event { event: Event::DeadManRefreshed { .. }, .. } => Some(()),
        _ => None,
    })
    .await;
    assert!(mock.account().open_orders().is_empty());
    assert_eq!(cancellations(&mock).len(), 1);
    assert_eq!(client.status().health.unwrap().phase, heartbeat_core::Phase::Live);
}

/// A connection to Deribit whose venue the test plays, armed.
async fn deribit() -> (Connection, common::Socket) {
    let (ours, mut theirs) = pair().await;
    let config = Exchange::Deribit.defaults().build().unwrap();
    let session = Session::new(Exchange::Deribit, config, Timestamp::ZERO);
    let connection = Connection::spawn(ours, session, ConnectionOptions::default());
    reply(&mut theirs, r#""result":"ok""#).await;
    (connection, theirs)
}

/// Answers the next request, and the pings before it.
async fn reply(venue: &mut common::Socket, outcome: &str) {
    let request = loop {
        if let Message::Text(request) = soon(venue.next()).await.unwrap().unwrap() {
            break request;
        }
    };
    let request: serde_json::Value = serde_json::from_str(&request).unwrap();
    let text = format!(r#"{{"jsonrpc":"2.0","id":{},{outcome}}}"#, request["id"]);
    venue.send(Message::text(text)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_as_one_and_can_be_asked_about_again() {
    let (connection, mut venue) = deribit().await;
    let refusal = r#""error":{"code":13009,"message":"unauthorized"}"#;
    let acceptance = r#""result":"ok""#;
    for (outcome, standing) in [(refusal, Standing::Refused), (acceptance, Standing::Confirmed)] {
        let asked = connection.request_order_safety();
        let both = async { tokio::join!(asked, reply(&mut venue, outcome)) };
        let (told, ()) = right_now(both).await;
        let told = told.unwrap();
        assert_eq!(told.cancel_on_disconnect, standing);
        assert_eq!(told.holds(), standing == Standing::Confirmed);
        assert_eq!(connection.health().cancel_on_disconnect, standing);
    }
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_does_not_reply_is_waited_for_as_long_as_for_arming() {
    let (mut connection, mut venue) = deribit().await;
    // It answers pings, and nothing else.
    let _venue = common::background(async move { while let Some(Ok(_)) = venue.next().await {} });
    let within = Exchange::Deribit.defaults().build().unwrap().arm_within();
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    {
        let asked = connection.request_order_safety();
        tokio::pin!(asked);
        nothing_within(just_before(within), &mut asked).await;
        let told = right_now(asked).await.unwrap();
        assert_eq!(told.cancel_on_disconnect, Standing::Overdue);
    }
    assert!(clock.now().saturating_since(Timestamp::ZERO) <= within + millis(1));
    let overdue = Event::SafeguardOverdue { safeguard: Safeguard::CancelOnDisconnect };
    let is_told = |next: Incoming| matches!(next, Incoming::Event(event) if event == overdue);
    while !is_told(connection.next().await.unwrap()) {}
    // And it is no verdict.
    assert_eq!(connection.sender().send("order".into()).await, Receipt::Written);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_reply_on_a_connection_that_ends_is_told_so() {
    let (connection, venue) = deribit().await;
    let asked = connection.request_order_safety();
    tokio::pin!(asked);
    nothing_within(secs(1), &mut asked).await;
    drop(venue);
    assert_eq!(right_now(asked).await, None);
    assert_eq!(right_now(connection.request_order_safety()).await, None, "nor later");
}
