//! What is watched, and how it is connected to.

use core::num::NonZeroU16;

use async_trait::async_trait;
use heartbeat_core::{Config, ConfigError, Platform as _};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{
    Attempt, ClientError, HandlerConnection, NotReady, VenueGate, VenueLimits,
};
use heartbeat_tokio::{Client, ConnectOptions, ConnectionOptions, Handler};

/// What to connect to, and with which settings.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) exchange: Exchange,
    pub(crate) url: String,
    pub(crate) config: Config,
    /// What to send on each connection before it is used.
    pub(crate) send: Vec<String>,
    /// How to connect.
    pub(crate) connect: ConnectOptions,
    pub(crate) connection: ConnectionOptions,
    /// The breaker and the budget that all connections to the venue share.
    pub(crate) gate: VenueGate,
}

impl Target {
    /// Makes one connection to a venue.
    ///
    /// # Errors
    ///
    /// What is wrong with the venue's budget, which the venue's tests exclude.
    pub(crate) fn new(
        exchange: Exchange,
        url: String,
        config: Config,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            name: exchange.name().to_owned(),
            exchange,
            url,
            config,
            send: Vec::new(),
            connect: ConnectOptions::default(),
            connection: ConnectionOptions::default(),
            gate: VenueGate::new(&VenueLimits::of(exchange))?,
        })
    }

    /// Makes as many of it as are wanted, named by their number if there are several.
    pub(crate) fn times(self, connections: NonZeroU16) -> Vec<Self> {
        if connections == NonZeroU16::MIN {
            return vec![self];
        }
        let numbered = |number| Self { name: format!("{}-{number}", self.name), ..self.clone() };
        (1..=connections.get()).map(numbered).collect()
    }

    /// Begins to connect.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the settings do not fit together.
    pub(crate) fn start(&self) -> Result<Client, ClientError> {
        Client::builder(self.exchange)
            .endpoint(self.url.clone())
            .config(self.config)
            .connect_options(self.connect.clone())
            .connection_options(self.connection)
            .gate(self.gate.clone())
            .name(self.name.as_str())
            .handler(Subscriber { messages: self.send.clone() })
            .start()
    }
}

/// Sends what the command line says, on every connection.
struct Subscriber {
    messages: Vec<String>,
}

#[async_trait]
impl Handler for Subscriber {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        for message in &self.messages {
            connection.send(message.as_str().into()).await?;
        }
        Ok(())
    }
}

/// Returns where to connect if nobody says: the venue's public test endpoint, or else its
/// production endpoint.
pub(crate) fn default_url(exchange: Exchange) -> Option<&'static str> {
    exchange.test_url().or(exchange.production_url())
}

/// Returns the venue's own settings.
///
/// # Errors
///
/// What is wrong with them, which the venue's tests exclude.
pub(crate) fn default_config(exchange: Exchange) -> Result<Config, ConfigError> {
    exchange.defaults().build()
}
