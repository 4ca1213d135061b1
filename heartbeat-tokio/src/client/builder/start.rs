//! How a client begins: its settings are checked, and its parts put together.

use core::hash::{BuildHasher as _, Hasher as _};
use std::hash::RandomState;
use std::sync::Arc;

use heartbeat_core::{AttemptPhase, Config, Platform, Recovery, RecoveryConfig, RecoveryError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{Instrument as _, Span};

use super::{ClientBuilder, ClientError};
use crate::client::dial::DialSettings;
use crate::client::engine::{Engine, EngineInbox, Parts};
use crate::client::feed::{Feed, FeedSettings};
use crate::client::handler_task::{HandlerQueue, run_handler};
use crate::client::requests::RequestTable;
use crate::client::sender::{ClientSender, SendRoute};
use crate::client::subscriptions::{Shared, Subscriptions};
use crate::client::trading_permit::permit;
use crate::client::{
    Client, ClientStatus, Endpoint, Handler, Handles, TradingPermit, VenueGate, VenueLimits,
    telemetry,
};
use crate::clock::MonotonicClock;
use crate::isolation::Isolation;

impl<P: Platform + Clone + Send + Sync + 'static, H: Handler> ClientBuilder<P, H> {
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
        self.check(&*endpoint)?;
        let config = match self.config {
            Some(config) => config,
            None => self.platform.defaults().build()?,
        };
        let gate = match self.gate.take() {
            Some(gate) => gate,
            None => VenueGate::new(&self.limits)?,
        };
        if let Some(limit) = self.limits.messages() {
            self.connection_options = self.connection_options.or_message_limit(limit);
        }
        let recovery = self.recovery(&gate, &config)?;
        self.check_recovery(recovery.config())?;
        let opening = self.check_limits(&gate, &config, recovery.config())?;
        let subscriptions = self.subscriptions(&gate, &config, recovery.config(), opening)?;
        Ok(self.spawn(endpoint, config, gate, recovery, subscriptions))
    }

    /// Puts together what was checked.
    fn spawn(
        self,
        endpoint: Box<dyn Endpoint<P>>,
        config: Config,
        gate: VenueGate,
        recovery: Recovery,
        subscriptions: Option<Arc<Shared>>,
    ) -> Client {
        let span = telemetry::client_span(self.platform.name(), &self.name);
        let clock = gate.clock();
        let inbox = EngineInbox::default();
        let engine_sender = inbox.sender();
        let (feed, permit) = self.feed(clock);
        let (handler_queue, jobs) = HandlerQueue::new();
        let (route_tx, route) = watch::channel(SendRoute::NotReady);
        let status = ClientStatus::new(recovery.status(), gate.breaker());
        let (status_tx, status) = watch::channel(status);
        let requests = Arc::new(RequestTable::new(self.reply_key));
        let settings = DialSettings {
            platform: self.platform,
            config,
            endpoint,
            connector: self.connector,
            connect_options: self.connect_options,
            connection_options: self.connection_options,
            shared_budget: gate.messages(),
            dial_within: recovery.config().phase_within(AttemptPhase::Dial),
            feed: Arc::clone(&feed),
            engine: engine_sender.clone(),
            clock,
            label: self.label,
            subscriptions: subscriptions.clone(),
            requests: Arc::clone(&requests),
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
            subscriptions: Subscriptions::new(subscriptions.clone()),
            overlap: self.overlap,
            replies_within: self.replies_within,
            before_close_within: self.before_close_within,
            start_at: clock.ahead(self.start_after),
            isolation: self.isolation.clone(),
        });
        let handling = run_handler(self.handler, jobs, engine_sender.clone());
        // What the application does there may block, and must not do so beside the IO.
        let beside = if self.has_handler { Isolation::Shared } else { self.isolation.clone() };
        let tasks = spawn(&span, (handling, &beside), (engine.run(), &self.isolation));
        let sender = ClientSender::new(route, requests, clock);
        let (subscriptions, engine) = (Subscriptions::new(subscriptions), engine_sender);
        let handles =
            Handles { feed: Arc::clone(&feed), engine, sender, permit, status, subscriptions };
        Client { feed, handles, clock, tasks }
    }

    /// Makes what waits for the application, and what judges it.
    fn feed(&self, clock: MonotonicClock) -> (Arc<Feed>, TradingPermit) {
        let (setter, permit) = permit(clock, self.fresh_within);
        let (bytes_max, overflow) = self.connection_options.queue();
        let settings = FeedSettings {
            bytes_max,
            overflow,
            fresh_within: self.fresh_within,
            has_labels: self.label.is_some(),
            overlap: self.overlap,
        };
        (Arc::new(Feed::new(settings, clock, setter)), permit)
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

/// Begins the two tasks of a client, each where it belongs.
fn spawn(
    span: &Span,
    (handling, beside): (impl Future<Output = ()> + Send + 'static, &Isolation),
    (engine, isolation): (impl Future<Output = ()> + Send + 'static, &Isolation),
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn_on(handling.instrument(span.clone()), &beside.runtime());
    tasks.spawn_on(engine.instrument(span.clone()), &isolation.runtime());
    tasks
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
