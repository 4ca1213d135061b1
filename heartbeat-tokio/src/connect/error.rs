//! Why a connection could not be opened.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::io;

use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName};

use super::redact;
use super::redirect::RedirectRefusal;
use super::retry_after::retry_after;
use super::stage::{ConnectStage, TlsFault};

/// Why a connection could not be opened.
///
/// Each variant says its own part, and its [source](core::error::Error::source) the rest:
/// [`chain`](crate::chain) shows both. Nothing of it holds a secret: of a URL there is no more than
/// scheme, host and port.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL leads nowhere; trying again will not help.
    #[error("bad url {url}: {why}")]
    BadUrl {
        /// Its scheme and host.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A header of the application's is one that the handshake sets; trying again will not help.
    #[error("header {name} is for the handshake to set")]
    BadHeader {
        /// Its name.
        name: HeaderName,
    },
    /// A header of the application's stands there twice, and can say one thing only; trying again
    /// will not help.
    #[error("header {name} must not be sent twice")]
    RepeatedHeader {
        /// Its name.
        name: HeaderName,
    },
    /// There is no URL at all; trying again will not help.
    #[error("list of urls must not be empty")]
    NoUrl,
    /// The crate was built without a TLS feature.
    #[error("wss needs one of the features rustls-tls-webpki-roots and rustls-tls-native-roots")]
    TlsNotBuilt,
    /// The name has no address, or none could be had.
    #[error("cannot resolve {}", redact::printable(host))]
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
    #[error("cannot connect to {addr}")]
    Io {
        /// The address that was tried last.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The socket cannot be bound to the source address, or the venue has no address of its
    /// family.
    #[error("cannot connect from {address}")]
    Source {
        /// The source address.
        address: IpAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The proxy's URL leads nowhere; trying again will not help.
    #[error("bad proxy {url}: {why}")]
    BadProxy {
        /// Its scheme and host.
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
    /// The proxy's answer could not be read.
    #[error("proxy failed")]
    Proxy {
        /// What is wrong with it.
        source: HandshakeError,
    },
    /// The TLS handshake failed: no TLS there, or a certificate that is not to be trusted.
    #[error("tls handshake with {} failed: {fault}", redact::printable(host))]
    Tls {
        /// The name that the certificate had to carry.
        host: String,
        /// What it comes to.
        fault: TlsFault,
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
    /// The server redirects to where it is not followed: the URL has to be mended.
    #[error(
        "server redirects the upgrade with http status {status}{}, which is not followed: {why}",
        To(location)
    )]
    Redirected {
        /// The status code.
        status: u16,
        /// Scheme and host of its `Location`; empty if it has none.
        location: String,
        /// Why it is not followed.
        why: RedirectRefusal,
    },
    /// The server's answer to the upgrade is not that of a WebSocket server.
    #[error("upgrade failed")]
    Upgrade {
        /// What is wrong with it.
        source: HandshakeError,
    },
    /// A connector of the application's failed.
    #[error("connector failed {stage}")]
    Connector {
        /// What it was busy with.
        stage: ConnectStage,
        /// What it said.
        source: Box<dyn core::error::Error + Send + Sync>,
    },
    /// It took too long.
    #[error("timed out after {after:?} {during}")]
    TimedOut {
        /// The time it had.
        after: Duration,
        /// What it was busy with.
        during: ConnectStage,
    },
}

impl ConnectError {
    /// Makes the error of a connector of one's own, for what fits no other variant.
    pub fn connector(
        stage: ConnectStage,
        source: impl Into<Box<dyn core::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Connector { stage, source: source.into() }
    }

    /// Makes the error for a server that refused the upgrade.
    pub(super) fn of_refusal(status: u16, headers: &HeaderMap) -> Self {
        Self::Http { status, retry_after: retry_after(headers) }
    }
}

/// What is wrong with an answer to the upgrade, or to a proxy's `CONNECT`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The transport failed.
    #[error("connection was lost")]
    Lost(#[source] io::Error),
    /// The other side ended the connection.
    #[error("connection ended before the answer was complete")]
    Ended,
    /// It is TLS.
    #[error("server speaks tls, which wants a wss url")]
    IsTls,
    /// It is not HTTP/1.
    #[error("answer is not http")]
    NotHttp(#[source] httparse::Error),
    /// It is too long, interim answers included.
    #[error("answer is longer than {max} bytes")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// It has too many header lines.
    #[error("answer has more than {max} header lines")]
    TooManyHeaders {
        /// The bound.
        max: usize,
    },
    /// Its `Upgrade` does not say `websocket`.
    #[error("answer does not upgrade to websocket")]
    NoUpgrade,
    /// Its `Connection` does not list `Upgrade`.
    #[error("answer has no upgrade in its connection header")]
    NoConnection,
    /// Its `Sec-WebSocket-Accept` is missing or not that of our key: something on the way answers
    /// for the server.
    #[error("answer has not the sec-websocket-accept that the key calls for")]
    WrongAccept,
    /// It names an extension, and we ask for none.
    #[error("answer has an extension that nobody asked for")]
    Extension,
    /// It names a subprotocol that was not in the request, or several.
    #[error("answer has a subprotocol that nobody asked for")]
    Subprotocol,
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

/// Shows where a redirect leads, where that is known.
struct To<'a>(&'a str);

impl fmt::Display for To<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " to {}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_to_come_back_if_it_knows() {
        let error = |retry_after| ConnectError::Http { status: 429, retry_after }.to_string();
        assert_eq!(
            error(Some(Duration::from_secs(9))),
            "server answered the upgrade with http status 429, retry after 9s"
        );
        assert_eq!(error(None), "server answered the upgrade with http status 429");
    }

    /// Returns one error of each variant that has a source, with its source's own text.
    fn with_sources() -> Vec<(ConnectError, &'static str)> {
        let (host, why) = (|| "venue.example".to_owned(), "what the system said");
        let source = || io::Error::other(why);
        let address = IpAddr::from([127, 0, 0, 1]);
        let addr = SocketAddr::new(address, 1);
        vec![
            (ConnectError::Resolve { host: host(), source: source() }, why),
            (ConnectError::Io { addr, source: source() }, why),
            (ConnectError::Source { address, source: source() }, why),
            (ConnectError::Proxy { source: HandshakeError::Lost(source()) }, why),
            (ConnectError::Tls { host: host(), fault: TlsFault::Lost, source: source() }, why),
            (ConnectError::Upgrade { source: HandshakeError::Lost(source()) }, why),
            (ConnectError::connector(ConnectStage::Tcp, why), why),
        ]
    }

    #[test]
    fn no_error_says_its_source_twice() {
        for (error, why) in with_sources() {
            let error: &dyn core::error::Error = &error;
            let mut layers = core::iter::successors(Some(error), |error| error.source());
            let texts: Vec<_> = layers.by_ref().map(ToString::to_string).collect();
            assert_eq!(texts.last().map(String::as_str), Some(why), "{texts:?}");
            for (at, text) in texts.iter().enumerate() {
                let below = texts.iter().skip(at + 1).find(|below| text.contains(*below));
                assert_eq!(below, None, "{texts:?}");
            }
            assert_eq!(crate::chain(error).to_string(), texts.join(": "));
        }
    }
}
