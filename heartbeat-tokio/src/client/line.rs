//! One connection of a client, and how an attempt comes to it.

use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::time::Duration;
use std::sync::Arc;

use futures_util::FutureExt as _;
use heartbeat_core::{AttemptFailure, Config, Generation, Health, Platform, Session};
use tokio::sync::watch;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;

use super::connector::Connector;
use super::feed::Feed;
use super::mail::{Mail, Note};
use super::port::Port;
use super::watching::Watching;
use super::{Attempt, Endpoint, KeyOf, Outlet, SubscriptionOf};
use crate::clock::Clock;
use crate::connect::{self, ConnectError, ConnectOptions, Destination};
use crate::connection::ConnectionOptions;
use crate::connection::handle::Handle;

/// A connection whose task runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) handle: Handle,
    pub(super) port: Port,
    pub(super) health: watch::Receiver<Health>,
}

impl Line {
    pub(super) const fn generation(&self) -> Generation {
        self.port.generation()
    }

    pub(super) fn outlet(&self, feed: &Arc<Feed>) -> Outlet {
        let (port, sender) = (self.port.clone(), self.handle.sender().clone());
        Outlet::new(Arc::clone(feed), port, sender, self.handle.petition())
    }
}

/// Makes attempts.
pub(super) type Dialer = Box<dyn Fn(Attempt) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// All that an attempt needs.
pub(super) struct Recipe<P> {
    pub(super) platform: P,
    pub(super) config: Config,
    pub(super) endpoint: Box<dyn Endpoint<P>>,
    pub(super) connector: Box<dyn Connector>,
    pub(super) connect_options: ConnectOptions,
    pub(super) connection_options: ConnectionOptions,
    pub(super) dial_within: Duration,
    pub(super) feed: Arc<Feed>,
    pub(super) mail: Arc<Mail>,
    pub(super) clock: Clock,
    pub(super) key_of: Option<Arc<KeyOf>>,
    pub(super) subscription_of: Option<Arc<SubscriptionOf>>,
}

/// Why an attempt came to nothing.
struct Fault {
    failure: AttemptFailure,
    why: String,
}

impl<P: Platform + Clone + Send + Sync + 'static> Recipe<P> {
    /// Forgets which platform it is for.
    pub(super) fn into_dialer(self) -> Dialer {
        let recipe = Arc::new(self);
        Box::new(move |attempt| {
            let recipe = Arc::clone(&recipe);
            Box::pin(async move { recipe.run(attempt).await })
        })
    }

    /// Makes an attempt, and reports how far it came.
    async fn run(&self, attempt: Attempt) {
        let generation = attempt.generation;
        // An endpoint and a connector are the application's, and may panic.
        let opened = AssertUnwindSafe(self.open(attempt)).catch_unwind().await;
        self.mail.post(match opened.unwrap_or_else(|_| Err(Fault::panicked())) {
            Ok(line) => Note::Upgraded { generation, line },
            Err(Fault { failure, why }) => Note::Failed { generation, failure, why },
        });
    }

    async fn open(&self, attempt: Attempt) -> Result<Line, Fault> {
        let generation = attempt.generation;
        let target = self.endpoint.target(&attempt).await;
        let target =
            target.map_err(|error| Fault { failure: error.failure(), why: error.to_string() })?;
        let destination = Destination::parse(&target.url)?;
        let mut request = connect::request(&destination, &self.connect_options)?;
        let with_credentials = target.is_authenticated
            || !target.headers.is_empty()
            || request.headers().contains_key(AUTHORIZATION);
        request.headers_mut().extend(target.headers);
        let io = self.connector.dial(&destination, &self.connect_options, self.dial_within).await?;
        self.mail.post(Note::Dialed { generation });
        let websocket = self.connect_options.websocket();
        let upgraded = client_async_with_config(request, io, Some(websocket)).await;
        let (ws, _response) = upgraded
            .map_err(|error| Fault::of(&ConnectError::of_upgrade(error), with_credentials))?;

        let platform = target.platform.unwrap_or_else(|| self.platform.clone());
        let config = target.config.unwrap_or(self.config);
        let session = Session::new(platform, config, self.clock.now());
        let (feed, mail) = (Arc::clone(&self.feed), Arc::clone(&self.mail));
        let watching = self.subscription_of.clone().map(|subscription_of| {
            Arc::new(Watching::new(subscription_of, config.stall_tolerance()))
        });
        let port = Port::new(generation, feed, mail, self.clock, self.key_of.clone(), watching);
        self.feed.add_lane(generation);
        let handle = Handle::spawn(ws, session, &self.connection_options, port.clone());
        let health = handle.health().clone();
        Ok(Line { handle, port, health })
    }
}

impl Fault {
    fn of(error: &ConnectError, with_credentials: bool) -> Self {
        let failure = if let ConnectError::Http { status, retry_after } = *error {
            AttemptFailure::Http { status, retry_after, with_credentials }
        } else {
            AttemptFailure::Unreachable
        };
        Self { failure, why: error.to_string() }
    }

    fn panicked() -> Self {
        let why = "endpoint or connector panicked".to_owned();
        Self { failure: AttemptFailure::Unreachable, why }
    }
}

impl From<ConnectError> for Fault {
    fn from(error: ConnectError) -> Self {
        Self::of(&error, false)
    }
}
