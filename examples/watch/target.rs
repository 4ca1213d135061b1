//! What is watched, and how it is connected to.

use core::num::NonZeroU16;

use async_trait::async_trait;
use heartbeat_core::{Config, ConfigError, Platform};
use heartbeat_platforms::{Exchange, ExchangeEndpoint, Stage};
use heartbeat_tokio::client::{
    Attempt, ClientBuilder, ClientError, Destination, HandlerConnection, NotReady, VenueGate,
    VenueLimits,
};
use heartbeat_tokio::{Client, ConnectOptions, ConnectionOptions, Handler};

/// What to connect to, and with which settings.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) exchange: Exchange,
    /// The endpoint by whose rules, if not by those of the venue.
    pub(crate) endpoint: Option<ExchangeEndpoint>,
    pub(crate) url: String,
    /// What may be shown of it.
    pub(crate) shown: String,
    /// Whether what is traded there is real, where that is known: not if the URL was given.
    pub(crate) stage: Option<Stage>,
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
        let gate = VenueGate::new(&VenueLimits::of(exchange))?;
        let shown =
            Destination::parse(&url).map_or_else(|error| error.to_string(), |it| it.to_string());
        Ok(Self {
            name: exchange.name().to_owned(),
            exchange,
            endpoint: None,
            url,
            shown,
            stage: None,
            config,
            send: Vec::new(),
            connect: ConnectOptions::default(),
            connection: ConnectionOptions::default(),
            gate,
        })
    }

    /// Makes one connection to an endpoint, by what holds there.
    ///
    /// # Errors
    ///
    /// What is wrong with the endpoint's budget, which the venues' tests exclude.
    pub(crate) fn at(
        endpoint: ExchangeEndpoint,
        url: String,
        config: Config,
    ) -> Result<Self, ClientError> {
        let gate = VenueGate::new(&VenueLimits::at(endpoint))?;
        let target = Self::new(endpoint.exchange(), url, config)?;
        Ok(Self { endpoint: Some(endpoint), gate, ..target })
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
        match self.endpoint {
            Some(endpoint) => self.start_with(Client::at(endpoint)),
            None => self.start_with(Client::builder(self.exchange)),
        }
    }

    fn start_with<P>(&self, builder: ClientBuilder<P>) -> Result<Client, ClientError>
    where
        P: Platform + Clone + Send + Sync + 'static,
    {
        builder
            .endpoint(self.url.clone())
            .config(self.config)
            .connect_options(self.connect.clone())
            .connection_options(self.connection)
            .gate(self.gate.clone())
            .name(self.name.as_str())
            .opening_messages(u32::try_from(self.send.len()).unwrap_or(u32::MAX))
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

/// Returns the venue's own settings.
///
/// # Errors
///
/// What is wrong with them, which the venue's tests exclude.
pub(crate) fn default_config(exchange: Exchange) -> Result<Config, ConfigError> {
    exchange.defaults().build()
}
