//! Level 3: settings that clash, or that trying again would not mend, begin no client.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod client_common;

use core::time::Duration;

use client_common::topics::Topics;
use client_common::{Toy, secs};
use heartbeat_core::{MessageLimit, RecoveryConfig, RotationOrder};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{ClientBuilder, ClientError, Labels, SubscriptionError, VenueLimits};
use heartbeat_tokio::tungstenite::http::{HeaderName, HeaderValue, header};
use heartbeat_tokio::{Client, ConnectOptions, Supervisor};

const URL: &str = "ws://127.0.0.1:9/";

fn client() -> ClientBuilder<Toy> {
    at_most(None)
}

/// A client of a venue that takes so many messages in so long, two of them for heartbeats.
fn at_most(limit: Option<(u32, Duration)>) -> ClientBuilder<Toy> {
    let limits = VenueLimits::unknown();
    let limits = match limit {
        Some((count, per)) => limits.message_limit(MessageLimit::new(count, per, 2).unwrap()),
        None => limits,
    };
    Client::custom(Toy, limits).endpoint(URL)
}

#[track_caller]
fn refusal(builder: ClientBuilder<Toy>) -> String {
    builder.start().expect_err("it does not begin").to_string()
}

#[test]
fn a_url_that_leads_nowhere_is_refused_at_the_start() {
    for (url, why) in [
        ("http://venue.example/?s3cret", "bad url http://venue.example: scheme must be ws or wss"),
        ("ws://", "bad url ws://: "),
        ("ws://venue.example:0/s3cret", "bad url ws://venue.example:0: port must be a number"),
        ("s3cret", "bad url ...: "),
        ("", "bad url ...: "),
    ] {
        let said = refusal(client().endpoint(url));
        assert!(said.starts_with(why) && !said.contains("s3cret"), "{url}: {said}");
        let error = client().endpoint([URL, url]).start().unwrap_err();
        assert!(matches!(error, ClientError::Connect(_)), "one of several: {error}");
    }
    assert_eq!(refusal(client().endpoint(Vec::<String>::new())), "list of urls must not be empty");
}

#[cfg(feature = "rustls-tls-webpki-roots")]
#[test]
fn a_host_that_no_certificate_can_be_for_is_refused_at_the_start() {
    let said = refusal(client().endpoint("wss://-venue-.example/"));
    assert!(said.starts_with("tls handshake with -venue-.example failed"), "{said}");
}

#[test]
fn a_header_that_is_not_for_the_application_is_refused_at_the_start() {
    let with = |names: &[HeaderName]| {
        let value = HeaderValue::from_static("s3cret");
        let options = names
            .iter()
            .fold(ConnectOptions::default(), |all, name| all.header(name.clone(), value.clone()));
        client().connect_options(options)
    };
    for name in [header::SEC_WEBSOCKET_KEY, header::UPGRADE, header::CONTENT_LENGTH] {
        let said = refusal(with(core::slice::from_ref(&name)));
        assert_eq!(said, format!("header {name} is for the handshake to set"));
    }
    for name in [header::HOST, header::AUTHORIZATION, header::ORIGIN] {
        let said = refusal(with(&[name.clone(), name.clone()]));
        assert_eq!(said, format!("header {name} must not be sent twice"));
    }
}

#[test]
fn what_can_never_be_asked_for_in_time_is_refused_with_both_numbers() {
    // Four in ten seconds: by default a connection has five minutes.
    let slow = || at_most(Some((6, secs(10)))).subscription_protocol(Topics);
    let topics = |count: u32| (0..count).map(|number| format!("t{number}"));
    assert_eq!(
        refusal(slow().subscribe(topics(500))),
        "topic \"t496\" is more than can be asked for in time: 125 messages to make a connection \
         ready take 310s by the message limit, and must not take longer than longest_ready (300s)"
    );
    assert_eq!(
        refusal(slow().opening_messages(125)),
        "125 messages to make a connection ready take 310s by the message limit, and must not \
         take longer than longest_ready (300s)"
    );
    let both = slow().opening_messages(100).subscribe(topics(100)).start().unwrap_err();
    assert!(matches!(both, ClientError::Subscription(SubscriptionError::NeverReady { .. })));
    // All of an address together.
    let limit = MessageLimit::new(6, secs(10), 2).unwrap();
    let limits = VenueLimits::unknown().shared_message_limit(limit);
    let shared = Client::custom(Toy, limits).endpoint(URL).opening_messages(1_000);
    assert!(matches!(shared.start().unwrap_err(), ClientError::NeverReady(_)));
}

#[tokio::test]
async fn what_is_added_later_and_can_never_be_asked_for_in_time_is_refused_likewise() {
    let topics = (0..496).map(|number| format!("t{number}"));
    let slow = at_most(Some((6, secs(10)))).subscription_protocol(Topics);
    let client = slow.subscribe(topics).start().unwrap();
    let subscriptions = client.subscriptions();
    let refused = subscriptions.add("late").unwrap_err();
    assert!(matches!(refused, SubscriptionError::NeverReady { .. }), "{refused}");
    assert!(!subscriptions.add("t7").unwrap(), "it is wanted already");
    assert!(subscriptions.remove("t7") && subscriptions.add("late").unwrap());
}

#[test]
fn what_goes_into_few_messages_is_not_refused() {
    // Four go into each.
    let topics = (0..496).map(|number| format!("t{number}"));
    let slow = at_most(Some((6, secs(10)))).subscription_protocol(Topics);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    assert!(slow.subscribe(topics).start().is_ok());
}

#[test]
fn a_supervisor_adds_no_client_that_can_never_be_ready() {
    let mut fleet = Supervisor::new(7);
    let make = || at_most(Some((6, secs(10)))).opening_messages(125);
    let error = fleet.add("one", make).unwrap_err().to_string();
    assert!(error.ends_with("must not take longer than longest_ready (300s)"), "{error}");
    let error = fleet.add("two", || client().endpoint("venue.example")).unwrap_err();
    assert!(error.to_string().starts_with("bad url"), "{error}");
    assert_eq!(fleet.statuses().count(), 0);
}

#[test]
fn probes_beyond_a_message_limit_are_refused() {
    // Toy probes every six seconds.
    assert_eq!(
        refusal(at_most(Some((4, secs(30))))),
        "probe_every (6s) makes 5 probes in 30s, and the message limit must let as many leave, \
         not 4"
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    assert!(at_most(Some((5, secs(30)))).start().is_ok());
}

#[test]
fn every_venue_begins_by_its_own_defaults() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    for exchange in Exchange::all().iter().copied() {
        let began = Client::builder(exchange).endpoint(URL).start();
        assert!(began.is_ok(), "{exchange}: {began:?}");
        for endpoint in exchange.endpoints() {
            let began = Client::at(endpoint).endpoint(URL).start();
            assert!(began.is_ok(), "{endpoint}: {began:?}");
        }
    }
}

#[test]
fn a_recovery_that_clashes_with_the_rest_is_refused() {
    let recovery = RecoveryConfig::builder;
    let with = |recovery: heartbeat_core::RecoveryBuilder| {
        client().recovery_config(recovery.build().unwrap())
    };
    let hour = secs(3_600);
    let limits = VenueLimits::unknown().max_age(hour);
    let old = recovery().max_age(2 * hour).build().unwrap();
    let old = Client::custom(Toy, limits).endpoint(URL).recovery_config(old);
    assert_eq!(refusal(old), "max_age (7200s) must not be longer than the venue's (3600s)");

    let aging = with(recovery().max_age(hour)).label(|_| Labels::default());
    assert_eq!(
        refusal(aging.overlap(hour)),
        "overlap (3600s) must be shorter than max_age (3600s)"
    );

    let leaving = recovery().rotation_order(RotationOrder::BreakBeforeMake).leave_within(secs(6));
    let polite = with(leaving).before_close_within(secs(4));
    assert_eq!(
        refusal(polite),
        "leave_within (6s) must not be shorter than replies_within, before_close_within and \
         close_within together (7s)"
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    assert!(with(leaving).before_close_within(secs(3)).start().is_ok());
}
