//! Where a connection goes, asked afresh for every attempt.

use core::time::Duration;

use async_trait::async_trait;
use heartbeat_core::{AttemptFailure, Config};
use tokio_tungstenite::tungstenite::http::HeaderMap;

use super::Attempt;

/// Says where to connect. Asked before every attempt, because tokens and listen keys expire.
///
/// A `&'static str` or a `String` is an endpoint that always says the same URL.
///
/// ```
/// use async_trait::async_trait;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::client::{Attempt, Endpoint, EndpointError, Target};
///
/// struct Bullet;
///
/// #[async_trait]
/// impl Endpoint<Exchange> for Bullet {
///     async fn target(&self, attempt: &Attempt) -> Result<Target<Exchange>, EndpointError> {
///         let token = "asked for by REST";
///         let id = attempt.generation;
///         let url = format!("wss://venue.example/?token={token}&connectId={id}");
///         Ok(Target::new(url))
///     }
/// }
/// ```
#[async_trait]
pub trait Endpoint<P>: Send + Sync + 'static {
    /// Returns where this attempt goes. Bounded by the phase
    /// [`Dial`](heartbeat_core::AttemptPhase::Dial).
    ///
    /// # Errors
    ///
    /// [`EndpointError`], if nobody says where.
    async fn target(&self, attempt: &Attempt) -> Result<Target<P>, EndpointError>;
}

/// Where one attempt goes, and by which rules.
#[derive(Clone, Debug)]
#[must_use = "a target takes effect only in an attempt"]
pub struct Target<P> {
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) platform: Option<P>,
    pub(super) config: Option<Config>,
    pub(super) is_authenticated: bool,
}

impl<P> Target<P> {
    /// Goes to a `ws://` or `wss://` URL by the client's own rules.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: HeaderMap::new(),
            platform: None,
            config: None,
            is_authenticated: false,
        }
    }

    /// Adds headers to the upgrade request, on top of the client's.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Says that the URL itself carries credentials, such as a token or a listen key, so that a
    /// status by which the venue refuses credentials is taken for that. An attempt with an
    /// `Authorization` header, or with [headers](Self::headers) of its own, needs no saying.
    pub const fn authenticated(mut self) -> Self {
        self.is_authenticated = true;
        self
    }

    /// Speaks another dialect, for this attempt.
    pub fn platform(mut self, platform: P) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Keeps other deadlines, for this attempt: those that the venue has announced with its
    /// token, say.
    pub const fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }
}

/// Why nobody says where to connect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The venue answered the question with a status that is not success: what becomes of
    /// it, and of a `Retry-After`, is the same as with an upgrade that carried no credentials.
    #[error("venue answered the question for an endpoint with http status {status}")]
    Http {
        /// The status.
        status: u16,
        /// What its `Retry-After` says, as a span.
        retry_after: Option<Duration>,
    },
    /// The venue refused the credentials.
    #[error("venue refused the credentials")]
    AuthRefused {
        /// Whether it is certain that it will do so again: the client gives up. What may pass is
        /// tried a few times more, slowly.
        is_final: bool,
    },
    /// Anything else; another attempt follows.
    #[error("{0}")]
    Failed(String),
}

impl EndpointError {
    pub(super) const fn failure(&self) -> AttemptFailure {
        match *self {
            // Whether the question carried credentials is the application's to know, which has a
            // word of its own for their refusal.
            Self::Http { status, retry_after } => {
                AttemptFailure::Http { status, retry_after, with_credentials: false }
            }
            Self::AuthRefused { is_final } => AttemptFailure::AuthRefused { is_final },
            Self::Failed(_) => AttemptFailure::Unreachable,
        }
    }
}

#[async_trait]
impl<P: 'static> Endpoint<P> for &'static str {
    async fn target(&self, _attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        Ok(Target::new(*self))
    }
}

#[async_trait]
impl<P: 'static> Endpoint<P> for String {
    async fn target(&self, _attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        Ok(Target::new(self.as_str()))
    }
}
