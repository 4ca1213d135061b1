//! The conformance table: what holds for every venue alike, checked on each.

use heartbeat_core::Detector as _;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::conformance::check;

use super::support::fixtures;
use super::support::venues;

/// Checks a part of the venues, so that the parts can run side by side.
fn check_part(part: usize) {
    let mut broken = Vec::new();
    for exchange in Exchange::all().iter().skip(part).step_by(PARTS) {
        let line = venues::line(*exchange);
        line.with_table(*exchange, |table| broken.extend(check(exchange, &table).err()));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

const PARTS: usize = 4;

#[test]
fn every_venue_passes_the_table_1() {
    check_part(0);
}

#[test]
fn every_venue_passes_the_table_2() {
    check_part(1);
}

#[test]
fn every_venue_passes_the_table_3() {
    check_part(2);
}

#[test]
fn every_venue_passes_the_table_4() {
    check_part(3);
}

#[test]
fn the_heartbeats_of_one_venue_mean_to_another_what_the_reference_says() {
    for writer in Exchange::all() {
        let fixtures = fixtures::load(writer.name());
        for reader in Exchange::all() {
            let line = venues::line(*reader);
            for fixture in &fixtures {
                let frame = fixture.frame();
                let slow = line.classify(frame);
                assert_eq!(reader.classify(frame), slow, "{reader}: {}", fixture.name());
            }
        }
    }
}
