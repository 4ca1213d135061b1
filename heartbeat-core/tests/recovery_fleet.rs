//! Two hundred connections to one venue: what they do to it together.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, AttemptLimit, Breaker, BreakerConfig, BreakerState, Cause, ConnectBudget, Gate,
    Generation, Outcome, Recovery, RecoveryAction, RecoveryConfig, Timestamp,
};
use support::{millis, secs};

const ROUND_TRIP: Duration = millis(20);

/// All connections; the venue answers every attempt a round trip later.
struct Fleet<B> {
    members: Vec<Member>,
    gate: Gate<B>,
    now: Timestamp,
    dials: Vec<Timestamp>,
    was_open: bool,
}

struct Member {
    recovery: Recovery,
    wake: Option<Timestamp>,
    attempt: Option<(Timestamp, Generation)>,
}

impl<B: AttemptLimit> Fleet<B> {
    fn new(budget: B) -> Self {
        let now = Timestamp::ZERO;
        let config = RecoveryConfig::builder().build().unwrap();
        let member = |seed| Member {
            recovery: Recovery::new(config, seed, now),
            wake: Some(now),
            attempt: None,
        };
        Self {
            members: (0..200).map(member).collect(),
            gate: Gate::new(Breaker::new(BreakerConfig::builder().build().unwrap()), budget),
            now,
            dials: Vec::new(),
            was_open: false,
        }
    }

    /// Steps from wake-up to wake-up until `end`, while the venue gives this outcome.
    fn run_until(&mut self, end: Timestamp, outcome: Outcome) {
        for _ in 0..1_000_000 {
            let wakes = self.members.iter().flat_map(|member| {
                [member.wake, member.attempt.map(|(answered_at, _)| answered_at)]
            });
            let Some(next) = wakes.flatten().min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = next;
            for member in &mut self.members {
                member.step(next, outcome, &mut self.gate, &mut self.dials);
            }
            let state = self.gate.breaker().state(next);
            self.was_open |= matches!(state, BreakerState::Open { .. });
        }
        panic!("the fleet spins");
    }

    fn live(&self) -> usize {
        self.members.iter().filter(|member| member.recovery.status().live.is_some()).count()
    }
}

impl Member {
    fn step<B: AttemptLimit>(
        &mut self,
        now: Timestamp,
        outcome: Outcome,
        gate: &mut Gate<B>,
        dials: &mut Vec<Timestamp>,
    ) {
        let answered = self.attempt.take_if(|(answered_at, _)| *answered_at <= now);
        if let Some((_, generation)) = answered {
            self.recovery.handle(now, generation, outcome);
        } else if self.wake.is_none_or(|wake| wake > now) {
            return;
        }
        loop {
            match self.recovery.poll(now, gate) {
                RecoveryAction::Dial { generation, .. } => {
                    dials.push(now);
                    self.attempt = Some((now.checked_add(ROUND_TRIP).unwrap(), generation));
                }
                RecoveryAction::Wait(deadline) => break self.wake = deadline,
                other @ (RecoveryAction::Abandon { .. }
                | RecoveryAction::Rotate { .. }
                | RecoveryAction::RotationFailed { .. }
                | RecoveryAction::Leave { .. }
                | RecoveryAction::Withdraw { .. }
                | RecoveryAction::GiveUp(_)) => panic!("unexpected: {other:?}"),
            }
        }
    }
}

#[test]
fn a_fleet_does_not_besiege_a_venue_that_is_down_and_is_back_soon_after_it() {
    let per_second = ConnectBudget::<50>::new(50, secs(1)).unwrap();
    let per_five_minutes = ConnectBudget::<300>::new(300, secs(300)).unwrap();
    let mut fleet = Fleet::new((per_five_minutes, per_second));
    let refused = Outcome::Failed(AttemptFailure::Unreachable);
    fleet.run_until(Timestamp::from_millis(60_000), refused);
    assert!(fleet.was_open, "the breaker never opened");
    assert!(fleet.dials.len() < 100, "{} attempts in vain", fleet.dials.len());

    fleet.run_until(Timestamp::from_millis(70_000), Outcome::Live);
    assert_eq!(fleet.live(), 200, "not all are back ten seconds later");
    for (first, after) in fleet.dials.iter().zip(fleet.dials.iter().skip(50)) {
        assert!(after.saturating_since(*first) >= secs(1), "51 attempts in a second");
    }
}

#[test]
fn a_venue_that_accepts_and_closes_is_not_hammered() {
    let mut fleet = Fleet::new(());
    for tick in 1..=600 {
        fleet.run_until(Timestamp::from_millis(tick * 100), Outcome::Live);
        for member in &mut fleet.members {
            if let Some(generation) = member.recovery.status().live {
                let closed = Outcome::Ended(Cause::PeerClosed { code: Some(1000) });
                member.recovery.handle(fleet.now, generation, closed);
                member.wake = Some(fleet.now);
            }
        }
    }
    // Without limits of their own, 200 members that dial every 100 ms would make 120,000.
    let a_member = fleet.dials.len() / 200;
    assert!(fleet.was_open, "the breaker never opened");
    assert!(a_member <= 40, "{a_member} attempts a member in a minute");
}

#[test]
fn a_fleet_that_lost_its_connections_at_once_does_not_come_back_as_one() {
    let mut fleet = Fleet::new(());
    let cut = Timestamp::from_millis(600_000);
    fleet.run_until(cut, Outcome::Live);
    assert_eq!(fleet.live(), 200);
    fleet.dials.clear();
    let bound = fleet.members[0].recovery.config().backoff_bound(0);
    for member in &mut fleet.members {
        let generation = member.recovery.status().live.unwrap();
        member.recovery.handle(cut, generation, Outcome::Ended(Cause::TransportLost));
        member.wake = Some(cut);
    }
    fleet.run_until(cut.checked_add(bound).unwrap(), Outcome::Live);
    assert_eq!(fleet.dials.len(), 200, "each comes back within {bound:?}, and once");
    for quarter in 0..4 {
        let from = cut.checked_add(bound / 4 * quarter).unwrap();
        let to = from.checked_add(bound / 4).unwrap();
        let within = fleet.dials.iter().filter(|at| (from..to).contains(at)).count();
        assert!((20..90).contains(&within), "{within} of 200 in quarter {quarter}");
    }
}
