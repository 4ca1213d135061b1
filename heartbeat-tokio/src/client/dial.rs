//! How an attempt comes to a connection.

use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::time::Duration;
use std::sync::Arc;

use futures_util::FutureExt as _;
use heartbeat_core::{AttemptFailure, Config, Platform, Session};
use tokio::task::JoinError;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;

use super::connection::ClientConnection;
use super::connector::Connector;
use super::engine::{EngineEvent, EngineSender};
use super::feed::Feed;
use super::sink::ConnectionSink;
use super::watching::Watching;
use super::{Attempt, Endpoint, KeyOf, SubscriptionOf};
use crate::clock::MonotonicClock;
use crate::connect::{self, ConnectError, ConnectOptions, Destination};
use crate::connection::ConnectionOptions;

/// Makes attempts. Whoever holds an attempt's future holds all that comes of it: dropping it
/// ends the connection too.
pub(super) type Dialer = Box<dyn Fn(Attempt) -> Dialing + Send>;

/// An attempt that is under way.
pub(super) type Dialing = Pin<Box<dyn Future<Output = Result<ClientConnection, DialFault>> + Send>>;

/// All that an attempt needs.
pub(super) struct DialSettings<P> {
    pub(super) platform: P,
    pub(super) config: Config,
    pub(super) endpoint: Box<dyn Endpoint<P>>,
    pub(super) connector: Box<dyn Connector>,
    pub(super) connect_options: ConnectOptions,
    pub(super) connection_options: ConnectionOptions,
    pub(super) dial_within: Duration,
    pub(super) feed: Arc<Feed>,
    pub(super) engine: EngineSender,
    pub(super) clock: MonotonicClock,
    pub(super) key_of: Option<Arc<KeyOf>>,
    pub(super) subscription_of: Option<Arc<SubscriptionOf>>,
}

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) struct DialFault {
    pub(super) failure: AttemptFailure,
    pub(super) why: String,
}

impl<P: Platform + Clone + Send + Sync + 'static> DialSettings<P> {
    /// Forgets which platform it is for.
    pub(super) fn into_dialer(self) -> Dialer {
        let settings = Arc::new(self);
        Box::new(move |attempt| {
            let settings = Arc::clone(&settings);
            Box::pin(async move { settings.run(attempt).await })
        })
    }

    async fn run(&self, attempt: Attempt) -> Result<ClientConnection, DialFault> {
        // An endpoint and a connector are the application's, and may panic.
        let opened = AssertUnwindSafe(self.open(attempt)).catch_unwind().await;
        opened.unwrap_or_else(|_| Err(DialFault::panicked()))
    }

    async fn open(&self, attempt: Attempt) -> Result<ClientConnection, DialFault> {
        let generation = attempt.generation;
        let target = self.endpoint.target(&attempt).await;
        let target = target
            .map_err(|error| DialFault { failure: error.failure(), why: error.to_string() })?;
        let destination = Destination::parse(&target.url)?;
        let mut request = connect::request(&destination, &self.connect_options)?;
        let with_credentials = target.is_authenticated
            || !target.headers.is_empty()
            || request.headers().contains_key(AUTHORIZATION);
        request.headers_mut().extend(target.headers);
        let io = self.connector.dial(&destination, &self.connect_options, self.dial_within).await?;
        self.engine.send(EngineEvent::Dialed { generation });
        let websocket = self.connect_options.websocket();
        let upgraded = client_async_with_config(request, io, Some(websocket)).await;
        let (ws, _response) = upgraded
            .map_err(|error| DialFault::of(&ConnectError::of_upgrade(error), with_credentials))?;

        let platform = target.platform.unwrap_or_else(|| self.platform.clone());
        let config = target.config.unwrap_or(self.config);
        let session = Session::new(platform, config, self.clock.now());
        let (feed, engine) = (Arc::clone(&self.feed), self.engine.clone());
        let watching = self.subscription_of.clone().map(|subscription_of| {
            Arc::new(Watching::new(subscription_of, config.stall_tolerance()))
        });
        let sink = ConnectionSink::new(
            generation,
            feed,
            engine,
            self.clock,
            self.key_of.clone(),
            watching,
        );
        Ok(ClientConnection::spawn(ws, session, &self.connection_options, sink))
    }
}

impl DialFault {
    fn of(error: &ConnectError, with_credentials: bool) -> Self {
        let failure = if let ConnectError::Http { status, retry_after } = *error {
            AttemptFailure::Http { status, retry_after, with_credentials }
        } else {
            AttemptFailure::Unreachable
        };
        Self { failure, why: error.to_string() }
    }

    /// Makes it of a task that came to an early end.
    pub(super) fn cut_off(error: &JoinError) -> Self {
        Self { failure: AttemptFailure::Unreachable, why: error.to_string() }
    }

    fn panicked() -> Self {
        let why = "endpoint or connector panicked".to_owned();
        Self { failure: AttemptFailure::Unreachable, why }
    }
}

impl From<ConnectError> for DialFault {
    fn from(error: ConnectError) -> Self {
        Self::of(&error, false)
    }
}
