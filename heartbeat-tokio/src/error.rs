//! Why a [`HeartbeatStream`](crate::HeartbeatStream) ended, and how an error is shown.

use core::{error, fmt, iter};

use heartbeat_core::{Cause, Evidence};
use tokio_tungstenite::tungstenite;

/// Why a [`HeartbeatStream`](crate::HeartbeatStream) ended, or refused a message.
///
/// Either the session reached a verdict or the transport failed: an error is never both.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The session reached a verdict, and the connection was closed.
    #[error("connection finished: {cause}")]
    Disconnected {
        /// The verdict.
        cause: Cause,
        /// What led to it.
        evidence: Box<Evidence>,
        /// Whether both sides exchanged Close frames before the transport was dropped.
        clean: bool,
    },
    /// The transport failed; the session ended as [`Cause::TransportLost`].
    #[error("transport failed")]
    Transport(#[source] Box<tungstenite::Error>),
    /// The transport takes no message of this size, or not now; the connection goes on.
    #[error("message refused")]
    Refused(#[source] Box<tungstenite::Error>),
    /// The connection is closing or closed and takes no message; the stream says why.
    #[error("connection takes no message any more")]
    Closed,
}

/// Shows an error and its sources in one line, which no error of this crate does by itself. What
/// other crates say twice is said once.
///
/// ```
/// use heartbeat_tokio::{Error, chain, tungstenite};
///
/// let error = Error::Refused(Box::new(tungstenite::Error::AttackAttempt));
/// assert_eq!(error.to_string(), "message refused");
/// assert_eq!(chain(&error).to_string(), "message refused: Attack attempt detected");
/// ```
pub fn chain<'a>(error: &'a (dyn error::Error + 'static)) -> impl fmt::Display + 'a {
    Chain(error)
}

struct Chain<'a>(&'a (dyn error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        for source in iter::successors(self.0.source(), |error| error.source()) {
            let text = source.to_string();
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
                said = text;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn what_another_crate_says_twice_is_said_once() {
        let lost = io::Error::from(io::ErrorKind::BrokenPipe);
        let error = Error::Transport(Box::new(tungstenite::Error::Io(lost)));
        assert_eq!(chain(&error).to_string(), "transport failed: IO error: broken pipe");
    }
}
