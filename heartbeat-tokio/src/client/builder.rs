//! How a client is made.

use core::hash::{BuildHasher as _, Hasher as _};
use core::time::Duration;
use std::hash::RandomState;
use std::sync::Arc;

use heartbeat_core::{
    AttemptPhase, BudgetError, Config, ConfigError, Platform, Recovery, RecoveryConfig,
    RecoveryError,
};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tracing::Instrument as _;

use super::connector::{Connector, Sockets};
use super::dial::DialSettings;
use super::engine::{Engine, EngineInbox, Parts};
use super::feed::Feed;
use super::handler_task::{HandlerQueue, run_handler};
use super::sender::{ClientSender, SendRoute};
use super::status::ClientStatus;
use super::trading_permit::permit;
use super::{
    Client, Endpoint, Handler, Handles, Key, KeyOf, SubscriptionOf, VenueGate, VenueLimits,
    telemetry,
};
use crate::connect::ConnectOptions;
use crate::connection::ConnectionOptions;
use crate::isolation::Isolation;

/// Collects the settings of a [`Client`]. Nothing is checked before [`start`](Self::start).
#[must_use = "settings take effect only in the client that `start` returns"]
pub struct ClientBuilder<P, H = ()> {
    platform: P,
    limits: VenueLimits,
    handler: H,
    /// Whether it is the application's.
    has_handler: bool,
    endpoint: Option<Box<dyn Endpoint<P>>>,
    connector: Box<dyn Connector>,
    config: Option<Config>,
    recovery: Option<RecoveryConfig>,
    connect_options: ConnectOptions,
    connection_options: ConnectionOptions,
    gate: Option<VenueGate>,
    seed: Option<u64>,
    name: String,
    isolation: Isolation,
    start_after: Duration,
    overlap: Option<(Arc<KeyOf>, Duration)>,
    subscription_of: Option<Arc<SubscriptionOf>>,
    before_close_within: Duration,
}

/// Settings of a client that do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody says where to connect: the venue has no public endpoint that fits all.
    #[error("endpoint must be set: venue {venue} has no url that is known")]
    NoEndpoint {
        /// The name of the venue.
        venue: String,
    },
    /// The platform's own defaults do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The venue's maximum age leaves no room for a rotation by the defaults.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The venue's budget cannot be kept.
    #[error(transparent)]
    Budget(#[from] BudgetError),
}

impl<P: Platform + Clone + Send + Sync + 'static> ClientBuilder<P> {
    pub(super) fn new(platform: P, limits: VenueLimits, url: Option<&'static str>) -> Self {
        let endpoint = url.map(|url| -> Box<dyn Endpoint<P>> { Box::new(url) });
        Self {
            name: String::new(),
            isolation: Isolation::Shared,
            start_after: Duration::ZERO,
            platform,
            limits,
            handler: (),
            has_handler: false,
            endpoint,
            connector: Box::new(Sockets),
            config: None,
            recovery: None,
            connect_options: ConnectOptions::default(),
            connection_options: ConnectionOptions::default(),
            gate: None,
            seed: None,
            overlap: None,
            subscription_of: None,
            before_close_within: Duration::from_secs(2),
        }
    }

    /// Sets who makes connections ready; nobody by default.
    pub fn handler<H: Handler>(self, handler: H) -> ClientBuilder<P, H> {
        ClientBuilder {
            platform: self.platform,
            limits: self.limits,
            handler,
            has_handler: true,
            endpoint: self.endpoint,
            connector: self.connector,
            config: self.config,
            recovery: self.recovery,
            connect_options: self.connect_options,
            connection_options: self.connection_options,
            gate: self.gate,
            seed: self.seed,
            name: self.name,
            isolation: self.isolation,
            start_after: self.start_after,
            overlap: self.overlap,
            subscription_of: self.subscription_of,
            before_close_within: self.before_close_within,
        }
    }
}

impl<P: Platform + Clone + Send + Sync + 'static, H: Handler> ClientBuilder<P, H> {
    /// Sets where to connect: a URL, or whoever is asked for one before every attempt. By
    /// default the venue's public production endpoint, where it has one.
    pub fn endpoint(mut self, endpoint: impl Endpoint<P>) -> Self {
        self.endpoint = Some(Box::new(endpoint));
        self
    }

    /// Sets who opens transports; sockets by default.
    pub fn connector(mut self, connector: impl Connector) -> Self {
        self.connector = Box::new(connector);
        self
    }

    /// Sets the deadlines of the heartbeat, in place of the platform's own.
    pub const fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Sets when to connect anew. By default the defaults of [`RecoveryConfig`], with a rotation
    /// in good time before the venue's maximum age, and with the heartbeat's
    /// [`detection_bound`](Config::detection_bound) for the phase
    /// [`Live`](heartbeat_core::AttemptPhase::Live), if that is longer.
    pub const fn recovery_config(mut self, config: RecoveryConfig) -> Self {
        self.recovery = Some(config);
        self
    }

    /// Sets headers, TLS and buffers.
    ///
    /// [`connect_within`](ConnectOptions::connect_within) is not heeded: each phase of an
    /// attempt has a deadline of its own in the settings of the recovery.
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.connect_options = options;
        self
    }

    /// Sets the bounds of queues and writes. `queue_bytes` and `overflow` are those of the
    /// client, whatever the number of its connections.
    pub const fn connection_options(mut self, options: ConnectionOptions) -> Self {
        self.connection_options = options;
        self
    }

    /// Shares the venue's breaker and budget with other clients.
    pub fn gate(mut self, gate: VenueGate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Sets the seed of all randomness: the jitter of delays and rotations. Drawn at random by
    /// default; give each client of a fleet another, and the same one again to see the same run
    /// again.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the name of the client in logs.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets where connections do their IO, and where it is decided when to connect: beside the
    /// application by default, or on a thread that no application can hold up. A handler runs
    /// beside the application in any case: where there is one, only an application that does not
    /// block all its threads can have a new connection made ready.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Puts the first attempt off, so that the clients of a fleet do not all begin at once.
    pub const fn start_after(mut self, span: Duration) -> Self {
        self.start_after = span;
        self
    }

    /// Shows both connections of a rotation as one for `span`: of messages with the same key
    /// each is shown once, those without one always. Nothing is missing then, and no
    /// [`Gap`](super::Gap) is told.
    ///
    /// The key must tell any two messages of the last 65,536 apart, and be the same on both
    /// connections: a sequence number with the channel mixed in, say. It is asked for every
    /// message, on the way of the heartbeats, and must not take long.
    pub fn overlap(
        mut self,
        span: Duration,
        key: impl Fn(&Message) -> Option<Key> + Send + Sync + 'static,
    ) -> Self {
        self.overlap = Some((Arc::new(key), span));
        self
    }

    /// Sets which subscription a message belongs to, by keys of the application's choice, so that
    /// subscriptions can be [watched](super::HandlerConnection::watch).
    ///
    /// `None` for what is no data of a subscription, such as its acknowledgement. It is asked for
    /// every message, on the way of the heartbeats, and must not take long.
    ///
    /// ```
    /// use heartbeat_platforms::Exchange;
    /// use heartbeat_tokio::Client;
    ///
    /// const TRADES: u64 = 1;
    ///
    /// let builder = Client::builder(Exchange::KrakenV2).subscription_of(|message| {
    ///     let text = message.to_text().ok()?;
    ///     text.starts_with(r#"{"channel":"trade""#).then_some(TRADES)
    /// });
    /// ```
    pub fn subscription_of(
        mut self,
        key: impl Fn(&Message) -> Option<u64> + Send + Sync + 'static,
    ) -> Self {
        self.subscription_of = Some(Arc::new(key));
        self
    }

    /// Sets how long [`before_close`](Handler::before_close) may take; 2 s by default.
    pub const fn before_close_within(mut self, span: Duration) -> Self {
        self.before_close_within = span;
        self
    }

    /// Returns the name of the venue, and what it demands.
    pub(crate) fn venue(&self) -> (&str, &VenueLimits) {
        (self.platform.name(), &self.limits)
    }

    /// Begins to connect.
    ///
    /// # Errors
    ///
    /// [`ClientError`], if settings are missing or do not fit together.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(mut self) -> Result<Client, ClientError> {
        let venue = self.platform.name().to_owned();
        let endpoint = self.endpoint.take().ok_or(ClientError::NoEndpoint { venue })?;
        let config = match self.config {
            Some(config) => config,
            None => self.platform.defaults().build()?,
        };
        let gate = match self.gate.take() {
            Some(gate) => gate,
            None => VenueGate::new(&self.limits)?,
        };
        let recovery = self.recovery(&gate, &config)?;
        if let Some(limit) = self.limits.messages() {
            self.connection_options = self.connection_options.or_message_limit(limit);
        }
        Ok(self.spawn(endpoint, config, gate, recovery))
    }

    /// Puts together what was checked.
    fn spawn(
        self,
        endpoint: Box<dyn Endpoint<P>>,
        config: Config,
        gate: VenueGate,
        recovery: Recovery,
    ) -> Client {
        let span = telemetry::client_span(self.platform.name(), &self.name);
        let clock = gate.clock();
        let inbox = EngineInbox::default();
        let engine_sender = inbox.sender();
        let (signal, permit) = permit();
        let (queue_bytes, overflow) = self.connection_options.queue();
        let feed = Arc::new(Feed::new(queue_bytes, overflow, signal));
        let (handler_queue, jobs) = HandlerQueue::new();
        let (route_tx, route) = watch::channel(SendRoute::NotReady);
        let status = ClientStatus::new(recovery.status(), gate.breaker());
        let (status_tx, status) = watch::channel(status);
        let (key_of, overlap) = self.overlap.unzip();
        let settings = DialSettings {
            platform: self.platform,
            config,
            endpoint,
            connector: self.connector,
            connect_options: self.connect_options,
            connection_options: self.connection_options,
            dial_within: recovery.config().phase_within(AttemptPhase::Dial),
            feed: Arc::clone(&feed),
            engine: engine_sender.clone(),
            clock,
            key_of,
            subscription_of: self.subscription_of,
        };
        let engine = Engine::new(Parts {
            recovery,
            gate,
            dialer: settings.into_dialer(),
            feed: Arc::clone(&feed),
            inbox,
            handler: handler_queue,
            route: route_tx,
            status: status_tx,
            overlap,
            before_close_within: self.before_close_within,
            start_at: clock.ahead(self.start_after),
            isolation: self.isolation.clone(),
        });
        let handling = run_handler(self.handler, jobs, engine_sender.clone());
        // What the application does there may block, and must not do so beside the IO.
        let beside = if self.has_handler { Isolation::Shared } else { self.isolation.clone() };
        let mut tasks = JoinSet::new();
        tasks.spawn_on(handling.instrument(span.clone()), &beside.runtime());
        tasks.spawn_on(engine.run().instrument(span), &self.isolation.runtime());
        let sender = ClientSender::new(route);
        let handles = Handles { engine: engine_sender, sender, permit, status };
        Client { feed, handles, clock, tasks }
    }

    fn recovery(&self, gate: &VenueGate, config: &Config) -> Result<Recovery, RecoveryError> {
        let config = match self.recovery {
            Some(config) => config,
            None => recovery_for(&self.limits, config)?,
        };
        let config = config.or_refusals(self.limits.known_refusals());
        let seed = self.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Ok(Recovery::new(config, seed, gate.clock().now()))
    }
}

/// Rotates in good time before the venue's maximum age, and takes a new connection for mute no
/// sooner than an old one for dead.
fn recovery_for(limits: &VenueLimits, config: &Config) -> Result<RecoveryConfig, RecoveryError> {
    let builder = RecoveryConfig::builder();
    let defaults = builder.build()?;
    let live_within = defaults.phase_within(AttemptPhase::Live).max(config.detection_bound());
    let builder = builder.phase_within(AttemptPhase::Live, live_within);
    let Some(age) = limits.age() else { return builder.build() };
    // Time for a few attempts that fail.
    let margin = builder.build()?.attempt_bound().saturating_mul(3);
    builder.max_age(age.saturating_sub(margin)).build()
}
