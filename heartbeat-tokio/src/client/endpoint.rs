//! Where a connection goes, asked afresh for every attempt.

use core::time::Duration;
use core::{error, fmt};

use async_trait::async_trait;
use heartbeat_core::{AttemptFailure, Config};
use tokio_tungstenite::tungstenite::http::HeaderMap;

use super::Attempt;
use crate::connect::{ConnectError, Destination, HeaderNames, check_url};
use crate::error::chain;

/// Says where to connect. Asked before every attempt, because tokens and listen keys expire.
///
/// A URL is an endpoint that always says the same, a list of URLs one that names the mirrors of a
/// venue, and so is a closure that answers with a future:
///
/// ```
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::Client;
/// use heartbeat_tokio::client::{Attempt, Target};
///
/// # async fn ask_by_rest() -> Result<String, std::io::Error> { Ok(String::new()) }
/// let builder = Client::builder(Exchange::Okx).endpoint(async |attempt: Attempt| {
///     let token = ask_by_rest().await?; // whatever fails here fails the attempt
///     let id = attempt.generation;
///     Ok(Target::new(format!("wss://venue.example/?token={token}&connectId={id}")))
/// });
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

    /// Looks for what is wrong with where it leads before it is asked for the first time, so that a
    /// client does not begin what trying again would not mend. By default nothing is known of that;
    /// URLs and lists of them know.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with which the client refuses to start.
    fn check(&self) -> Result<(), ConnectError> {
        Ok(())
    }
}

/// Where one attempt goes, and by which rules.
///
/// [`Debug`](fmt::Debug) shows of URLs scheme, host and port, and of headers their names.
#[derive(Clone)]
#[must_use = "a target takes effect only in an attempt"]
pub struct Target<P> {
    urls: Vec<String>,
    pub(super) headers: HeaderMap,
    pub(super) platform: Option<P>,
    pub(super) config: Option<Config>,
    pub(super) is_authenticated: bool,
}

impl<P> Target<P> {
    /// Goes to a `ws://` or `wss://` URL by the client's own rules.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            urls: vec![url.into()],
            headers: HeaderMap::new(),
            platform: None,
            config: None,
            is_authenticated: false,
        }
    }

    /// Names another URL of the same venue: a mirror. An attempt goes to the first that has not
    /// failed, or to that which failed the longest ago; where it goes well, the next goes too.
    /// Mirrors are told apart by host and port, and 64 are remembered.
    pub fn or(mut self, url: impl Into<String>) -> Self {
        self.urls.push(url.into());
        self
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

    /// Reads the URLs.
    pub(super) fn destinations(&self) -> Result<Vec<Destination>, ConnectError> {
        self.urls.iter().map(|url| Destination::parse(url)).collect()
    }
}

impl<P: fmt::Debug> fmt::Debug for Target<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("destinations", &self.destinations())
            .field("headers", &HeaderNames(&self.headers))
            .field("platform", &self.platform)
            .field("config", &self.config)
            .field("is_authenticated", &self.is_authenticated)
            .finish_non_exhaustive()
    }
}

/// Why nobody says where to connect. Made by `?` of any error.
///
/// It is no [`Error`](error::Error) itself, since then it could not be made of any.
///
/// ```
/// use heartbeat_tokio::client::EndpointError;
///
/// fn token(reply: &str) -> Result<u64, EndpointError> {
///     Ok(reply.parse()?)
/// }
/// let error = token("none").unwrap_err();
/// assert_eq!(error.to_string(), "invalid digit found in string");
/// assert!(error.source().is_some_and(|source| source.is::<std::num::ParseIntError>()));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum EndpointError {
    /// The venue answered the question with a status that is not success: what becomes of
    /// it, and of a `Retry-After`, is the same as with an upgrade that carried no credentials.
    Http {
        /// The status.
        status: u16,
        /// What its `Retry-After` says, as a span.
        retry_after: Option<Duration>,
    },
    /// The venue refused the credentials.
    AuthRefused {
        /// Whether it is certain that it will do so again: the client gives up. What may pass is
        /// tried a few times more, slowly.
        is_final: bool,
    },
    /// Anything else; another attempt follows. What it says is shown to operators and must hold
    /// no secret: HTTP clients are known to say the URL, with its query.
    Failed(Box<dyn error::Error + Send + Sync>),
}

impl EndpointError {
    /// Returns the error that it was made of, if it was.
    pub fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::Http { .. } | Self::AuthRefused { .. } => None,
        }
    }

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

/// Shows an error that it was made of with its sources.
impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { status, .. } => {
                write!(f, "venue answered the question for an endpoint with http status {status}")
            }
            Self::AuthRefused { .. } => f.write_str("venue refused the credentials"),
            Self::Failed(error) => chain(&**error).fmt(f),
        }
    }
}

impl<E: Into<Box<dyn error::Error + Send + Sync>>> From<E> for EndpointError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

#[async_trait]
impl<P: 'static> Endpoint<P> for &'static str {
    async fn target(&self, _attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        Ok(Target::new(*self))
    }

    fn check(&self) -> Result<(), ConnectError> {
        check_url(self)
    }
}

#[async_trait]
impl<P: 'static> Endpoint<P> for String {
    async fn target(&self, _attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        Ok(Target::new(self.as_str()))
    }

    fn check(&self) -> Result<(), ConnectError> {
        check_url(self)
    }
}

#[async_trait]
impl<P: 'static, U: AsRef<str> + Send + Sync + 'static> Endpoint<P> for Vec<U> {
    async fn target(&self, _attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        of_mirrors(self)
    }

    fn check(&self) -> Result<(), ConnectError> {
        check_mirrors(self)
    }
}

#[async_trait]
impl<P: 'static, U: AsRef<str> + Send + Sync + 'static, const N: usize> Endpoint<P> for [U; N] {
    async fn target(&self, _attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        of_mirrors(self)
    }

    fn check(&self) -> Result<(), ConnectError> {
        check_mirrors(self)
    }
}

fn of_mirrors<P>(urls: &[impl AsRef<str>]) -> Result<Target<P>, EndpointError> {
    let mut urls = urls.iter().map(AsRef::as_ref);
    let first = urls.next().ok_or(ConnectError::NoUrl)?;
    Ok(urls.fold(Target::new(first), Target::or))
}

fn check_mirrors(urls: &[impl AsRef<str>]) -> Result<(), ConnectError> {
    if urls.is_empty() {
        return Err(ConnectError::NoUrl);
    }
    urls.iter().try_for_each(|url| check_url(url.as_ref()))
}

#[async_trait]
impl<P, F, A> Endpoint<P> for F
where
    P: 'static,
    F: Fn(Attempt) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Target<P>, EndpointError>> + Send,
{
    async fn target(&self, attempt: &Attempt) -> Result<Target<P>, EndpointError> {
        self(*attempt).await
    }
}
