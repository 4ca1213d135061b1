//! Why a [`HeartbeatStream`](crate::HeartbeatStream) ended.

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
    #[error("transport failed: {0}")]
    Transport(#[source] Box<tungstenite::Error>),
    /// The transport takes no message of this size, or not now; the connection goes on.
    #[error("message refused: {0}")]
    Refused(#[source] Box<tungstenite::Error>),
    /// The connection is closing or closed and takes no message; the stream says why.
    #[error("connection takes no message any more")]
    Closed,
}
