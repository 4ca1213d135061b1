//! Why a connection cannot be used.

use core::{error, fmt};

use crate::error::chain;

/// Why a connection cannot be used. Made by `?` of any error.
///
/// It is no [`Error`](error::Error) itself, since then it could not be made of any.
///
/// ```
/// use heartbeat_tokio::client::NotReady;
///
/// fn seats(reply: &str) -> Result<u64, NotReady> {
///     Ok(reply.parse()?)
/// }
/// assert!(seats("none").unwrap_err().source().is_some());
/// // What is no error yet becomes one by its text.
/// assert_eq!(NotReady::from("no seat is left").to_string(), "no seat is left");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum NotReady {
    /// The venue refused the credentials.
    AuthRefused {
        /// Whether it is certain that it will do so again, so that asking again only earns a
        /// ban: the client gives up. Venues are known to refuse a good key once, right after a
        /// reconnect: what may pass is tried a few times more, slowly.
        is_final: bool,
    },
    /// The venue refused something else, or the application cannot go on for a reason of its
    /// own. What it says is shown to operators and must hold no secret.
    Failed(Box<dyn error::Error + Send + Sync>),
    /// The connection ended while it was made ready; its verdict says why.
    Ended,
}

impl NotReady {
    /// Returns the error that it was made of, if it was.
    pub fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::AuthRefused { .. } | Self::Ended => None,
        }
    }
}

/// Shows an error that it was made of with its sources.
impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthRefused { .. } => f.write_str("venue refused the credentials"),
            Self::Failed(error) => chain(&**error).fmt(f),
            Self::Ended => f.write_str("connection ended"),
        }
    }
}

impl<E: Into<Box<dyn error::Error + Send + Sync>>> From<E> for NotReady {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
