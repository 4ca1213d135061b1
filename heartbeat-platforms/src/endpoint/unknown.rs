//! What to say about a name that is no endpoint's.

use core::fmt;

use crate::{Exchange, UnknownExchange};

/// A name that no endpoint has.
///
/// ```
/// use heartbeat_platforms::ExchangeEndpoint;
///
/// let error = "okx/dmeo".parse::<ExchangeEndpoint>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown endpoint of okx: known are production, "));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownEndpoint {
    /// No venue has the name.
    Exchange(UnknownExchange),
    /// The venue has no endpoint with the label, or none at all.
    Label {
        /// The venue.
        exchange: Exchange,
    },
}

impl fmt::Display for UnknownEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchange = match self {
            Self::Exchange(error) => return error.fmt(f),
            Self::Label { exchange } => exchange,
        };
        let mut endpoints = exchange.endpoints();
        match endpoints.next() {
            None => return write!(f, "no endpoint of {exchange} is known: its url must be given"),
            Some(first) => {
                write!(f, "unknown endpoint of {exchange}: known are {}", first.label())?;
            }
        }
        endpoints.try_for_each(|endpoint| write!(f, ", {}", endpoint.label()))
    }
}

impl core::error::Error for UnknownEndpoint {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Exchange(error) => Some(error),
            Self::Label { .. } => None,
        }
    }
}
