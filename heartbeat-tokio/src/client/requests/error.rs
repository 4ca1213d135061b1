//! Why there is no reply to a request, and whether it may have been executed.

use core::time::Duration;

use heartbeat_core::Generation;

use super::RequestKey;
use crate::connection::NotWritten;

/// Why there is no reply to a request.
///
/// What counts of it is whether the request may have been executed: whoever places an order again
/// that was may have two.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_tokio::NotWritten;
/// use heartbeat_tokio::client::RequestError;
///
/// let late = RequestError::Overdue { within: Duration::from_secs(5) };
/// assert!(late.may_have_been_executed() && !late.is_safe_to_repeat());
/// let unsent = RequestError::NotSent(NotWritten::NotReady);
/// assert!(unsent.is_safe_to_repeat());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Certainly not sent: nothing of it has left, and nothing will.
    #[error("request was not sent")]
    NotSent(#[source] NotWritten),
    /// Certainly not sent: another request with this key waits for its reply.
    #[error("request was not sent: another with the key {key} waits for its reply")]
    KeyInUse {
        /// The key.
        key: RequestKey,
    },
    /// Certainly not sent: as many wait for their replies as may.
    #[error("request was not sent: requests_max ({requests_max}) others wait for their replies")]
    TooMany {
        /// How many may wait.
        requests_max: usize,
    },
    /// Certainly not sent: nobody can tell which message replies to it.
    #[error("request was not sent: reply_key must be set in the settings of the client")]
    NoReplyKey,
    /// It may have been executed: it was handed to the transport, and the connection ended before a
    /// reply came.
    #[error("request may have been executed: connection {generation} ended before the reply")]
    Ended {
        /// The connection.
        generation: Generation,
    },
    /// It may have been executed: it was handed to the transport, and no reply came in time. One
    /// that comes yet is [`Update::Message`](crate::client::Update::Message).
    #[error("request may have been executed: no reply within {within:?}")]
    Overdue {
        /// The time that it had.
        within: Duration,
    },
}

impl RequestError {
    /// Tells whether the request may have reached the venue.
    pub const fn may_have_been_executed(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::Overdue { .. })
    }

    /// Tells whether sending the request once more cannot make two of it.
    pub const fn is_safe_to_repeat(&self) -> bool {
        !self.may_have_been_executed()
    }
}
