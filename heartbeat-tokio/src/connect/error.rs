//! Why a connection could not be opened.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::http::{HeaderMap, header};

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL leads nowhere; trying again will not help.
    #[error("bad url {url}: {why}")]
    BadUrl {
        /// The URL, without its query and user part.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The crate was built without a TLS feature.
    #[error("wss needs one of the features rustls-tls-webpki-roots and rustls-tls-native-roots")]
    TlsNotBuilt,
    /// The name has no address, or none could be had.
    #[error("cannot resolve {host}: {source}")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody listens there.
    #[error("{addr} refused the connection")]
    Refused {
        /// The address that was tried last.
        addr: SocketAddr,
    },
    /// The address cannot be reached.
    #[error("cannot connect to {addr}: {source}")]
    Io {
        /// The address that was tried last.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The proxy's URL leads nowhere; trying again will not help.
    #[error("bad proxy {url}: {why}")]
    BadProxy {
        /// The URL, without its user part.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The proxy did not open a way to the venue: 407 asks for credentials.
    #[error("proxy refused the connection with http status {status}")]
    ProxyRefused {
        /// The status code.
        status: u16,
    },
    /// The proxy said something that no HTTP proxy says.
    #[error("proxy failed: {why}")]
    ProxyReply {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The connection to the proxy ended before it had answered.
    #[error("proxy was lost: {source}")]
    ProxyLost {
        /// What the system said.
        source: io::Error,
    },
    /// The TLS handshake failed: no TLS there, or a certificate that is not to be trusted.
    #[error("tls handshake with {host} failed: {source}")]
    Tls {
        /// The name that the certificate had to carry.
        host: String,
        /// What rustls or the system said.
        source: io::Error,
    },
    /// The server answered the upgrade with something other than 101.
    #[error("server answered the upgrade with http status {status}{}", Retry(*retry_after))]
    Http {
        /// The status code.
        status: u16,
        /// How long the server wants to be left alone, where it says so: in seconds, or by a
        /// date beside its own `Date`. Our clock need not agree with the server's.
        retry_after: Option<Duration>,
    },
    /// The server's answer to the upgrade is not that of a WebSocket server.
    #[error("upgrade failed: {0}")]
    Upgrade(#[source] Box<tungstenite::Error>),
    /// It took too long.
    #[error("timed out after {after:?} {during}")]
    TimedOut {
        /// The time it had.
        after: Duration,
        /// What it was busy with.
        during: ConnectStage,
    },
}

/// What opening a connection consists of, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectStage {
    /// The name is looked up.
    Resolve,
    /// The TCP connection is opened.
    Tcp,
    /// The proxy is asked for a way to the venue.
    Proxy,
    /// The TLS handshake is made.
    Tls,
    /// The HTTP upgrade is asked for.
    Upgrade,
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolving the name",
            Self::Tcp => "opening the tcp connection",
            Self::Proxy => "waiting for the proxy",
            Self::Tls => "in the tls handshake",
            Self::Upgrade => "waiting for the upgrade",
        })
    }
}

impl ConnectError {
    /// Makes the error for an upgrade that failed.
    pub(crate) fn of_upgrade(error: tungstenite::Error) -> Self {
        let tungstenite::Error::Http(response) = error else {
            return Self::Upgrade(Box::new(error));
        };
        let retry_after = retry_after(response.headers());
        Self::Http { status: response.status().as_u16(), retry_after }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let after = value(header::RETRY_AFTER)?;
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(after).ok()?;
    let now = httpdate::parse_http_date(value(header::DATE)?).ok()?;
    // A date that has passed asks for nothing.
    Some(until.duration_since(now).unwrap_or_default())
}

/// Shows when to come back, where that is known.
struct Retry(Option<Duration>);

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(after) => write!(f, ", retry after {after:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after_of(value: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(value));
        retry_after(&headers)
    }

    #[test]
    fn a_date_is_read_beside_the_servers_own() {
        let of = |after: &'static str, date: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(after));
            headers.insert(header::DATE, header::HeaderValue::from_static(date));
            retry_after(&headers)
        };
        let (noon, later) = ("Wed, 21 Oct 2026 12:00:00 GMT", "Wed, 21 Oct 2026 12:01:30 GMT");
        assert_eq!(of(later, noon), Some(Duration::from_secs(90)));
        assert_eq!(of(noon, later), Some(Duration::ZERO));
        assert_eq!(of("7", "nonsense"), Some(Duration::from_secs(7)));
        assert_eq!(of(later, "nonsense"), None);
        assert_eq!(of("Wed, 99 Oct 2026 12:00:00 GMT", noon), None);
    }

    #[test]
    fn without_a_date_of_the_servers_it_is_read_in_seconds_alone() {
        assert_eq!(retry_after_of("120"), Some(Duration::from_secs(120)));
        assert_eq!(retry_after_of(" 0 "), Some(Duration::ZERO));
        for other in ["", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999"] {
            assert_eq!(retry_after_of(other), None, "{other:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_refusal_says_when_to_come_back_if_it_knows() {
        let error = |retry_after| ConnectError::Http { status: 429, retry_after }.to_string();
        assert_eq!(
            error(Some(Duration::from_secs(9))),
            "server answered the upgrade with http status 429, retry after 9s"
        );
        assert_eq!(error(None), "server answered the upgrade with http status 429");
    }
}
