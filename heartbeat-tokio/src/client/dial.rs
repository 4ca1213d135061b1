//! How an attempt comes to a connection.

use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::time::Duration;
use std::sync::Arc;

use futures_util::FutureExt as _;
use heartbeat_core::{AttemptFailure, Config, Outcome, Platform, Session};
use tokio::task::JoinError;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;

use super::connection::ClientConnection;
use super::connector::{BoxIo, Connector, Dial};
use super::correspondence::Correspondence;
use super::engine::{EngineEvent, EngineSender};
use super::feed::Feed;
use super::labels::{Label, Labeller};
use super::received::Source;
use super::requests::RequestTable;
use super::sink::ConnectionSink;
use super::subscriptions::Shared;
use super::{Attempt, Endpoint, Target, telemetry};
use crate::clock::MonotonicClock;
use crate::connect::{
    self, Answer, ConnectError, ConnectOptions, ConnectStage, Destination, Redirects, Routes,
    Trial, check_headers,
};
use crate::connection::ConnectionOptions;
use crate::driver::SharedBudget;
use crate::error::chain;
use crate::metered::Metered;

/// Makes attempts. Whoever holds an attempt's future holds all that comes of it: dropping it
/// ends the connection too.
pub(super) struct Dialer {
    routes: Arc<Routes>,
    begin: Box<dyn Fn(Attempt, Arc<Trial>) -> Dialing + Send>,
}

impl Dialer {
    /// Makes an attempt, with what tells how far it has come.
    pub(super) fn dial(&self, attempt: Attempt) -> (Arc<Trial>, Dialing) {
        let trial = Arc::new(Trial::new(&self.routes));
        (Arc::clone(&trial), (self.begin)(attempt, trial))
    }
}

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
    /// What all who share the venue's gate may send together, where the venue counts it so.
    pub(super) shared_budget: Option<Arc<SharedBudget>>,
    pub(super) dial_within: Duration,
    pub(super) feed: Arc<Feed>,
    pub(super) engine: EngineSender,
    pub(super) clock: MonotonicClock,
    pub(super) label: Option<Arc<Label>>,
    pub(super) subscriptions: Option<Arc<Shared>>,
    pub(super) requests: Arc<RequestTable>,
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
        let routes = Arc::clone(&self.connect_options.routes);
        let settings = Arc::new(self);
        let begin = move |attempt, trial: Arc<Trial>| -> Dialing {
            let settings = Arc::clone(&settings);
            Box::pin(async move { settings.run(attempt, &trial).await })
        };
        Dialer { routes, begin: Box::new(begin) }
    }

    async fn run(&self, attempt: Attempt, trial: &Trial) -> Result<ClientConnection, DialFault> {
        // An endpoint and a connector are the application's, and may panic.
        let opened = AssertUnwindSafe(self.open(attempt, trial)).catch_unwind().await;
        opened.unwrap_or_else(|_| Err(DialFault::panicked()))
    }

    async fn open(&self, attempt: Attempt, trial: &Trial) -> Result<ClientConnection, DialFault> {
        let generation = attempt.generation;
        let target = self.endpoint.target(&attempt).await;
        let target = target
            .map_err(|error| DialFault { failure: error.failure(), why: error.to_string() })?;
        let mut destination = self.choose(&target)?;
        let mut headers = self.connect_options.headers.clone();
        let with_credentials = target.is_authenticated
            || destination.has_user()
            || !target.headers.is_empty()
            || headers.contains_key(AUTHORIZATION);
        headers.extend(target.headers);
        let websocket = self.upgrade(&attempt, &mut destination, &headers, trial).await;
        let ws = websocket.map_err(|error| DialFault::of(&error, with_credentials))?;

        let platform = target.platform.unwrap_or_else(|| self.platform.clone());
        let config = target.config.unwrap_or(self.config);
        let session = Session::new(platform, config, self.clock.now());
        let endpoint = format!("{}:{}", destination.host(), destination.port()).into();
        let follower = self.subscriptions.as_ref().map(|all| all.follow(generation));
        let requests = Arc::clone(&self.requests);
        let correspondence = Correspondence::new(generation, self.clock, requests, follower);
        let sink = ConnectionSink::new(
            Source { generation, endpoint },
            Arc::clone(&self.feed),
            self.engine.clone(),
            self.clock,
            self.label.clone().map(Labeller::new),
            config.stall_tolerance(),
            correspondence,
        );
        let shared = self.shared_budget.clone();
        Ok(ClientConnection::spawn(ws, session, &self.connection_options, shared, sink))
    }
}

impl<P> DialSettings<P> {
    /// Goes there, and on to where it is sent, which `destination` then is.
    async fn upgrade(
        &self,
        attempt: &Attempt,
        destination: &mut Destination,
        headers: &HeaderMap,
        trial: &Trial,
    ) -> Result<WebSocketStream<Metered<BoxIo>>, ConnectError> {
        let (options, within) = (&self.connect_options, self.dial_within);
        let mut redirects = Redirects::default();
        // What an endpoint adds is not known before it is asked.
        check_headers(headers)?;
        loop {
            trial.head_for(destination);
            telemetry::dial(attempt, destination);
            let dial = Dial { destination, options, within, trial };
            let transport = self.connector.dial(&dial).await?;
            let (generation, outcome) = (attempt.generation, Outcome::Dialed);
            self.engine.send(EngineEvent::Step { generation, outcome });
            trial.enter(ConnectStage::Upgrade);
            let asked = connect::upgrade(transport, destination, headers);
            match asked.await? {
                Answer::Open(opened) => return Ok(opened.websocket(options.websocket()).await),
                Answer::Elsewhere { status, location } => {
                    *destination = redirects.follow(destination, status, location.as_deref())?;
                }
            }
        }
    }

    /// Chooses the mirror that has not failed, or that failed the longest ago.
    fn choose(&self, target: &Target<P>) -> Result<Destination, ConnectError> {
        let mut mirrors = target.destinations()?;
        self.connect_options.routes.sort_destinations(&mut mirrors);
        // A target has one at least.
        Ok(mirrors.swap_remove(0))
    }
}

impl DialFault {
    fn of(error: &ConnectError, with_credentials: bool) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is the line's")]
        let failure = match *error {
            ConnectError::Http { status, retry_after } => {
                AttemptFailure::Http { status, retry_after, with_credentials }
            }
            ConnectError::Redirected { status, .. } => AttemptFailure::Redirected { status },
            // What an endpoint of the application's has said: no fault of the venue's.
            ConnectError::BadUrl { .. }
            | ConnectError::BadHeader { .. }
            | ConnectError::RepeatedHeader { .. }
            | ConnectError::TlsNotBuilt => AttemptFailure::NotReady,
            _ => AttemptFailure::Unreachable,
        };
        Self { failure, why: chain(error).to_string() }
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
