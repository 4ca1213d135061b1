//! A recovery with its gate and its clock, in the hands of a test.

use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, AttemptPhase, Breaker, BreakerConfig, Cause, ConnectBudget, Gate, Generation,
    NoticeKind, Outcome, Recovery, RecoveryAction, RecoveryBuilder, RecoveryConfig, Timestamp,
};

use super::{millis, secs};

pub const UNREACHABLE: Outcome = Outcome::Failed(AttemptFailure::Unreachable);

/// A recovery, the gate of its venue, and the time.
#[derive(Debug)]
pub struct Run {
    pub recovery: Recovery,
    pub gate: Gate<ConnectBudget<1_000>>,
    pub now: Timestamp,
}

pub fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Short phases, and a breaker that looks on unless a test makes it judge.
pub fn config() -> RecoveryBuilder {
    RecoveryConfig::builder()
        .phase_within(AttemptPhase::Dial, secs(1))
        .phase_within(AttemptPhase::Upgrade, secs(2))
        .phase_within(AttemptPhase::Arm, secs(3))
        .phase_within(AttemptPhase::Ready, secs(4))
        .phase_within(AttemptPhase::Live, secs(5))
        .stable_for(secs(30))
        .backoff(secs(1), secs(8))
}

pub fn closed(code: u16) -> Outcome {
    Outcome::Ended(Cause::PeerClosed { code: Some(code) })
}

pub fn refused(status: u16, retry_after: Option<u64>) -> Outcome {
    let retry_after = retry_after.map(secs);
    Outcome::Failed(AttemptFailure::Http { status, retry_after, with_credentials: false })
}

pub fn notice(kind: NoticeKind, deadline: Option<Duration>) -> Outcome {
    Outcome::Notice { kind, deadline }
}

impl Run {
    pub fn new(config: RecoveryBuilder, seed: u64) -> Self {
        let breaker = BreakerConfig::builder().window(64).min_outcomes(64);
        let budget = ConnectBudget::new(1_000, millis(1)).unwrap();
        Self {
            recovery: Recovery::new(config.build().unwrap(), seed, at(0)),
            gate: Gate::new(Breaker::new(breaker.build().unwrap()), budget),
            now: at(0),
        }
    }

    /// Drains and returns what is to be done, and until when there is nothing else.
    #[track_caller]
    pub fn drain(&mut self) -> (Vec<RecoveryAction>, Option<Timestamp>) {
        let mut actions = Vec::new();
        for _ in 0..6 {
            match self.recovery.poll(self.now, &mut self.gate) {
                RecoveryAction::Wait(deadline) => {
                    let again = self.recovery.poll(self.now, &mut self.gate);
                    assert_eq!(
                        again,
                        RecoveryAction::Wait(deadline),
                        "polling twice did something"
                    );
                    return (actions, deadline);
                }
                action @ (RecoveryAction::Dial { .. }
                | RecoveryAction::Abandon { .. }
                | RecoveryAction::Rotate { .. }
                | RecoveryAction::RotationFailed { .. }
                | RecoveryAction::Leave { .. }
                | RecoveryAction::Withdraw { .. }
                | RecoveryAction::GiveUp(_)) => actions.push(action),
            }
        }
        panic!("a drain did not end: {actions:?}");
    }

    /// Moves to `millis`, asserting that nothing is to be done before.
    #[track_caller]
    pub fn silence_until(&mut self, millis: u64) -> &mut Self {
        let end = at(millis);
        assert_eq!(self.drain().0, [], "at {:?}", self.now);
        while let Some(deadline) = self.drain().1.filter(|deadline| *deadline < end) {
            self.now = deadline;
            assert_eq!(self.drain().0, [], "at {:?}", self.now);
        }
        self.now = end;
        self
    }

    /// Moves to the next thing that is to be done, and returns it.
    #[track_caller]
    pub fn next(&mut self) -> RecoveryAction {
        for _ in 0..100 {
            let (actions, deadline) = self.drain();
            match actions.as_slice() {
                [] => self.now = deadline.expect("nothing will ever be done again"),
                [action] => return *action,
                more => panic!("more than one thing at {:?}: {more:?}", self.now),
            }
        }
        panic!("nothing happens, and no time passes");
    }

    /// Moves to the next attempt.
    #[track_caller]
    pub fn dial(&mut self) -> Generation {
        let next = self.next();
        let RecoveryAction::Dial { generation, .. } = next else {
            panic!("expected an attempt at {:?}, not {next:?}", self.now);
        };
        generation
    }

    pub fn tell(&mut self, generation: Generation, outcome: Outcome) -> &mut Self {
        self.recovery.handle(self.now, generation, outcome);
        self
    }

    /// Moves to the next attempt and makes it live at once.
    #[track_caller]
    pub fn go_live(&mut self) -> Generation {
        let generation = self.dial();
        self.tell(generation, Outcome::Live);
        generation
    }

    /// Tells of an end, and returns how long after it the next attempt comes.
    #[track_caller]
    pub fn delay_after(&mut self, generation: Generation, outcome: Outcome) -> Duration {
        let since = self.now;
        self.tell(generation, outcome).dial();
        self.now.saturating_since(since)
    }

    pub fn request_rotation(&mut self) {
        self.recovery.request_rotation(self.now);
    }

    pub fn pass(&mut self, span: Duration) -> &mut Self {
        self.now = self.now.checked_add(span).unwrap();
        self
    }
}
