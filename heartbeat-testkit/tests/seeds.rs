//! Every seed that ever failed, with its story.
//!
//! A seed tells the same story only to the same generator. What has failed is told here by hand
//! where the generator has changed since.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::RecoveryConfig;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    DataFrom, Fleet, FleetOptions, FleetOracles, Freeze, MockOptions, Oracles, World, WorldOptions,
};

const SECOND: Duration = Duration::from_secs(1);

/// Lives through a story, every oracle looking on.
struct Told {
    world: World<Exchange>,
    oracles: Oracles,
}

impl Told {
    fn of(exchange: Exchange) -> Self {
        let mock = MockOptions::default().data_from(DataFrom::Opening).data_every(Some(2 * SECOND));
        let world = World::of(exchange, WorldOptions::seeded(1).mock(mock));
        let oracles = Oracles::of(world.client().config(), exchange.rules());
        let mut told = Self { world, oracles };
        told.run(60 * SECOND);
        told
    }

    #[track_caller]
    fn run(&mut self, span: Duration) {
        let until = self.world.now().checked_add(span).unwrap();
        while self.world.step(until) {
            self.oracles.look(&self.world).unwrap();
        }
    }

    #[track_caller]
    fn end(mut self) {
        self.run(120 * SECOND);
        self.oracles.finish(&self.world).unwrap();
    }
}

/// A client slept for most of a minute while a beat came every second. It then read all of
/// them before it drained its session, whose room for reports is bounded, and 76 events were
/// lost. The simulated client now drains after every few frames.
#[test]
fn a_minute_of_beats_read_at_once_loses_no_event() {
    let mut told = Told::of(Exchange::CoinbaseAdvanced);
    told.world.freeze(55 * SECOND, Freeze::Process);
    told.end();
}

/// The same behind a line that had been dead: healed, it delivered at one moment what it had
/// held back, and 93 events were lost.
#[test]
fn a_healed_line_that_delivers_all_at_once_loses_no_event() {
    let mut told = Told::of(Exchange::KrakenV2);
    told.world.freeze(100 * SECOND, Freeze::Machine);
    told.world.half_open(true);
    told.run(90 * SECOND);
    told.world.half_open(false);
    told.end();
}

/// A venue fell silent for eight seconds, two probes went unanswered, and with the third out the
/// machine was suspended until long after. It woke, waited what was left of the third, and gave
/// the venue up: rightly, for in its own time the venue had answered nothing. An oracle that
/// counted the suspended time as well called it a false verdict.
#[test]
fn what_a_suspended_machine_cannot_have_noticed_is_not_held_against_it() {
    for silent in 5..12 {
        let mut told = Told::of(Exchange::Backpack);
        told.world.plan(format!("silent@0s+{silent}s").parse().unwrap());
        told.run(SECOND * silent);
        told.world.freeze(60 * SECOND, Freeze::Machine);
        told.end();
    }
}

/// A client whose dial hung when the venue was repaired gave it five seconds, drew nearly five more
/// of backoff, and was live ten and a half seconds after the repair, where ten are promised. A
/// third of all days had one like it: seed 104 at WOO X needed no more than one client. Backoff and
/// breaker are bounded by three seconds now.
#[test]
fn a_dial_that_hangs_at_the_repair_leaves_time_for_another() {
    for seed in 0..30 {
        let options = FleetOptions::of(Exchange::Woox, seed).clients(1);
        let mut fleet = Fleet::new(options);
        let mut oracles = FleetOracles::of(&fleet);
        for (until, dead) in [(60, false), (120, true), (180, false)] {
            fleet.half_open(0, dead);
            while fleet.step(heartbeat_core::Timestamp::from_millis(until * 1_000)) {
                oracles.look(&fleet).unwrap_or_else(|violation| panic!("{violation}"));
            }
        }
        oracles.finish(&fleet).unwrap();
    }
    let config = RecoveryConfig::builder().build().unwrap();
    let (dial, backoff) =
        (config.phase_within(heartbeat_core::AttemptPhase::Dial), config.backoff_bound(9));
    assert!(dial + backoff <= 8 * SECOND, "{dial:?} and {backoff:?}");
}

/// A venue sent everybody away for 88 seconds, and the machine was suspended for 37 of them. The
/// clock of a suspended machine stands still, so the pause was over 37 seconds late by the world's
/// time, and an oracle that counted by that complained (seed 25 at Bithumb).
#[test]
fn a_pause_that_a_machine_sleeps_through_ends_as_much_later() {
    let mut fleet = Fleet::new(FleetOptions::of(Exchange::Bithumb, 25));
    let mut oracles = FleetOracles::of(&fleet);
    let mut run = |fleet: &mut Fleet<Exchange>, span: Duration| {
        let until = fleet.now().checked_add(span).unwrap();
        while fleet.step(until) {
            oracles.look(fleet).unwrap_or_else(|violation| panic!("{violation}"));
        }
    };
    run(&mut fleet, 60 * SECOND);
    fleet.outage("http=429@0s+88s".parse().unwrap());
    (0..3).for_each(|client| fleet.cut(client));
    run(&mut fleet, 50 * SECOND);
    fleet.suspend(37 * SECOND);
    run(&mut fleet, 74 * SECOND);
    assert_eq!(fleet.live(), 0, "{}", fleet.story());
    run(&mut fleet, 12 * SECOND);
    assert_eq!(fleet.live(), 3, "{}", fleet.story());
}
