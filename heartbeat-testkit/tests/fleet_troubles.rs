//! Venues that will not have their clients for now, told as stories.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{NoticeKind, RecoveryAction, RecoveryConfig, RotationReason, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    Fleet, FleetOptions, FleetOracles, FleetStep, MockOptions, Politeness, Trouble,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn quiet(exchange: Exchange, clients: usize) -> FleetOptions<Exchange> {
    let quiet = MockOptions::default().data_every(None);
    FleetOptions::of(exchange, 5).clients(clients).mock(quiet)
}

/// A fleet that has been live for a minute, and the oracles that watch it.
struct Run {
    fleet: Fleet<Exchange>,
    oracles: FleetOracles,
    dials: Vec<Timestamp>,
    failed_rotations: usize,
    rotated_for: Vec<RotationReason>,
    seen: u64,
}

impl Run {
    fn new(options: FleetOptions<Exchange>) -> Self {
        Self::watched(options, |oracles| oracles)
    }

    fn watched(
        options: FleetOptions<Exchange>,
        more: impl FnOnce(FleetOracles) -> FleetOracles,
    ) -> Self {
        let fleet = Fleet::new(options);
        let oracles = more(FleetOracles::of(&fleet));
        let (dials, rotated_for) = (Vec::new(), Vec::new());
        let mut run = Self { fleet, oracles, dials, failed_rotations: 0, rotated_for, seen: 0 };
        run.run_for(MINUTE).unwrap();
        assert_eq!(run.fleet.live(), run.fleet.clients(), "{}", run.fleet.story());
        run.dials.clear();
        run
    }

    /// Runs for a span; the rule that was broken, if one was.
    fn run_for(&mut self, span: Duration) -> Result<(), &'static str> {
        let until = self.fleet.now().checked_add(span).unwrap();
        loop {
            let stepped = self.fleet.step(until);
            self.oracles.look(&self.fleet).map_err(|violation| violation.oracle)?;
            for entry in self.fleet.trace().after(self.seen).unwrap() {
                let FleetStep::Does { action, .. } = &entry.what else { continue };
                match action {
                    RecoveryAction::Dial { .. } => self.dials.push(entry.at),
                    RecoveryAction::RotationFailed { .. } => self.failed_rotations += 1,
                    RecoveryAction::Rotate { reason, .. } => self.rotated_for.push(*reason),
                    RecoveryAction::Abandon { .. }
                    | RecoveryAction::Leave { .. }
                    | RecoveryAction::Withdraw { .. }
                    | RecoveryAction::GiveUp(_)
                    | RecoveryAction::Wait(_) => {}
                }
            }
            self.seen = self.fleet.trace().count();
            self.fleet.trim_traces();
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
}

fn turns(status: u16, retry_after: Option<Duration>, times: u32) -> Trouble {
    Trouble::Turns { status, retry_after, times }
}

#[test]
fn a_single_403_on_the_way_back_ends_nothing() {
    let mut run = Run::new(quiet(Exchange::BinanceSpot, 1));
    run.fleet.trouble(turns(403, None, 1), MINUTE);
    run.fleet.cut(0);
    run.is_well(14 * SECOND);
    assert_eq!((run.fleet.live(), run.dials.len()), (0, 1), "{}", run.fleet.story());
    run.is_well(10 * SECOND);
    assert_eq!((run.fleet.live(), run.dials.len()), (1, 2), "{}", run.fleet.story());
}

#[test]
fn a_rate_limit_with_a_retry_after_of_zero_is_kept_by_the_whole_fleet() {
    let mut run = Run::new(quiet(Exchange::Okx, 3));
    run.fleet.trouble(turns(429, Some(Duration::ZERO), 3), 10 * MINUTE);
    (0..3).for_each(|client| run.fleet.cut(client));
    run.is_well(10 * MINUTE);
    assert_eq!(run.fleet.live(), 3, "{}", run.fleet.story());
    assert!(run.dials.len() <= 8, "{} dials in ten minutes", run.dials.len());
}

#[test]
fn close_1008_after_every_subscription_is_not_answered_by_another_try_at_once() {
    let mut run = Run::new(quiet(Exchange::Deribit, 1));
    run.fleet.trouble(Trouble::Closes { code: 1008, after: SECOND }, 10 * MINUTE);
    run.fleet.cut(0);
    run.is_well(10 * MINUTE);
    assert!((4..=8).contains(&run.dials.len()), "{} dials in ten minutes", run.dials.len());
    run.is_well(20 * MINUTE);
    assert_eq!(run.fleet.live(), 1, "{}", run.fleet.story());
}

#[test]
fn one_that_is_displaced_again_and_again_slows_down() {
    let mut run = Run::new(quiet(Exchange::Okx, 1));
    run.fleet.trouble(Trouble::Closes { code: 1000, after: 3 * SECOND }, 10 * MINUTE);
    run.fleet.cut(0);
    run.is_well(10 * MINUTE);
    assert!((5..=9).contains(&run.dials.len()), "{} dials in ten minutes", run.dials.len());
}

#[test]
fn a_notice_right_after_every_upgrade_does_not_chase_a_client_from_one_to_the_next() {
    let mut run = Run::new(quiet(Exchange::BinanceSpot, 1));
    run.fleet.trouble(Trouble::Warns { after: SECOND / 5 }, 10 * MINUTE);
    run.fleet.rotate(0);
    run.is_well(10 * MINUTE);
    assert!((3..=12).contains(&run.dials.len()), "{} dials in ten minutes", run.dials.len());
}

#[test]
fn a_notice_without_a_deadline_does_not_move_a_fleet_as_one() {
    let mut run = Run::new(quiet(Exchange::BinanceSpot, 50));
    assert!(run.fleet.announce(NoticeKind::Shutdown));
    run.is_well(9 * SECOND);
    run.dials.sort_unstable();
    assert_eq!(run.dials.len(), 50);
    let closest = run.dials.windows(6).map(|six| six[5].saturating_since(six[0])).min();
    assert!(closest >= Some(SECOND / 50), "six of fifty within {closest:?}");
    assert_eq!(run.rotated_for.len(), 50, "{}", run.fleet.story());
}

#[test]
fn a_rotation_that_one_session_a_key_forbids_is_given_up_and_the_line_is_not() {
    let mut run = Run::new(quiet(Exchange::Deribit, 1));
    let live = run.fleet.status(0).unwrap().live;
    run.fleet.trouble(Trouble::OneSession, 30 * MINUTE);
    run.fleet.rotate(0);
    run.is_well(20 * MINUTE);
    assert_eq!((run.dials.len(), run.failed_rotations), (4, 1), "{}", run.fleet.story());
    assert_eq!(run.fleet.status(0).unwrap().live, live);
}

#[test]
fn a_session_that_expires_inside_its_socket_is_left_at_every_venue_that_says_so() {
    let mut announced = false;
    for exchange in Exchange::all() {
        let mut run = Run::new(quiet(*exchange, 1));
        if run.fleet.announce(NoticeKind::SessionExpired) {
            run.is_well(5 * SECOND);
            let reason = RotationReason::Notice(NoticeKind::SessionExpired);
            assert_eq!(run.rotated_for, [reason], "{exchange}: {}", run.fleet.story());
            announced = true;
        }
    }
    assert!(announced, "no venue says so");
}

/// Clients that take no answer for a reason to wait; the oracle goes by what would be polite.
#[test]
fn clients_that_come_again_at_once_are_found() {
    let moment = Duration::from_millis(1);
    let rude = RecoveryConfig::builder()
        .denied_pause(moment)
        .rate_limited_pause(moment)
        .escalation_cap(MINUTE)
        .rotation_tries(NonZeroU32::new(100).unwrap(), moment)
        .build()
        .unwrap();
    let polite = RecoveryConfig::builder().build().unwrap();
    let troubles = [
        turns(403, None, 1),
        turns(429, Some(Duration::ZERO), 2),
        Trouble::Closes { code: 1008, after: SECOND },
        Trouble::Closes { code: 1000, after: 3 * SECOND },
        Trouble::Warns { after: SECOND / 5 },
        Trouble::OneSession,
    ];
    for trouble in troubles {
        for (config, broken) in [(polite, None), (rude, Some("politeness"))] {
            let options = quiet(Exchange::BinanceSpot, 1).recovery(config);
            let mut run = Run::watched(options, |oracles| oracles.with(Politeness::new(1, polite)));
            run.fleet.trouble(trouble, 2 * MINUTE);
            if matches!(trouble, Trouble::OneSession | Trouble::Warns { .. }) {
                run.fleet.rotate(0);
            } else {
                run.fleet.cut(0);
            }
            assert_eq!(run.run_for(2 * MINUTE).err(), broken, "{trouble}: {}", run.fleet.story());
        }
    }
}
