//! The conformance table: what holds for every venue alike, checked on each.

mod support {
    pub(crate) mod conformance;
    pub(crate) mod fixtures;
    pub(crate) mod reference;
    pub(crate) mod tree;
}

use heartbeat_core::{Detector, Frame, Signal};
use heartbeat_platforms::Exchange;
use support::conformance::{self, Replies};
use support::fixtures::{self, Fixture};
use support::reference;

/// A line of the table.
struct Line {
    exchange: Exchange,
    /// What its fixtures must show.
    kinds: &'static [&'static str],
    replies: Replies<'static>,
}

const SILENT: Replies<'static> =
    Replies { arm: None, response: None, probe: Some(Frame::Ping(b"hb-7")), farewell: None };

fn line(exchange: Exchange) -> Line {
    let (kinds, replies): (&[_], _) = match exchange {
        Exchange::Deribit => (
            &["challenge", "beat", "armed", "arm_refused", "data"],
            Replies {
                arm: Some(Frame::Text(concat!(
                    r#"{"jsonrpc":"2.0","id":79448305041409,"method":"public/set_heartbeat","#,
                    r#""params":{"interval":10}}"#
                ))),
                response: Some(Frame::Text(
                    r#"{"jsonrpc":"2.0","id":79448305041410,"method":"public/test","params":{}}"#,
                )),
                ..SILENT
            },
        ),
        Exchange::BinanceSpot => (&["notice shutdown", "data"], SILENT),
        Exchange::Okx => (
            &["answer", "notice shutdown in 30s", "data"],
            Replies { probe: Some(Frame::Text("ping")), ..SILENT },
        ),
        Exchange::KrakenV2 => (
            &["answer 7", "beat", "unsolicited", "notice maintenance_started", "data"],
            Replies {
                probe: Some(Frame::Text(r#"{"method":"ping","req_id":79448305041415}"#)),
                ..SILENT
            },
        ),
        Exchange::CoinbaseAdvanced => (
            &["beat 42", "armed", "arm_refused", "data"],
            Replies {
                arm: Some(Frame::Text(r#"{"type":"subscribe","channel":"heartbeats"}"#)),
                ..SILENT
            },
        ),
        Exchange::Rfc6455 => (&["data"], SILENT),
        _ => panic!("{exchange} is not in the table"),
    };
    Line { exchange, kinds, replies }
}

fn for_each(check: impl Fn(&Line, &[Fixture])) {
    for exchange in Exchange::all() {
        let fixtures = fixtures::load(&fixtures::folder(exchange.name()));
        check(&line(*exchange), &fixtures);
    }
}

/// The slow reference of one venue.
fn reference_of(exchange: Exchange) -> impl for<'f> Fn(Frame<'f>) -> Signal {
    move |frame| reference::classify(exchange, frame)
}

#[test]
fn each_fixture_means_what_it_states() {
    for_each(|line, fixtures| {
        let reference = reference_of(line.exchange);
        conformance::check_statements(&line.exchange, fixtures, &reference);
    });
}

#[test]
fn each_heartbeat_has_a_fixture_and_each_venue_lookalikes() {
    for_each(|line, fixtures| {
        conformance::check_coverage(&line.exchange, fixtures, line.kinds);
    });
}

#[test]
fn control_frames_mean_the_same_everywhere() {
    for_each(|line, _| conformance::check_control_frames(&line.exchange));
}

#[test]
fn each_reply_is_exact_to_the_byte() {
    for_each(|line, _| conformance::check_replies(&line.exchange, &line.replies));
}

#[test]
fn no_truncation_is_a_heartbeat() {
    for_each(|line, fixtures| {
        let reference = reference_of(line.exchange);
        conformance::check_truncations(&line.exchange, fixtures, &reference);
    });
}

#[test]
fn no_change_of_one_byte_makes_a_heartbeat_that_is_none() {
    for_each(|line, fixtures| {
        let reference = reference_of(line.exchange);
        conformance::check_byte_changes(&line.exchange, fixtures, &reference);
    });
}

#[test]
fn order_white_space_and_escapes_change_nothing() {
    for_each(|line, fixtures| {
        let reference = reference_of(line.exchange);
        conformance::check_rewritings(&line.exchange, fixtures, &reference);
    });
}

#[test]
fn the_heartbeats_of_one_venue_mean_to_another_what_the_reference_says() {
    for_each(|_, fixtures| {
        for exchange in Exchange::all() {
            for fixture in fixtures {
                let frame = fixture.frame();
                let slow = reference::classify(*exchange, frame);
                assert_eq!(exchange.classify(frame), slow, "{exchange}: {}", fixture.name);
            }
        }
    });
}
