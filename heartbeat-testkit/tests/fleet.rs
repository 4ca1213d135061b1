//! Clients that lose their connections and get them back, told as stories.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, NoticeKind, Outcome, Pace, Patience, Platform, Probing, RecoveryAction,
    RecoveryConfig, RotationReason,
};
use heartbeat_platforms::{Budget, Exchange};
use heartbeat_testkit::{
    CancelledBy, ChannelStep, Delay, Dials, Fleet, FleetOptions, FleetOracles, FleetStep,
    MockOptions, OrderStep, Trading,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

fn fleet(options: FleetOptions<Exchange>) -> Fleet<Exchange> {
    // Market data is much to simulate and proves nothing more.
    let quiet = MockOptions::default().data_every(None);
    let mut fleet = Fleet::new(options.mock(quiet));
    fleet.run_for(60 * SECOND);
    assert_eq!(fleet.live(), fleet.clients(), "{}", fleet.story());
    fleet
}

/// How many steps of the fleet's are such.
fn count(fleet: &Fleet<Exchange>, is: impl Fn(&FleetStep) -> bool) -> usize {
    fleet.trace().entries().filter(|entry| is(&entry.what)).count()
}

fn eventful_hour(seed: u64) -> Fleet<Exchange> {
    let mut fleet = fleet(FleetOptions::of(Exchange::Deribit, seed));
    fleet.half_open(0, true);
    fleet.freeze(1, 40 * SECOND);
    fleet.drift(300);
    fleet.run_for(90 * SECOND);
    fleet.half_open(0, false);
    fleet.outage("close=1012@0s".parse().unwrap());
    fleet.run_for(60 * SECOND);
    fleet.suspend(50 * SECOND);
    fleet.run_for(HOUR / 2);
    fleet
}

#[test]
fn the_same_seed_gives_the_same_fleet_and_another_does_not() {
    let (one, same, other) = (eventful_hour(1), eventful_hour(1), eventful_hour(2));
    assert_eq!(one.live(), 3, "{}", one.story());
    assert_eq!(one.fingerprint(), same.fingerprint());
    assert_eq!(one.story(), same.story());
    assert_eq!(one.story().lines().count(), 100);
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn every_venue_is_connected_to_and_connected_to_anew() {
    for exchange in Exchange::all() {
        let mut fleet = fleet(FleetOptions::of(*exchange, 5).clients(2));
        fleet.cut(1);
        fleet.run_for(10 * SECOND);
        assert_eq!(fleet.live(), 2, "{exchange}: {}", fleet.story());
        let dials = count(&fleet, |step| {
            matches!(step, FleetStep::Does { action: RecoveryAction::Dial { .. }, .. })
        });
        assert_eq!(dials, 3, "{exchange}: {}", fleet.story());
    }
}

#[test]
fn a_status_with_retry_after_is_obeyed_by_all() {
    let mut fleet = fleet(FleetOptions::of(Exchange::Okx, 3));
    fleet.outage("http=503@0s+40s".parse().unwrap());
    (0..3).for_each(|client| fleet.cut(client));
    fleet.run_for(39 * SECOND);
    let retry_after = Some(40 * SECOND);
    let http = AttemptFailure::Http { status: 503, retry_after, with_credentials: false };
    let is_http = |outcome: Outcome| outcome == Outcome::Failed(http);
    let refused =
        |step: &FleetStep| matches!(step, FleetStep::Hears { outcome, .. } if is_http(*outcome));
    // The others had dialled before the first came back with its answer, and nobody does after.
    let attempts =
        count(&fleet, |step| matches!(step, FleetStep::Hears { outcome: Outcome::Failed(_), .. }));
    assert!((1..=3).contains(&attempts), "{}", fleet.story());
    assert!(count(&fleet, refused) >= 1, "{}", fleet.story());
    fleet.run_for(11 * SECOND);
    assert_eq!(fleet.live(), 3, "{}", fleet.story());
}

#[test]
fn a_connection_is_left_for_a_living_one_before_its_age_ends_it() {
    let quiet = MockOptions::default().data_every(None);
    let options = FleetOptions::of(Exchange::BinanceSpot, 4).mock(quiet);
    let mut fleet = Fleet::new(options.max_age(HOUR).unwrap());
    fleet.run_for(5 * HOUR + 60 * SECOND);
    let rotations = count(&fleet, |step| {
        matches!(
            step,
            FleetStep::Does {
                action: RecoveryAction::Rotate { reason: RotationReason::Age, .. },
                ..
            }
        )
    });
    assert!((15..=18).contains(&rotations), "{rotations}: {}", fleet.story());
    let ends = count(&fleet, |step| {
        matches!(step, FleetStep::Hears { outcome: Outcome::Ended(_) | Outcome::Failed(_), .. })
    });
    assert_eq!(ends, 0, "{}", fleet.story());
}

#[test]
fn an_attempt_that_was_abandoned_is_heard_of_and_ignored() {
    let mut fleet = fleet(FleetOptions::of(Exchange::Okx, 9).clients(1));
    // The answer to a dial takes as long as twelve seconds, and a dial has five.
    fleet.disturb(0, Some(Delay { base: 6 * SECOND, jitter: Duration::ZERO }));
    fleet.cut(0);
    fleet.run_for(60 * SECOND);
    assert_eq!(fleet.live(), 0);
    let ignored = |step: &FleetStep| matches!(step, FleetStep::Straggles { heeded: false, .. });
    let heeded = |step: &FleetStep| matches!(step, FleetStep::Straggles { heeded: true, .. });
    assert!(count(&fleet, ignored) >= 3, "{}", fleet.story());
    assert_eq!(count(&fleet, heeded), 0, "{}", fleet.story());
    fleet.disturb(0, None);
    fleet.run_for(10 * SECOND);
    assert_eq!(fleet.live(), 1, "{}", fleet.story());
}

#[test]
fn many_clients_keep_to_a_tight_budget_and_all_come_back() {
    let budget = Budget::per_address(2, SECOND);
    let mut fleet = fleet(FleetOptions::of(Exchange::Okx, 6).clients(20).budget(Some(budget)));
    (0..20).for_each(|client| fleet.cut(client));
    fleet.run_for(30 * SECOND);
    assert_eq!(fleet.live(), 20, "{}", fleet.story());
    let sent_away =
        count(&fleet, |step| matches!(step, FleetStep::Hears { outcome: Outcome::Failed(_), .. }));
    assert_eq!(sent_away, 0, "the venue counts as strictly as we do: {}", fleet.story());
}

#[test]
fn whoever_is_told_to_stop_stays_stopped() {
    let mut fleet = fleet(FleetOptions::of(Exchange::Okx, 8).clients(2));
    fleet.stop(0);
    fleet.run_for(HOUR);
    assert_eq!(fleet.live(), 1);
    assert!(fleet.status(0).unwrap().given_up.is_some());
    assert_eq!(fleet.connections(0).count(), 0, "what is over is forgotten");
}

/// Runs for `span`, or until an oracle complains, and returns the rule that was broken.
fn complaint(
    fleet: &mut Fleet<Exchange>,
    oracles: &mut FleetOracles,
    span: Duration,
) -> Option<&'static str> {
    let until = fleet.now().checked_add(span).unwrap();
    while fleet.step(until) {
        if let Err(violation) = oracles.look(fleet) {
            return Some(violation.oracle);
        }
        fleet.trim_traces();
    }
    oracles.look(fleet).err().map(|violation| violation.oracle)
}

#[test]
fn clients_that_take_their_time_are_found() {
    let lazy = RecoveryConfig::builder().backoff(40 * SECOND, 40 * SECOND).build().unwrap();
    let lost = |options: FleetOptions<Exchange>| {
        let mut fleet = Fleet::new(options);
        let mut oracles = FleetOracles::of(&fleet);
        assert_eq!(complaint(&mut fleet, &mut oracles, 60 * SECOND), None);
        fleet.outage("refuse@0s+30s".parse().unwrap());
        (0..3).for_each(|client| fleet.cut(client));
        complaint(&mut fleet, &mut oracles, 120 * SECOND)
    };
    assert_eq!(lost(FleetOptions::of(Exchange::Okx, 11)), None);
    assert_eq!(lost(FleetOptions::of(Exchange::Okx, 11).recovery(lazy)), Some("returns"));
}

/// A fleet that trades often, under a dead-man switch, perhaps cancelling on disconnect as well.
fn traders(exchange: Exchange, cancels: bool) -> (Fleet<Exchange>, FleetOracles) {
    let trading = Trading::default()
        .order_every(5 * SECOND)
        .dead_man(Some(Trading::DEAD_MAN_MIN))
        .cancel_on_disconnect(cancels);
    let channel = MockOptions::default()
        .data_every(Some(SECOND / 4))
        .channel_since(heartbeat_core::Timestamp::ZERO);
    // So that much is under way on one connection that has come on the other.
    let line = Delay { base: SECOND / 50, jitter: SECOND / 3 };
    let options = FleetOptions::of(exchange, 14).mock(channel).delay(line).trading(trading);
    let fleet = Fleet::new(options);
    let oracles = FleetOracles::of(&fleet);
    (fleet, oracles)
}

#[test]
fn a_rotation_costs_neither_an_order_nor_a_message() {
    let (mut fleet, mut oracles) = traders(Exchange::Okx, true);
    for _ in 0..6 {
        assert_eq!(complaint(&mut fleet, &mut oracles, 30 * SECOND), None, "{}", fleet.story());
        (0..3).for_each(|client| fleet.rotate(client));
    }
    assert_eq!(complaint(&mut fleet, &mut oracles, 10 * SECOND), None, "{}", fleet.story());
    let (placed, lost) = fleet.orders();
    assert!(placed >= 30 && lost == 0, "{lost} of {placed} orders: {}", fleet.story());
    assert!(fleet.status(0).unwrap().live.unwrap().number() >= 7, "{}", fleet.story());
}

#[test]
fn an_outage_costs_the_orders_that_it_must_and_tells_which_messages() {
    for (why, is_cut) in [(CancelledBy::Disconnect, true), (CancelledBy::DeadMan, false)] {
        let (mut fleet, mut oracles) = traders(Exchange::Deribit, is_cut);
        assert_eq!(complaint(&mut fleet, &mut oracles, 60 * SECOND), None);
        if is_cut {
            fleet.cut(0);
        } else {
            // Asleep it winds nothing up.
            fleet.suspend(2 * Trading::DEAD_MAN_MIN);
        }
        let until = fleet.now().checked_add(3 * Trading::DEAD_MAN_MIN).unwrap();
        let (mut lost, mut missed, mut seen) = (0, 0, fleet.trace().count());
        while fleet.step(until) {
            oracles.look(&fleet).unwrap_or_else(|violation| panic!("{violation}"));
            for entry in fleet.trace().after(seen).unwrap() {
                lost += u32::from(matches!(
                    &entry.what,
                    FleetStep::Order { what: OrderStep::Lost { by, .. }, .. } if *by == why
                ));
                missed += u32::from(matches!(
                    &entry.what,
                    FleetStep::Channel { client: 0, what: ChannelStep::Misses { .. } }
                ));
            }
            seen = fleet.trace().count();
            fleet.trim_traces();
        }
        assert!(lost > 0 && fleet.orders().1 >= u64::from(lost), "{why:?}: {}", fleet.story());
        assert_eq!(missed, 1, "{why:?}: one outage, one range: {}", fleet.story());
    }
}

#[test]
fn whoever_is_warned_is_gone_before_the_venue_is() {
    let mut warned = 0;
    for exchange in Exchange::all() {
        let (mut fleet, mut oracles) = traders(*exchange, true);
        assert_eq!(complaint(&mut fleet, &mut oracles, 20 * SECOND), None, "{exchange}");
        let has_words = fleet.announce(NoticeKind::Shutdown);
        assert_eq!(complaint(&mut fleet, &mut oracles, 20 * SECOND), None, "{exchange}");
        let ends = count(&fleet, |step| {
            matches!(step, FleetStep::Hears { outcome: Outcome::Ended(_), .. })
        });
        assert_eq!((ends, fleet.orders().1), (0, 0), "{exchange}: {}", fleet.story());
        let rotated = fleet.status(0).unwrap().live.unwrap().number() == 2;
        assert_eq!(rotated, has_words, "{exchange}: {}", fleet.story());
        warned += usize::from(has_words);
    }
    assert!(warned >= 8, "{warned} venues have words for it");
}

#[test]
fn clients_that_do_not_know_how_old_a_connection_may_be_are_found() {
    let aware = FleetOptions::of(Exchange::Okx, 15).max_age(HOUR).unwrap();
    let unaware = aware.clone().recovery(RecoveryConfig::builder().build().unwrap());
    for (options, found) in [(aware, None), (unaware, Some("departures"))] {
        let quiet = MockOptions::default().data_every(None).max_age(HOUR);
        let mut fleet = Fleet::new(options.mock(quiet));
        let mut oracles = FleetOracles::of(&fleet);
        assert_eq!(complaint(&mut fleet, &mut oracles, HOUR + 60 * SECOND), found);
    }
}

#[test]
fn clients_that_dial_more_often_than_they_may_are_found() {
    // The venue bears two a second; the gate of these clients believes ten.
    let mut fleet = Fleet::new(FleetOptions::of(Exchange::Deribit, 12).clients(6));
    let allowed = Budget::per_address(2, SECOND);
    let mut oracles = FleetOracles::of(&fleet).with(Dials::new(allowed));
    fleet.run_for(10 * SECOND);
    assert_eq!(oracles.look(&fleet).unwrap_err().oracle, "dials");
}

#[test]
fn a_fault_of_one_connection_is_found_by_the_oracles_of_that_connection() {
    // OKX wants to hear from us every thirty seconds; these settings do not know it.
    let probing =
        Probing { every: 40 * SECOND, answer_within: 5 * SECOND, pace: Pace::Unconditional };
    let config =
        Exchange::Okx.defaults().patience(Patience::default()).probing(probing).build().unwrap();
    let quiet = MockOptions::default().data_every(None);
    let options = FleetOptions::new(Exchange::Okx, config, Exchange::Okx, 13).mock(quiet);
    let mut fleet = Fleet::new(options);
    let mut oracles = FleetOracles::of(&fleet);
    assert_eq!(complaint(&mut fleet, &mut oracles, 120 * SECOND), Some("kicks"));
}
