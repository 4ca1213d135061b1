//! The conformance table: what holds for every venue alike, checked on each.

use heartbeat_core::{Detector, Frame, Signal};
use heartbeat_platforms::Exchange;

use super::support::checks;
use super::support::fixtures::{self, Fixture};
use super::support::venues::{self, Line};

/// Runs a check on every venue with its line of the table, its fixtures and its reference.
fn for_each(check: impl Fn(Exchange, &Line, &[Fixture], &dyn for<'f> Fn(Frame<'f>) -> Signal)) {
    for exchange in Exchange::all() {
        let line = venues::line(*exchange);
        check(*exchange, line, &fixtures::load(exchange.name()), &|frame| line.classify(frame));
    }
}

#[test]
fn each_fixture_means_what_it_states() {
    for_each(|exchange, _, fixtures, reference| {
        checks::check_statements(&exchange, fixtures, reference);
    });
}

#[test]
fn each_heartbeat_has_a_fixture_and_each_venue_lookalikes() {
    for_each(|exchange, line, fixtures, _| {
        checks::check_coverage(&exchange, fixtures, line.kinds, line.longest);
    });
}

#[test]
fn control_frames_mean_the_same_everywhere() {
    for_each(|exchange, _, _, _| checks::check_control_frames(&exchange));
}

#[test]
fn each_reply_is_exact_to_the_byte() {
    for_each(|exchange, line, _, _| checks::check_replies(&exchange, &line.replies));
}

#[test]
fn no_truncation_is_a_heartbeat() {
    for_each(|exchange, _, fixtures, reference| {
        checks::check_truncations(&exchange, fixtures, reference);
    });
}

#[test]
fn no_change_of_one_byte_makes_a_heartbeat_that_is_none() {
    for_each(|exchange, _, fixtures, reference| {
        checks::check_byte_changes(&exchange, fixtures, reference);
    });
}

#[test]
fn order_white_space_and_escapes_change_nothing() {
    for_each(|exchange, _, fixtures, reference| {
        checks::check_rewritings(&exchange, fixtures, reference);
    });
}

#[test]
fn up_to_the_bound_length_changes_nothing_and_past_it_all_is_data() {
    for_each(|exchange, line, fixtures, reference| {
        checks::check_bound(&exchange, fixtures, line.longest, reference);
    });
}

#[test]
fn the_heartbeats_of_one_venue_mean_to_another_what_the_reference_says() {
    for_each(|_, _, fixtures, _| {
        for exchange in Exchange::all() {
            let line = venues::line(*exchange);
            for fixture in fixtures {
                let frame = fixture.frame();
                let slow = line.classify(frame);
                assert_eq!(exchange.classify(frame), slow, "{exchange}: {}", fixture.name);
            }
        }
    });
}
