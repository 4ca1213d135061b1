//! The task in which the application's handler runs, so that it delays nothing else.

use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::engine::{EngineEvent, EngineSender};
use super::telemetry;
use super::{Attempt, Handler, HandlerCall, HandlerConnection, Leaving, NotReady, Update};

/// How many jobs may wait for a handler that is busy, the latter kind only of news.
const JOBS_MAX: usize = 40;
const NEWS_MAX: usize = 32;

/// How long a handler may take on a connection that is live.
const SPEAK_WITHIN: Duration = Duration::from_secs(5);

/// Something for the handler to do. What comes with a receiver ends when its sender is dropped.
pub(super) enum HandlerJob {
    /// Make a connection ready.
    Prepare { attempt: Attempt, connection: HandlerConnection, dropped: oneshot::Receiver<()> },
    /// Say the last word on a connection.
    Leave { leaving: Leaving, connection: HandlerConnection, dropped: oneshot::Receiver<()> },
    /// Ask for subscriptions again that have fallen silent.
    AskAgain { connection: HandlerConnection },
    /// Hear from the application.
    Call { connection: Option<HandlerConnection>, call: HandlerCall },
    /// Hear of something.
    Tell(Update),
}

/// The engine's end: hands out jobs and never waits.
#[derive(Debug)]
pub(super) struct HandlerQueue {
    /// Boxed, because the channel keeps 32 places from the beginning.
    jobs: mpsc::Sender<Box<HandlerJob>>,
}

impl HandlerQueue {
    /// Makes both ends.
    pub(super) fn new() -> (Self, mpsc::Receiver<Box<HandlerJob>>) {
        let (jobs, receiver) = mpsc::channel(JOBS_MAX);
        (Self { jobs }, receiver)
    }

    /// Hands out a job. Tells whether the handler will hear of it.
    pub(super) fn give(&self, job: HandlerJob) -> bool {
        self.jobs.try_send(Box::new(job)).is_ok()
    }

    /// Hands out news, if few enough wait already.
    pub(super) fn tell(&self, news: Update) {
        if self.jobs.capacity() > JOBS_MAX - NEWS_MAX {
            self.give(HandlerJob::Tell(news));
        }
    }
}

/// Does what the engine wants done, one job after the other, until it is gone.
pub(super) async fn run_handler(
    mut handler: impl Handler,
    mut jobs: mpsc::Receiver<Box<HandlerJob>>,
    engine: EngineSender,
) {
    while let Some(job) = jobs.recv().await {
        match *job {
            HandlerJob::Prepare { attempt, connection, dropped } => {
                if let Some(outcome) = prepare(&mut handler, attempt, connection, dropped).await {
                    let generation = attempt.generation;
                    engine.send(EngineEvent::Prepared { generation, outcome });
                }
            }
            HandlerJob::Leave { leaving, mut connection, dropped } => {
                // A call before this one may have given it back.
                connection.hold();
                let left = AssertUnwindSafe(handler.before_close(&mut connection, leaving));
                tokio::select! {
                    biased;
                    _ = dropped => {}
                    left = left.catch_unwind() => if left.is_err() {
                        telemetry::handler_panicked("before_close");
                    },
                }
                engine.send(EngineEvent::Released { generation: connection.generation() });
            }
            HandlerJob::AskAgain { mut connection } => {
                let silent = connection.take_silent();
                if !silent.is_empty() {
                    let asked = AssertUnwindSafe(handler.resubscribe(&mut connection, &silent));
                    // One that hangs is asked again when the next limit passes.
                    if let Ok(Err(_)) = timeout(SPEAK_WITHIN, asked.catch_unwind()).await {
                        telemetry::handler_panicked("resubscribe");
                    }
                }
            }
            HandlerJob::Call { mut connection, call } => {
                connection.iter().for_each(HandlerConnection::hold);
                let called = AssertUnwindSafe(handler.on_call(connection.as_mut(), call));
                if let Ok(Err(_)) = timeout(SPEAK_WITHIN, called.catch_unwind()).await {
                    telemetry::handler_panicked("on_call");
                }
                connection.iter().for_each(HandlerConnection::release);
            }
            HandlerJob::Tell(update) => {
                if catch_unwind(AssertUnwindSafe(|| handler.on_event(&update))).is_err() {
                    telemetry::handler_panicked("on_event");
                }
            }
        }
    }
}

/// Returns what the handler has to say, or `None` if nobody wants to know any more.
async fn prepare(
    handler: &mut impl Handler,
    attempt: Attempt,
    mut connection: HandlerConnection,
    dropped: oneshot::Receiver<()>,
) -> Option<Result<(), NotReady>> {
    let prepared = AssertUnwindSafe(async {
        handler.on_ready(&mut connection, &attempt).await?;
        connection.subscribe().await;
        Ok(())
    });
    tokio::select! {
        biased;
        _ = dropped => None,
        prepared = prepared.catch_unwind() => Some(prepared.unwrap_or_else(|_| {
            telemetry::handler_panicked("on_ready");
            Err("handler panicked".into())
        })),
    }
}
