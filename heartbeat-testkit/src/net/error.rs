//! Why a connection was not served to its end.

use core::fmt;
use core::time::Duration;
use std::io;

use crate::{TooManyConnects, WireError};

/// Why a connection could not be served to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The client did not finish the opening handshake in time.
    HandshakeTimedOut {
        /// The time it had.
        after: Duration,
    },
    /// The client was not let in: too many had come before it.
    Refused {
        /// How many are too many, and for how long.
        source: TooManyConnects,
    },
    /// What the client asked for was no opening handshake. It was told so.
    Handshake {
        /// The status of the answer.
        status: u16,
        /// What the answer says.
        why: &'static str,
    },
    /// The TLS handshake failed.
    Tls {
        /// Why.
        source: io::Error,
    },
    /// The client sent what no client may send. It was closed with the code for that.
    Wire {
        /// What.
        source: WireError,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HandshakeTimedOut { after } => {
                write!(f, "client must finish the opening handshake within {after:?}")
            }
            Self::Refused { .. } => f.write_str("client was refused"),
            Self::Handshake { status, why } => {
                write!(f, "opening handshake failed with status {status}: {why}")
            }
            Self::Tls { .. } => f.write_str("tls handshake failed"),
            Self::Wire { .. } => f.write_str("client broke rfc 6455"),
        }
    }
}

impl core::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::HandshakeTimedOut { .. } | Self::Handshake { .. } => None,
            Self::Refused { source } => Some(source),
            Self::Tls { source } => Some(source),
            Self::Wire { source } => Some(source),
        }
    }
}
