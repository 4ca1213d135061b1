//! What the engine is told, by those who do not wait for it.
//!
//! Nothing in here owns anything: an event that nobody takes is forgotten, and nothing ends or
//! lives on with it.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use heartbeat_core::{Cause, Generation, NoticeKind, Outcome};
use tokio::sync::Notify;

use crate::client::{HandlerCall, NotReady};
use crate::connection::CloseReport;

/// One thing that the engine is told.
#[derive(Debug)]
pub(in crate::client) enum EngineEvent {
    /// An attempt has come a step further: its transport is connected, a message has left that
    /// makes it ready, or one is coming in.
    Step { generation: Generation, outcome: Outcome },
    /// The handler has done its part for a new connection.
    Prepared { generation: Generation, outcome: Result<(), NotReady> },
    /// The handler has done its part for an old connection, or the time for it is over.
    Released { generation: Generation },
    /// The venue announced something.
    Notice { generation: Generation, kind: NoticeKind, deadline: Option<Duration> },
    /// The handler is to ask for subscriptions again.
    AskAgain { generation: Generation },
    /// The connection got its verdict, and is being closed.
    Verdict { generation: Generation, cause: Cause },
    /// The connection has ended.
    Ended { generation: Generation, report: Arc<CloseReport> },
    /// The application wants another connection.
    Rotate,
    /// The operator wants another connection, perhaps whatever speaks against it.
    Reconnect { reason: String, at_once: bool },
    /// The operator wants none for a while.
    Pause,
    /// The operator wants one again.
    Resume,
    /// The application has something to say to its handler.
    Call(HandlerCall),
    /// The application wants none any more.
    Close,
}

/// How many calls of the application's may wait.
const CALLS_MAX: usize = 16;

/// The engine's end: what it has been told and has not heeded yet.
#[derive(Debug, Default)]
pub(in crate::client) struct EngineInbox {
    shared: Arc<Shared>,
}

/// The other end, which keeps nothing alive. Works from any thread, and never waits.
#[derive(Clone, Debug)]
pub(in crate::client) struct EngineSender {
    shared: Weak<Shared>,
}

/// Bounded: a connection says most things once, and what it or the application repeats takes the
/// place of what was said before.
#[derive(Debug, Default)]
struct Shared {
    events: Mutex<VecDeque<EngineEvent>>,
    arrived: Notify,
}

impl EngineInbox {
    /// Returns a handle to tell the engine something with.
    pub(in crate::client) fn sender(&self) -> EngineSender {
        EngineSender { shared: Arc::downgrade(&self.shared) }
    }

    /// Waits for the next event. Cancel-safe; for one reader.
    pub(super) async fn next(&self) -> EngineEvent {
        loop {
            if let Some(event) = self.shared.lock().pop_front() {
                return event;
            }
            self.shared.arrived.notified().await;
        }
    }
}

impl EngineSender {
    /// Tells the engine something, if there still is one.
    pub(in crate::client) fn send(&self, event: EngineEvent) {
        let Some(shared) = self.shared.upgrade() else { return };
        let mut events = shared.lock();
        events.retain(|earlier| !event.replaces(earlier));
        events.push_back(event);
        drop(events);
        shared.arrived.notify_one();
    }

    /// Hands on what the application has to say to its handler, unless too much of that waits.
    /// Tells whether it did.
    pub(in crate::client) fn call(&self, call: HandlerCall) -> bool {
        let Some(shared) = self.shared.upgrade() else { return false };
        let mut events = shared.lock();
        let is_call = |event: &&EngineEvent| matches!(event, EngineEvent::Call(_));
        if events.iter().filter(is_call).count() >= CALLS_MAX {
            return false;
        }
        events.push_back(EngineEvent::Call(call));
        drop(events);
        shared.arrived.notify_one();
        true
    }
}

impl Shared {
    /// A panic elsewhere cannot have left it in pieces: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, VecDeque<EngineEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineEvent {
    /// Tells whether there is no need to heed an earlier event besides this one.
    fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (
                Self::Notice { generation, kind, .. },
                Self::Notice { generation: of, kind: earlier, .. },
            ) => generation == of && kind == earlier,
            (Self::AskAgain { generation }, Self::AskAgain { generation: of }) => generation == of,
            (
                Self::Step { generation, outcome },
                Self::Step { generation: of, outcome: earlier },
            ) => (generation, outcome) == (of, earlier),
            (Self::Reconnect { at_once, .. }, Self::Reconnect { at_once: of, .. }) => at_once == of,
            (Self::Rotate, Self::Rotate)
            | (Self::Pause | Self::Resume, Self::Pause | Self::Resume)
            | (Self::Close, Self::Close) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_repeated_waits_once_and_nothing_else_is_lost() {
        let inbox = EngineInbox::default();
        let sender = inbox.sender();
        for _ in 0..1_000 {
            sender.send(EngineEvent::Rotate);
        }
        sender.send(EngineEvent::Close);
        assert!(matches!(inbox.next().now_or_never(), Some(EngineEvent::Rotate)));
        assert!(matches!(inbox.next().now_or_never(), Some(EngineEvent::Close)));
        assert!(inbox.next().now_or_never().is_none());
        drop(inbox);
        sender.send(EngineEvent::Rotate);
        assert!(sender.shared.upgrade().is_none(), "a sender keeps nothing alive");
    }
}
