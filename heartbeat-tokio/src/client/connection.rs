//! One connection of a client.

use std::sync::Arc;

use heartbeat_core::{Generation, Health, Platform, Session};
use tokio::sync::watch;

use super::HandlerConnection;
use super::correspondence::CorrespondenceTasks;
use super::feed::Feed;
use super::sink::ConnectionSink;
use crate::connection::ConnectionOptions;
use crate::connection::handle::Handle;
use crate::driver::SharedBudget;
use crate::transport::Transport;

/// A connection whose task runs. Whoever holds this owns it: dropping it ends the task, which
/// frees the transport.
#[derive(Debug)]
pub(super) struct ClientConnection {
    pub(super) handle: Handle,
    pub(super) sink: ConnectionSink,
    pub(super) health: watch::Receiver<Health>,
    #[expect(dead_code, reason = "what counts is when it is dropped")]
    correspondence: CorrespondenceTasks,
}

impl ClientConnection {
    /// Takes over a connection that was just opened.
    pub(super) fn spawn<S, P>(
        transport: S,
        session: Session<P>,
        options: &ConnectionOptions,
        shared: Option<Arc<SharedBudget>>,
        sink: ConnectionSink,
    ) -> Self
    where
        S: Transport + Send + 'static,
        P: Platform + Send + 'static,
    {
        let handle = Handle::spawn(transport, session, options, shared, sink.clone());
        let health = handle.health().clone();
        let correspondence = sink.correspondence().spawn(handle.sender());
        Self { handle, sink, health, correspondence }
    }

    pub(super) fn generation(&self) -> Generation {
        self.sink.generation()
    }

    /// Returns what the handler gets of it.
    pub(super) fn for_handler(&self, feed: &Arc<Feed>) -> HandlerConnection {
        let (sink, sender) = (self.sink.clone(), self.handle.sender().clone());
        HandlerConnection::new(Arc::clone(feed), sink, sender, self.handle.petition())
    }
}
