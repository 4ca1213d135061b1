//! An endpoint that goes by rules of its own is played by them, and its defaults live there.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::Platform as _;
use heartbeat_platforms::{Exchange, ExchangeEndpoint};
use heartbeat_testkit::{MockOptions, Observation, Offence, Step, World, WorldOptions};

const SECOND: Duration = Duration::from_secs(1);

fn quiet(seed: u64) -> WorldOptions {
    WorldOptions::seeded(seed).mock(MockOptions::default().data_every(None))
}

#[test]
fn six_hours_at_every_endpoint_with_rules_of_its_own_pass_in_peace() {
    let endpoints = Exchange::all().iter().flat_map(|exchange| exchange.endpoints());
    let own = endpoints.filter(|endpoint| endpoint.rules() != endpoint.exchange().rules());
    let mut played = 0;
    for endpoint in own {
        let config = endpoint.defaults().build().unwrap_or_else(|e| panic!("{endpoint}: {e}"));
        let mut world = World::new(endpoint, config, endpoint, quiet(71));
        world.run_for(6 * 3_600 * SECOND);
        assert!(world.verdict().is_none(), "{endpoint}: {:?}", world.verdict());
        assert!(!world.venue().is_over(), "{endpoint} ended the connection");
        played += 1;
    }
    assert!(played > 0, "no endpoint has rules of its own");
}

/// What is right for Deribit is too slow for Coinbase's gateway to it: ping frames do not count,
/// and the first response comes as its patience ends.
#[test]
fn coinbases_gateway_to_deribit_hangs_up_on_who_is_armed_as_slowly_as_deribit_advises() {
    let gateway: ExchangeEndpoint = "deribit/drb".parse().unwrap();
    let config = Exchange::Deribit.defaults().build().unwrap();
    let mut world = World::new(Exchange::Deribit, config, gateway, quiet(72));
    world.run_for(29 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    world.run_for(3 * SECOND);
    let silent = |what: &Step| {
        matches!(what, Step::VenueNotes(Observation::Kicked { why: Offence::Silence, .. }))
    };
    assert!(world.trace().entries().any(|entry| silent(&entry.what)), "{}", world.trace());
    assert!(world.verdict().is_some(), "{}", world.trace());
}
