//! What a client is told of its venue's subscriptions and requests.

use std::sync::Arc;

use heartbeat_core::{AttemptPhase, Config, Frame, Platform, RecoveryConfig, WatchSpec};
use heartbeat_platforms::subscriptions::{self, SubscriptionProtocol};
use heartbeat_platforms::{Exchange, requests};
use tokio_tungstenite::tungstenite::Message;

use super::ClientBuilder;
use crate::client::opening::Opening;
use crate::client::requests::RequestKey;
use crate::client::subscriptions::{Shared, SubscriptionError, Subscriptions};
use crate::client::{Handler, VenueGate};

impl<P: Platform + Clone + Send + Sync + 'static> ClientBuilder<P> {
    /// Takes what is known of a venue's subscriptions and requests.
    pub(in crate::client) fn ready_made_for(mut self, exchange: Exchange) -> Self {
        if let Some(protocol) = subscriptions::of(exchange) {
            self.protocol = Some(Arc::new(protocol));
        }
        if let Some(id) = requests::of(exchange) {
            self.reply_key = Some(Arc::new(move |message| {
                let id = id.read(Frame::Text(message.to_text().ok()?))?;
                Some(id.into())
            }));
        }
        self
    }
}

impl<P: Platform + Clone + Send + Sync + 'static, H: Handler> ClientBuilder<P, H> {
    /// Sets how the venue is asked for subscriptions; by default as
    /// [`heartbeat_platforms::subscriptions`] knows, for the venues that it knows.
    pub fn subscription_protocol(mut self, protocol: impl SubscriptionProtocol + 'static) -> Self {
        self.protocol = Some(Arc::new(protocol));
        self
    }

    /// Wants topics from the start, as
    /// [`Subscriptions::add`](crate::client::Subscriptions::add) does.
    pub fn subscribe<T: Into<String>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.topics.extend(topics.into_iter().map(|topic| (topic.into(), None)));
        self
    }

    /// Wants topics from the start, and expects data of each from when it is active, as
    /// [`Subscriptions::add_watched`](crate::client::Subscriptions::add_watched) does.
    pub fn subscribe_watched<T: Into<String>>(
        mut self,
        topics: impl IntoIterator<Item = T>,
        spec: WatchSpec,
    ) -> Self {
        self.topics.extend(topics.into_iter().map(|topic| (topic.into(), Some(spec))));
        self
    }

    /// Sets which request a message replies to, so that
    /// [requests](crate::ClientSender::request) get their replies; by default as
    /// [`heartbeat_platforms::requests`] knows, for the venues that it knows.
    ///
    /// `None` for what is no reply. It is asked for every message while a request waits, on the way
    /// of the heartbeats, and must not take long.
    ///
    /// ```
    /// use heartbeat_platforms::{Exchange, requests};
    /// use heartbeat_tokio::Client;
    ///
    /// // `{"id":"7","status":200,"result":{}}`
    /// let builder = Client::builder(Exchange::Rfc6455).reply_key(|message| {
    ///     let frame = heartbeat_core::Frame::Text(message.to_text().ok()?);
    ///     requests::ID.read(frame).map(Into::into)
    /// });
    /// ```
    pub fn reply_key(
        mut self,
        key: impl Fn(&Message) -> Option<RequestKey> + Send + Sync + 'static,
    ) -> Self {
        self.reply_key = Some(Arc::new(key));
        self
    }

    /// Makes the set of what is wanted.
    pub(super) fn subscriptions(
        &self,
        gate: &VenueGate,
        config: &Config,
        recovery: &RecoveryConfig,
        opening: Opening,
    ) -> Result<Option<Arc<Shared>>, SubscriptionError> {
        let shared = self.protocol.clone().map(|protocol| {
            // The handler has the rest.
            let patience = recovery.phase_within(AttemptPhase::Ready) / 2;
            let stall_tolerance = config.stall_tolerance();
            Arc::new(Shared::new(protocol, gate.clock(), stall_tolerance, patience, opening))
        });
        let handle = Subscriptions::new(shared.clone());
        for (topic, spec) in &self.topics {
            match spec {
                Some(spec) => handle.add_watched(topic, *spec)?,
                None => handle.add(topic)?,
            };
        }
        Ok(shared)
    }
}
