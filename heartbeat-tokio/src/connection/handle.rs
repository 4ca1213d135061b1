//! The application's end of a connection's task.

use std::sync::Arc;

use heartbeat_core::{Health, Platform, Session, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ConnectionOptions;
use super::inbox::Mailbox;
use super::outgoing::Outgoing;
use super::protection::Petition;
use super::sender::Sender;
use super::task::{Signals, Task};
use crate::driver::{Driver, SharedBudget};
use crate::transport::Transport;

/// Owns a connection's task, wherever that puts what comes in.
///
/// Dropping it says goodbye if the transport takes a Close frame at once, and frees the transport.
#[derive(Debug)]
pub(crate) struct Handle {
    signals: Arc<Signals>,
    sender: Sender,
    health: watch::Receiver<Health>,
    /// Holds one task.
    tasks: JoinSet<()>,
}

impl Handle {
    /// Takes over a connection that was just opened, and puts what comes in into a mailbox, which
    /// several connections may share with each other. Of a message budget that is shared it is
    /// given its part.
    ///
    /// Of the options it heeds all but `queue_bytes` and `overflow`, which are the mailbox's.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub(crate) fn spawn<S, P, M>(
        transport: S,
        session: Session<P>,
        options: &ConnectionOptions,
        shared: Option<Arc<SharedBudget>>,
        mailbox: M,
    ) -> Self
    where
        S: Transport + Send + 'static,
        P: Platform + Send + 'static,
        M: Mailbox + Send + 'static,
    {
        let signals = Arc::new(Signals::default());
        let outgoing = Arc::new(Outgoing::new(options));
        let sender = Sender::new(Arc::clone(&outgoing));
        let (health_tx, health) = watch::channel(session.health());
        let driver = Driver::new(transport, session, options.limits, shared);
        let task = Task::new(driver, mailbox, Arc::clone(&signals), outgoing, health_tx);
        let mut tasks = JoinSet::new();
        tasks.spawn(task);
        Self { signals, sender, health, tasks }
    }

    /// Returns a handle to send with. It works until the connection ends, however long the
    /// application is to wait for it: who must not send yet is not to be given one.
    pub(crate) const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Returns where the health is told.
    pub(crate) const fn health(&self) -> &watch::Receiver<Health> {
        &self.health
    }

    /// Returns what the safety of orders can be asked for with, without owning the task.
    pub(crate) fn petition(&self) -> Petition {
        Petition::new(Arc::clone(&self.signals), self.health.clone())
    }

    /// Returns when the transport last took a message of the application's.
    pub(crate) fn last_sent(&self) -> Option<Timestamp> {
        self.signals.last_sent()
    }

    /// Begins the end by the application's wish.
    pub(crate) fn stop(&self) {
        self.signals.stop();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.signals.abandon();
        // The task ends in its next poll, after one attempt to say goodbye.
        self.tasks.detach_all();
    }
}
