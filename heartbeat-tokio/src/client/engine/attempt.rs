//! The attempt that is under way, from the dial until it is live.

use core::future::pending;
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{AttemptFailure, AttemptPhase, Generation, Outcome, Phase, Purpose};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument as _;

use super::Engine;
use crate::client::connection::ClientConnection;
use crate::client::dial::DialFault;
use crate::client::handler_task::HandlerJob;
use crate::client::telemetry;
use crate::client::update::{AttemptFault, FailedAttempt, Update};
use crate::client::{Attempt, NotReady};
use crate::connect::Trial;

/// What an attempt has led to.
type Dialled = Result<ClientConnection, DialFault>;

/// The attempt that is under way, and the owner of all that comes of it.
pub(super) struct CurrentAttempt {
    attempt: Attempt,
    /// How far it has come, and by which way.
    trial: Arc<Trial>,
    /// The task that dials, and what it has come to until that is taken. Holds one task.
    dialing: JoinSet<Dialled>,
    /// The connection, once there is one.
    connection: Option<ClientConnection>,
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

impl CurrentAttempt {
    /// Returns the two parts that something can come from.
    pub(super) fn parts(&mut self) -> (&mut JoinSet<Dialled>, Option<&mut ClientConnection>) {
        (&mut self.dialing, self.connection.as_mut())
    }

    pub(super) const fn connection(&self) -> Option<&ClientConnection> {
        self.connection.as_ref()
    }
}

/// Waits for what an attempt leads to. Cancel-safe: what it has led to waits in the set.
pub(super) async fn dialled(dialing: Option<&mut JoinSet<Dialled>>) -> Result<Dialled, JoinError> {
    let Some(dialing) = dialing else { return pending().await };
    match dialing.join_next().await {
        Some(result) => result,
        // It was taken before.
        None => pending().await,
    }
}

impl Engine {
    pub(super) fn dial(&mut self, generation: Generation, purpose: Purpose) {
        let attempt = Attempt { generation, purpose };
        if purpose != Purpose::Connect {
            self.parts.feed.begin_overlap();
        }
        self.parts.feed.add_connection(generation);
        let mut dialing = JoinSet::new();
        let (trial, dial) = self.parts.dialer.dial(attempt);
        dialing.spawn(dial.instrument(telemetry::attempt_span(&attempt)));
        let step = Step::Dialing;
        self.attempt = Some(CurrentAttempt { attempt, trial, dialing, connection: None, step });
    }

    /// Takes what the attempt has led to, if it has.
    pub(super) fn take_dialled(&mut self) {
        let result = self.attempt.as_mut().and_then(|current| current.dialing.try_join_next());
        if let Some(result) = result {
            self.on_dialled(result);
        }
    }

    pub(super) fn on_dialled(&mut self, result: Result<Dialled, JoinError>) {
        let now = self.clock.now();
        let Some(current) = &mut self.attempt else { return };
        let generation = current.attempt.generation;
        match result.unwrap_or_else(|error| Err(DialFault::cut_off(&error))) {
            Ok(connection) => {
                self.parts.recovery.handle(now, generation, Outcome::Upgraded);
                current.connection = Some(connection);
                current.step = Step::Arming;
            }
            Err(DialFault { failure, why }) => {
                self.parts.recovery.handle(now, generation, Outcome::Failed(failure));
                self.drop_attempt(generation, AttemptFault::Failed { failure, why });
            }
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
        let Some(connection) = &mut current.connection else { return };
        let phase = connection.health.borrow_and_update().phase;
        let is_armed = matches!(phase, Phase::Ready | Phase::Live);
        if matches!(current.step, Step::Arming) && is_armed {
            self.parts.recovery.handle(now, connection.generation(), Outcome::Armed);
            let (until_dropped, dropped) = oneshot::channel();
            let connection = connection.for_handler(&self.parts.feed);
            current.step = Step::Preparing(until_dropped);
            let attempt = current.attempt;
            if !self.parts.handler.give(HandlerJob::Prepare { attempt, connection, dropped }) {
                let why = "handler is busy with too much";
                self.on_prepared(attempt.generation, Err(why.into()));
            }
        } else if matches!(current.step, Step::Hearing)
            && phase == Phase::Live
            && let Some(current) = self.attempt.take()
            && let Some(connection) = current.connection
        {
            current.trial.absolve();
            self.go_live(connection);
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
            Err(why @ NotReady::Failed(_)) => (AttemptFailure::NotReady, why.to_string()),
        };
        self.parts.recovery.handle(now, generation, Outcome::Failed(failure));
        self.drop_attempt(generation, AttemptFault::Failed { failure, why });
    }

    /// Tells whether the attempt that is under way is a rotation.
    pub(super) fn attempt_rotates(&self) -> bool {
        self.attempt.as_ref().is_some_and(|current| current.attempt.purpose != Purpose::Connect)
    }

    /// Drops the attempt if it is this one, a phase of which is overdue.
    pub(super) fn abandon(
        &mut self,
        generation: Generation,
        phase: AttemptPhase,
        within: Duration,
    ) {
        let is_ours = matches!(phase, AttemptPhase::Dial | AttemptPhase::Upgrade);
        let current = self.attempt.as_ref().filter(|_| is_ours);
        let stage = current.map(|current| current.trial.stage());
        self.drop_attempt(generation, AttemptFault::Overdue { phase, within, stage });
    }

    /// Drops the attempt if it is this one, and tells why. The next begins by another way.
    pub(super) fn drop_attempt(&mut self, generation: Generation, fault: AttemptFault) {
        match &self.attempt {
            Some(current) if current.attempt.generation == generation => current.trial.blame(),
            _ => return,
        }
        let status = self.parts.recovery.status();
        let (next_attempt, setback) = (status.next_attempt, status.setback);
        let failed = FailedAttempt { generation, fault, next_attempt, setback };
        telemetry::attempt_failed(&failed);
        self.forget_attempt();
        self.tell(Update::AttemptFailed(Box::new(failed)));
    }

    /// Drops the attempt, if there is one.
    pub(super) fn forget_attempt(&mut self) {
        // With the attempt its task ends, and whatever that has come to.
        let Some(current) = self.attempt.take() else { return };
        self.parts.feed.drop_connection(current.attempt.generation);
        if let Some(connection) = current.connection {
            self.see_off(connection);
        }
    }
}
