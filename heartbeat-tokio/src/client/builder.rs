//! How a client is made.

mod error;
mod rules;
mod start;
mod subscribing;

use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{Config, Platform, RecoveryConfig, WatchSpec};
use heartbeat_platforms::subscriptions::SubscriptionProtocol;
use tokio_tungstenite::tungstenite::Message;

use super::connector::{Connector, Sockets};
use super::labels::{Label, Labels};
use super::requests::ReplyKeyOf;
use super::{Endpoint, Handler, VenueGate, VenueLimits};
use crate::connect::ConnectOptions;
use crate::connection::ConnectionOptions;
use crate::isolation::Isolation;

pub use error::ClientError;

/// Collects the settings of a [`Client`](crate::Client). Nothing is checked before
/// [`start`](Self::start).
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
    overlap: Option<Duration>,
    label: Option<Arc<Label>>,
    protocol: Option<Arc<dyn SubscriptionProtocol>>,
    topics: Vec<(String, Option<WatchSpec>)>,
    reply_key: Option<Arc<ReplyKeyOf>>,
    fresh_within: Duration,
    replies_within: Duration,
    before_close_within: Duration,
    opening_messages: u32,
}

/// The default of [`ClientBuilder::fresh_within`].
const FRESH_WITHIN: Duration = Duration::from_secs(1);

/// The shortest: what clocks and timers tell apart.
const FRESH_MIN: Duration = Duration::from_millis(1);

/// The default of [`ClientBuilder::replies_within`].
const REPLIES_WITHIN: Duration = Duration::from_secs(1);

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
            label: None,
            protocol: None,
            topics: Vec::new(),
            reply_key: None,
            fresh_within: FRESH_WITHIN,
            replies_within: REPLIES_WITHIN,
            before_close_within: Duration::from_secs(2),
            opening_messages: 0,
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
            label: self.label,
            protocol: self.protocol,
            topics: self.topics,
            reply_key: self.reply_key,
            fresh_within: self.fresh_within,
            replies_within: self.replies_within,
            before_close_within: self.before_close_within,
            opening_messages: self.opening_messages,
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

    /// Sets headers, proxy, resolver, sockets, TLS and buffers. Clients that share options share
    /// what these remember of addresses that failed.
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

    /// Shows both connections of a rotation as one for at least `span`: of messages with the same
    /// [`key`](Labels::key) each is shown once, those without one always.
    ///
    /// Nothing is missing then, which a message that both have said proves; without one a
    /// [`Gap`](super::Gap) is told when the old connection has ended. Nothing is shown twice: keys
    /// are kept until the new connection has said the last that the old one said, and another
    /// `span`; where it never does, for ten times that. [`Overlapped`](super::Overlapped) tells how
    /// long the span had to be.
    ///
    /// The key must tell any two messages of the last 65,536 apart, and be the same on both
    /// connections. By default there is no overlap, and the old connection is shown to its end
    /// before the new one, with a gap between them; or, where [`label`](Self::label) tells replies
    /// from data, beside it.
    pub const fn overlap(mut self, span: Duration) -> Self {
        self.overlap = Some(span);
        self
    }

    /// Sets what the application makes of each message: which one it is, and which subscription it
    /// is data of, so that subscriptions can be [watched](super::HandlerConnection::watch) and two
    /// connections can be told apart or shown as one. The labels come with the message.
    ///
    /// It is asked once for every message, on the way of the heartbeats, and must not take long. A
    /// message over which it panics has no labels, and the first of each connection is told by
    /// [`Update::LabelPanicked`](super::Update::LabelPanicked).
    ///
    /// ```
    /// use heartbeat_platforms::Exchange;
    /// use heartbeat_tokio::Client;
    /// use heartbeat_tokio::client::Labels;
    ///
    /// const TRADES: u64 = 1;
    ///
    /// let builder = Client::builder(Exchange::KrakenV2).label(|message| {
    ///     let text = message.to_text().unwrap_or_default();
    ///     match text.starts_with(r#"{"channel":"trade""#) {
    ///         true => Labels::default().subscription(TRADES),
    ///         false => Labels::default(),
    ///     }
    /// });
    /// ```
    pub fn label(mut self, label: impl Fn(&Message) -> Labels + Send + Sync + 'static) -> Self {
        self.label = Some(Arc::new(label));
        self
    }

    /// Sets how old the oldest message may be that the application has not read, at least 1 ms; 1 s
    /// by default.
    /// Beyond it the [`TradingPermit`](super::TradingPermit) is shut and
    /// [`Update::Behind`](super::Update::Behind) tells so.
    ///
    /// It is also how often a connection's task looks at the clock when nothing happens, to see
    /// that this process did not run.
    pub const fn fresh_within(mut self, span: Duration) -> Self {
        self.fresh_within = span;
        self
    }

    /// Sets how long a reply may take to what was sent on a connection that a rotation leaves; 1 s
    /// by default. It is read on for that long after the last message that was sent on it, and then
    /// through [`before_close`](Handler::before_close) and the closing handshake.
    pub const fn replies_within(mut self, span: Duration) -> Self {
        self.replies_within = span;
        self
    }

    /// Sets how long [`before_close`](Handler::before_close) may take; 2 s by default.
    pub const fn before_close_within(mut self, span: Duration) -> Self {
        self.before_close_within = span;
        self
    }

    /// Says how many messages the handler sends to make a connection ready, none by default, so
    /// that [`start`](Self::start) can refuse what the venue's message limit leaves no time for,
    /// together with what is [subscribed](Self::subscribe) to.
    pub const fn opening_messages(mut self, messages: u32) -> Self {
        self.opening_messages = messages;
        self
    }

    /// Returns the name of the venue, and what it demands.
    pub(crate) fn venue(&self) -> (&str, &VenueLimits) {
        (self.platform.name(), &self.limits)
    }
}
