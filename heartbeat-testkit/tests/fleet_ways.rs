//! The ways of a fleet: by which address, under which budget together, by the operator's hand, and
//! out of the world.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{MessageLimit, RecoveryAction};
use heartbeat_platforms::{Exchange, Scope};
use heartbeat_testkit::{
    Address, Fleet, FleetOptions, FleetOracles, FleetStep, MockOptions, OperatorStep, Sickness,
    Trouble,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn quiet(exchange: Exchange, clients: usize) -> FleetOptions<Exchange> {
    let quiet = MockOptions::default().data_every(None);
    FleetOptions::of(exchange, 5).clients(clients).mock(quiet)
}

struct Run {
    fleet: Fleet<Exchange>,
    oracles: FleetOracles,
    dials: u32,
    leaves: u32,
    seen: u64,
}

impl Run {
    fn new(options: FleetOptions<Exchange>) -> Self {
        let fleet = Fleet::new(options);
        let oracles = FleetOracles::of(&fleet);
        Self { fleet, oracles, dials: 0, leaves: 0, seen: 0 }
    }

    /// Runs for a span; the rule that was broken, if one was.
    fn run_for(&mut self, span: Duration) -> Result<(), &'static str> {
        let until = self.fleet.now().checked_add(span).unwrap();
        loop {
            let stepped = self.fleet.step(until);
            self.oracles.look(&self.fleet).map_err(|violation| violation.oracle)?;
            for entry in self.fleet.trace().after(self.seen).unwrap() {
                if let FleetStep::Does { action, .. } = &entry.what {
                    self.dials += u32::from(matches!(action, RecoveryAction::Dial { .. }));
                    self.leaves += u32::from(matches!(action, RecoveryAction::Leave { .. }));
                }
            }
            self.seen = self.fleet.trace().count();
            if !stepped {
                return Ok(());
            }
        }
    }

    #[track_caller]
    fn is_well(&mut self, span: Duration) {
        let judged = self.run_for(span);
        assert_eq!(judged, Ok(()), "{}", self.fleet.story());
    }

    #[track_caller]
    fn is_live(&mut self) {
        assert_eq!(self.fleet.live(), self.fleet.clients(), "{}", self.fleet.story());
    }
}

#[test]
fn eight_connections_keep_the_budget_of_their_address_together() {
    let coinbase = || quiet(Exchange::CoinbaseAdvanced, 8);
    let mut run = Run::new(coinbase());
    run.is_well(5 * MINUTE);
    run.is_live();
    (0..8).for_each(|client| run.fleet.cut(client));
    run.is_well(5 * MINUTE);
    run.is_live();
    // Each keeps it, and so all together do not.
    let limit = MessageLimit::new(8, SECOND, 2).unwrap();
    let mut alone = Run::new(coinbase().message_limit(Some((limit, Scope::Connection))));
    assert_eq!(alone.run_for(5 * MINUTE), Err("messages"));
}

#[test]
fn an_address_that_is_sick_is_tried_once_and_the_other_one_used() {
    let kinds = [Sickness::BadGateway, Sickness::Hangs, Sickness::Resets, Sickness::Mute];
    for how in kinds {
        let sick = Trouble::Sick { address: Address::of(0), how };
        let mut run = Run::new(quiet(Exchange::Okx, 1));
        run.fleet.trouble(sick, 10 * MINUTE);
        run.is_well(MINUTE);
        assert_eq!(run.dials, 2, "{how:?}: {}", run.fleet.story());
        run.is_live();
        let mut forgetful = Run::new(quiet(Exchange::Okx, 1).forgetful_of_addresses());
        forgetful.fleet.trouble(sick, 10 * MINUTE);
        assert_eq!(forgetful.run_for(MINUTE), Err("routes"), "{how:?}");
    }
}

#[test]
fn an_operator_pauses_a_client_and_lets_it_go_on() {
    let mut run = Run::new(quiet(Exchange::Okx, 1));
    run.is_well(MINUTE);
    run.fleet.operate(0, OperatorStep::Pauses);
    run.is_well(10 * MINUTE);
    assert_eq!((run.fleet.live(), run.dials, run.leaves), (0, 1, 1), "{}", run.fleet.story());
    run.fleet.operate(0, OperatorStep::Resumes);
    run.is_well(10 * SECOND);
    run.is_live();
}

#[test]
fn an_operator_reconnects_over_the_pause_that_a_rate_limit_is() {
    let mut run = Run::new(quiet(Exchange::Okx, 1));
    run.is_well(MINUTE);
    let turns = Trouble::Turns { status: 429, retry_after: Some(10 * MINUTE), times: 1 };
    run.fleet.trouble(turns, 10 * MINUTE);
    run.fleet.cut(0);
    run.is_well(MINUTE);
    assert_eq!(run.fleet.live(), 0);
    run.fleet.operate(0, OperatorStep::Reconnects);
    run.is_well(2 * SECOND);
    run.is_live();
}

#[test]
fn a_rotation_that_leaves_first_closes_one_connection_before_it_dials_the_next() {
    let options = quiet(Exchange::Deribit, 1).break_before_make().unwrap();
    let mut run = Run::new(options);
    run.is_well(MINUTE);
    run.fleet.trouble(Trouble::OneSession, 30 * MINUTE);
    run.fleet.rotate(0);
    run.is_well(MINUTE);
    assert_eq!((run.dials, run.leaves), (2, 1), "{}", run.fleet.story());
    run.is_live();
}

/// At moments that lie in every phase of an attempt, and later.
#[test]
fn of_a_client_that_ends_nothing_is_left_whatever_the_moment() {
    for moment in (0..400).step_by(7).chain([60_000]) {
        let mut run = Run::new(quiet(Exchange::Okx, 2));
        run.is_well(Duration::from_millis(moment));
        run.fleet.stop(0);
        run.is_well(MINUTE);
        assert_eq!((run.fleet.live(), run.fleet.status(0).unwrap().live), (1, None));
    }
}

/// What the oracle is for: a connection that nobody owns and that answers heartbeats for ever.
#[test]
fn a_connection_that_outlives_its_client_is_found() {
    let mut run = Run::new(quiet(Exchange::Okx, 2));
    run.is_well(MINUTE);
    run.fleet.forsake(0);
    assert_eq!(run.run_for(MINUTE), Err("ends"));
}
