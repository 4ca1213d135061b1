//! What every row of every venue's table must be.

use core::time::Duration;
use std::collections::BTreeSet;
use std::string::ToString;
use std::vec::Vec;

use heartbeat_core::{Frame, Outbox, Platform as _, Responder as _};

use super::*;

fn all() -> impl Iterator<Item = ExchangeEndpoint> {
    Exchange::all().iter().flat_map(|exchange| exchange.endpoints())
}

#[test]
fn every_endpoint_is_found_by_what_it_is_shown_as() {
    for endpoint in all() {
        assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
    }
    for exchange in Exchange::all() {
        let bare = exchange.name().parse::<ExchangeEndpoint>();
        match exchange.endpoints().next() {
            Some(first) => assert_eq!(bare, Ok(first)),
            None => assert_eq!(bare, Err(UnknownEndpoint::Label { exchange: *exchange })),
        }
    }
}

#[test]
fn no_two_of_a_venue_have_the_same_label_or_say_the_same_of_one_url() {
    for exchange in Exchange::all() {
        let labels: BTreeSet<_> = exchange.endpoints().map(|one| one.label()).collect();
        assert_eq!(labels.len(), exchange.endpoints().len(), "{exchange}");
        let urls: Vec<_> = exchange.endpoints().map(|one| (one.url(), one.differs())).collect();
        let distinct: BTreeSet<_> = urls.iter().collect();
        assert_eq!(distinct.len(), urls.len(), "{exchange}: {urls:?}");
    }
}

/// Whoever tries an order at a place for trying out must not trade.
#[test]
fn no_test_endpoint_is_an_engine_of_production() {
    let host = |url: &'static str| url.split('/').nth(2).unwrap();
    for exchange in Exchange::all() {
        let of = |stage| exchange.endpoints().filter(move |one| one.stage() == stage);
        let real: BTreeSet<_> = of(Stage::Production).map(|one| host(one.url())).collect();
        for test in of(Stage::Test) {
            assert!(!test.url().contains("beta"), "{test:?}: beta is production's engine");
            // Alpaca's has a stream of made-up data beside the real ones, and takes no orders.
            let is_shared = real.contains(host(test.url()));
            assert!(!is_shared || exchange.name() == "alpaca", "{test:?}");
        }
    }
    for kraken in [Exchange::KrakenV1, Exchange::KrakenV2, Exchange::KrakenFutures] {
        assert_eq!(kraken.test_url(), None, "{kraken}");
    }
}

#[test]
fn no_endpoint_is_on_a_port_that_was_switched_off() {
    for endpoint in all() {
        assert!(!endpoint.url().contains(":8443"), "{endpoint:?}");
    }
}

#[test]
fn every_endpoint_has_defaults_that_keep_to_its_own_rules() {
    for endpoint in all() {
        let config = endpoint.defaults().build().unwrap();
        let rules = endpoint.rules();
        if endpoint.row.rules.is_some() {
            assert_eq!(config.patience(), rules.patience(), "{endpoint}");
        }
        if let (Some(silence), Some(probing)) = (rules.silence, config.probing()) {
            assert!(probing.every * 4 <= silence.limit, "{endpoint}");
        }
        let venue = endpoint.exchange().defaults().build().unwrap();
        assert!(config.detection_bound() <= venue.detection_bound(), "{endpoint}");
        assert_eq!(endpoint.name(), endpoint.exchange().name());
    }
}

/// Coinbase's gateway to Deribit hangs up on who sends no message for 30 s, and ping frames are
/// none: what we send there are responses, so the heartbeat is asked for at half of that.
#[test]
fn deribits_dialect_is_armed_as_slowly_as_advised_and_faster_where_it_must_be() {
    for (name, interval) in [("deribit", 30), ("deribit/drb", 15), ("deribit/drb-streams", 15)] {
        let endpoint: ExchangeEndpoint = name.parse().unwrap();
        let mut out = Outbox::new();
        endpoint.arm(&mut out).unwrap();
        let Some(Frame::Text(text)) = out.frame() else { panic!("{out:?}") };
        assert!(text.ends_with(&std::format!(r#"{{"interval":{interval}}}}}"#)), "{text}");
        let silence = endpoint.rules().silence.unwrap();
        assert!(silence.limit >= 2 * Duration::from_secs(interval), "{name}");
    }
}

#[test]
fn the_error_names_what_there_is() {
    let error = |text: &str| text.parse::<ExchangeEndpoint>().unwrap_err().to_string();
    assert_eq!(error("bitmex/demo"), "unknown endpoint of bitmex: known are production, test",);
    assert_eq!(error("rfc6455"), "no endpoint of rfc6455 is known: its url must be given",);
    assert!(error("okex/demo").starts_with("unknown exchange, did you mean okx"));
}
