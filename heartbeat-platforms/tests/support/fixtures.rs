//! The fixtures of our venues.

use std::path::Path;

use heartbeat_testkit::conformance::{self, Fixture};

/// Loads the fixtures of a venue.
pub(crate) fn load(venue: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(venue);
    conformance::load(folder).unwrap_or_else(|error| panic!("{error}"))
}
