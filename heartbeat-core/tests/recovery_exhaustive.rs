//! Every short sequence of what can become of a connection, on a coarse clock.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, Breaker, BreakerConfig, Cause, ConnectBudget, Gate, Generation, NoticeKind,
    Outcome, Recovery, RecoveryAction, RecoveryConfig, Timestamp,
};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// What can happen between two drains.
#[derive(Clone, Copy, Debug)]
enum Input {
    Pass(u64),
    Back,
    /// To the attempt that is under way.
    Attempt(Outcome),
    /// To the connection that is live.
    Live(Outcome),
    /// To the first generation there was, mostly an old one.
    First(Outcome),
    Rotate,
    Reconnect,
    Pause,
    Resume,
    Stop,
}

const CLOSED: Outcome = Outcome::Ended(Cause::PeerClosed { code: Some(1000) });
const RETRY_AFTER: AttemptFailure =
    AttemptFailure::Http { status: 429, retry_after: Some(secs(3)), with_credentials: false };
const DENIED: AttemptFailure =
    AttemptFailure::Http { status: 403, retry_after: None, with_credentials: false };
const EXPIRED: Outcome = Outcome::Notice { kind: NoticeKind::SessionExpired, deadline: None };
const SHUTDOWN: Outcome = Outcome::Notice { kind: NoticeKind::Shutdown, deadline: Some(secs(2)) };

const INPUTS: [Input; 12] = [
    Input::Pass(1),
    Input::Pass(4),
    Input::Back,
    Input::Attempt(Outcome::Ready),
    Input::Attempt(Outcome::Live),
    Input::Attempt(Outcome::Failed(AttemptFailure::Unreachable)),
    Input::Attempt(Outcome::Failed(RETRY_AFTER)),
    Input::Live(CLOSED),
    Input::Live(SHUTDOWN),
    Input::First(Outcome::Live),
    Input::Rotate,
    Input::Stop,
];

/// The operator's hand, with what it may come between.
const OPERATED: [Input; 12] = [
    Input::Pass(1),
    Input::Pass(4),
    Input::Attempt(Outcome::Live),
    Input::Attempt(SHUTDOWN),
    Input::Attempt(Outcome::Failed(DENIED)),
    Input::Attempt(Outcome::Failed(RETRY_AFTER)),
    Input::Live(CLOSED),
    Input::Live(EXPIRED),
    Input::Rotate,
    Input::Reconnect,
    Input::Pause,
    Input::Resume,
];

/// The longest pause that refusals in a row come to.
const LONGEST: Duration = secs(8);

fn config() -> RecoveryConfig {
    let config = RecoveryConfig::builder().stable_for(secs(4)).backoff(secs(1), secs(4));
    let config = config.denied_pause(secs(2)).rate_limited_pause(secs(2)).escalation_cap(LONGEST);
    let config = config.rotation_tries(NonZeroU32::new(2).unwrap(), secs(1));
    config.leave_within(secs(2)).build().unwrap()
}

/// A recovery, and what a driver knows of it.
#[expect(clippy::struct_excessive_bools, reason = "a model keeps what it sees as it is")]
struct Node {
    recovery: Recovery,
    gate: Gate<ConnectBudget<2>>,
    now: Timestamp,
    latest: Timestamp,
    deadline: Option<Timestamp>,
    dialled: u64,
    first: Option<Generation>,
    attempt: Option<Generation>,
    live: Option<Generation>,
    /// Since when, and whether it has lasted since then for as long as proves it stable.
    live_since: Timestamp,
    proven: bool,
    /// Whether it has been counted as one that died young.
    counted: bool,
    attempt_told: bool,
    paused: bool,
    /// Failures in a row, young deaths included.
    failures: u32,
    given_up: bool,
}

impl Node {
    fn new() -> Self {
        let breaker = BreakerConfig::builder().window(4).min_outcomes(2).trial_within(secs(60));
        let now = Timestamp::from_millis(100_000);
        let mut node = Self {
            recovery: Recovery::new(config(), 7, now),
            gate: Gate::new(
                Breaker::new(breaker.build().unwrap()),
                ConnectBudget::new(2, secs(3)).unwrap(),
            ),
            now,
            latest: now,
            deadline: None,
            dialled: 0,
            first: None,
            attempt: None,
            live: None,
            live_since: now,
            proven: false,
            counted: false,
            attempt_told: false,
            paused: false,
            failures: 0,
            given_up: false,
        };
        node.drain();
        node
    }

    fn apply(&mut self, input: Input) {
        match input {
            Input::Pass(span) => self.now = self.now.checked_add(secs(span)).unwrap(),
            Input::Back => self.now = Timestamp::from_millis(99_000),
            Input::Attempt(outcome) => self.tell(self.attempt, outcome),
            Input::Live(outcome) => self.tell(self.live, outcome),
            Input::First(outcome) => self.tell(self.first, outcome),
            Input::Rotate => self.recovery.request_rotation(self.now),
            Input::Reconnect => {
                self.recovery.reconnect_now(self.now);
                self.paused = false;
            }
            Input::Pause => {
                self.recovery.pause(self.now);
                self.paused = !self.given_up;
            }
            Input::Resume => {
                self.recovery.resume(self.now);
                self.paused = false;
            }
            Input::Stop => self.recovery.stop(self.now),
        }
        self.drain();
    }

    fn tell(&mut self, generation: Option<Generation>, outcome: Outcome) {
        let Some(generation) = generation else { return };
        self.age();
        self.recovery.handle(self.now, generation, outcome);
        let is_end = matches!(outcome, Outcome::Failed(_) | Outcome::Ended(_));
        let is_young = self.live == Some(generation) && !self.proven && !self.counted;
        let is_told = matches!(outcome, Outcome::Notice { .. });
        if (is_end || is_told) && is_young {
            (self.failures, self.counted) = (self.failures + 1, true);
        } else if is_end && self.attempt == Some(generation) && self.live.is_none() {
            // Beside a connection that lives it is no outage.
            self.failures += 1;
        } else if self.attempt == Some(generation) && outcome == Outcome::Live {
            (self.live_since, self.proven) = (self.latest, false);
            // What told the attempt to leave tells the connection that it has become.
            self.counted = self.attempt_told;
            self.failures += u32::from(self.attempt_told);
        }
        self.attempt_told |= is_told && self.attempt == Some(generation);
        if self.attempt == Some(generation) && (is_end || outcome == Outcome::Live) {
            self.attempt = None;
            // The one before it is left in the drain that follows.
            self.live = if is_end { self.live } else { self.live.or(Some(generation)) };
        } else if self.live == Some(generation) && is_end {
            self.live = None;
        }
    }

    /// Only a connection that has lasted makes up for failures: not one that was just made.
    fn age(&mut self) {
        self.latest = self.latest.max(self.now);
        let lasted = self.latest.saturating_since(self.live_since) >= config().stable_for();
        if self.live.is_some() && !self.proven && lasted {
            (self.proven, self.failures) = (true, 0);
        }
    }

    /// Drains, and checks what must hold of every action and after every drain.
    fn drain(&mut self) {
        self.age();
        for _ in 0..6 {
            let action = self.recovery.poll(self.now, &mut self.gate);
            assert!(!self.given_up || action == RecoveryAction::Wait(None), "{action:?}");
            match action {
                RecoveryAction::Dial { generation, .. } => {
                    assert!(!self.paused, "an attempt while it is paused");
                    assert_eq!(self.attempt, None, "two attempts at once");
                    self.dialled += 1;
                    assert_eq!(generation.number(), self.dialled, "a generation used twice");
                    self.first = self.first.or(Some(generation));
                    (self.attempt, self.attempt_told) = (Some(generation), false);
                }
                RecoveryAction::Abandon { generation, .. } => {
                    assert_eq!(self.attempt.take(), Some(generation));
                    self.failures += u32::from(self.live.is_none());
                }
                RecoveryAction::Withdraw { generation } => {
                    assert!(self.paused);
                    assert_eq!(self.attempt.take(), Some(generation));
                }
                RecoveryAction::Leave { generation, .. } => {
                    assert!(self.paused);
                    assert_eq!(self.live.take(), Some(generation));
                }
                RecoveryAction::RotationFailed { generation, .. } => {
                    assert_eq!(self.live, Some(generation));
                }
                RecoveryAction::Rotate { from, to, .. } => {
                    assert_eq!(self.live.replace(to), Some(from));
                }
                RecoveryAction::GiveUp(_) => {
                    self.given_up = true;
                    self.attempt = None;
                }
                RecoveryAction::Wait(deadline) => {
                    self.deadline = deadline;
                    return self.check();
                }
            }
        }
        panic!("a drain did not end");
    }

    fn check(&self) {
        let status = self.recovery.status();
        assert_eq!(status.attempt.map(|(generation, _)| generation), self.attempt);
        assert_eq!(status.live, self.live);
        assert!(self.given_up || status.failures == self.failures, "{} failures", self.failures);
        if let Some(deadline) = self.deadline {
            assert!(deadline > self.latest, "the deadline lies in the past");
        } else {
            let waits = self.given_up || self.paused || self.live.is_some();
            assert!(waits, "nobody will ever connect");
        }
    }

    /// From here on nothing is heard of an attempt that is under way, the venue accepts all
    /// others, and polls come when they are asked for.
    fn must_come_back(mut self) {
        if self.paused {
            self.apply(Input::Resume);
        }
        let from = self.latest;
        // A phase that hangs, a pause and the backoff, an open breaker, the budget, and being
        // spread out.
        let bound = secs(10 + 4 + 5 + 3 + 2) + LONGEST;
        let hangs = self.attempt;
        while self.live.is_none() && !self.given_up {
            if self.attempt.is_some() && self.attempt != hangs {
                self.tell(self.attempt, Outcome::Live);
            } else {
                self.now = self.deadline.unwrap();
            }
            assert!(self.now.saturating_since(from) <= bound, "not back after {bound:?}");
            self.drain();
        }
    }
}

/// Replays every sequence of so many inputs: a recovery cannot be cloned, as there is one
/// authority.
fn explore(inputs: &[Input], depth: usize, path: &mut Vec<Input>) -> u64 {
    if path.len() == depth {
        let mut node = Node::new();
        for input in path.iter() {
            node.apply(*input);
        }
        node.must_come_back();
        return 1;
    }
    let mut leaves = 0;
    for input in inputs {
        path.push(*input);
        leaves += explore(inputs, depth, path);
        path.pop();
    }
    leaves
}

#[test]
fn every_short_sequence_keeps_the_rules() {
    assert_eq!(explore(&INPUTS, 5, &mut Vec::new()), 12u64.pow(5));
}

#[test]
fn every_short_sequence_with_an_operator_in_it_keeps_the_rules() {
    assert_eq!(explore(&OPERATED, 4, &mut Vec::new()), 12u64.pow(4));
}
