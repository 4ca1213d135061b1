//! The attempt that is under way, from the dial until it is live.

use heartbeat_core::{AttemptFailure, Generation, Outcome, Phase, Purpose};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::Engine;
use crate::client::line::Line;
use crate::client::minder::Job;
use crate::client::telemetry;
use crate::client::update::{AttemptFault, FailedAttempt, Update};
use crate::client::{Attempt, NotReady};

/// The attempt that is under way.
pub(super) struct Current {
    attempt: Attempt,
    /// The connection, once there is one.
    pub(super) line: Option<Line>,
    step: Step,
}

/// How far an attempt has come.
enum Step {
    Dialing,
    Arming,
    /// The handler is at it; dropping this makes it stop.
    Preparing(
        #[expect(dead_code, reason = "what counts is when it is dropped")] oneshot::Sender<()>,
    ),
    /// It is ready, and has yet to be heard from.
    Hearing,
    /// The handler says that the connection has ended; its verdict is on the way.
    Ending,
}

impl Engine {
    pub(super) fn dial(&mut self, generation: Generation, purpose: Purpose) {
        let attempt = Attempt { generation, purpose };
        telemetry::dial(&attempt);
        if self.parts.overlap.is_some() && purpose != Purpose::Connect {
            self.parts.feed.begin_overlap();
        }
        while self.dialing.try_join_next().is_some() {}
        let dialing = (self.parts.dialer)(attempt);
        self.dialing.spawn(dialing.instrument(telemetry::attempt_span(&attempt)));
        self.attempt = Some(Current { attempt, line: None, step: Step::Dialing });
    }

    pub(super) fn on_upgraded(&mut self, generation: Generation, line: Line) {
        let now = self.clock.now();
        match &mut self.attempt {
            Some(current) if current.attempt.generation == generation => {
                self.parts.recovery.handle(now, generation, Outcome::Upgraded);
                current.line = Some(line);
                current.step = Step::Arming;
            }
            // It comes too late, and is dropped with its lane.
            _ => self.parts.feed.drop_lane(generation),
        }
    }

    /// Takes the attempt as far as its connection has come.
    pub(super) fn advance_attempt(&mut self) {
        let now = self.clock.now();
        if self.parts.recovery.status().given_up.is_some() {
            // It is dropped in the next poll, and must not become anything before that.
            return;
        }
        let Some(current) = &mut self.attempt else { return };
        let Some(line) = &mut current.line else { return };
        let phase = line.health.borrow_and_update().phase;
        let is_armed = matches!(phase, Phase::Ready | Phase::Live);
        if matches!(current.step, Step::Arming) && is_armed {
            self.parts.recovery.handle(now, line.generation(), Outcome::Armed);
            let (until_dropped, dropped) = oneshot::channel();
            let outlet = line.outlet(&self.parts.feed);
            current.step = Step::Preparing(until_dropped);
            let attempt = current.attempt;
            if !self.parts.minder.give(Job::Prepare { attempt, outlet, dropped }) {
                let why = "handler is busy with too much".to_owned();
                self.on_prepared(attempt.generation, Err(NotReady::Failed(why)));
            }
        } else if matches!(current.step, Step::Hearing)
            && phase == Phase::Live
            && let Some(line) = self.attempt.take().and_then(|current| current.line)
        {
            self.go_live(line);
        }
    }

    pub(super) fn on_prepared(&mut self, generation: Generation, outcome: Result<(), NotReady>) {
        let now = self.clock.now();
        let Some(current) = &mut self.attempt else { return };
        if current.attempt.generation != generation {
            return;
        }
        let (failure, why) = match outcome {
            Ok(()) => {
                current.step = Step::Hearing;
                return self.parts.recovery.handle(now, generation, Outcome::Ready);
            }
            Err(NotReady::Ended) => {
                current.step = Step::Ending;
                return;
            }
            Err(NotReady::AuthRefused { is_final }) => {
                (AttemptFailure::AuthRefused { is_final }, "said the handler".into())
            }
            Err(NotReady::Failed(why)) => (AttemptFailure::NotReady, why),
        };
        self.parts.recovery.handle(now, generation, Outcome::Failed(failure));
        self.drop_attempt(generation, AttemptFault::Failed { failure, why });
    }

    /// Tells whether the attempt that is under way is a rotation.
    pub(super) fn attempt_rotates(&self) -> bool {
        self.attempt.as_ref().is_some_and(|current| current.attempt.purpose != Purpose::Connect)
    }

    /// Drops the attempt if it is this one, and tells why.
    pub(super) fn drop_attempt(&mut self, generation: Generation, fault: AttemptFault) {
        if self.attempt.as_ref().is_none_or(|it| it.attempt.generation != generation) {
            return;
        }
        telemetry::attempt_failed(generation, &fault);
        let next_attempt = self.parts.recovery.status().next_attempt;
        let failed = FailedAttempt { generation, fault, next_attempt };
        self.forget_attempt();
        self.tell(Update::AttemptFailed(Box::new(failed)));
    }

    /// Drops the attempt, if there is one.
    pub(super) fn forget_attempt(&mut self) {
        self.dialing.abort_all();
        let Some(current) = self.attempt.take() else { return };
        self.parts.feed.drop_lane(current.attempt.generation);
        if let Some(line) = current.line {
            self.see_off(line);
        }
    }
}
