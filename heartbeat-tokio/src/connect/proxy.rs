//! The way through an HTTP proxy, by `CONNECT` (RFC 9110, section 9.3.6).

use core::fmt;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};

use super::head::Head;
use super::url::Place;
use super::{ConnectError, Destination, HandshakeError, redact};

/// An HTTP proxy that leads to where nobody may connect directly.
///
/// It sees host and port of the venue and, of a `wss://` URL, nothing else: TLS runs through it.
///
/// ```
/// use heartbeat_tokio::Proxy;
///
/// assert!(Proxy::parse("http://proxy.example:3128").is_ok());
/// assert_eq!(
///     Proxy::parse("socks5://proxy.example").unwrap_err().to_string(),
///     "bad proxy socks5://proxy.example: scheme must be http",
/// );
/// ```
#[derive(Clone)]
#[must_use = "a proxy takes effect only in `ConnectOptions`"]
pub struct Proxy(Place);

impl Proxy {
    /// Reads an `http://` URL of a host and a port; 80 where it names none. User and password
    /// become a `Proxy-Authorization: Basic` header.
    ///
    /// # Errors
    ///
    /// [`ConnectError::BadProxy`] with what is wrong.
    pub fn parse(url: &str) -> Result<Self, ConnectError> {
        let bad = |why: String| ConnectError::BadProxy { url: redact::url(url), why };
        let uri: Uri = url.parse().map_err(|error| bad(format!("{error}")))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("scheme must be http".to_owned()));
        }
        Place::of(&uri, 80).map(Self).map_err(bad)
    }

    /// Sets what is sent as `Proxy-Authorization`, such as `Basic dXNlcjpwYXNz`.
    pub fn authorization(mut self, value: HeaderValue) -> Self {
        self.0.authorization = Some(value);
        self
    }

    pub(super) fn host(&self) -> &str {
        &self.0.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.0.port
    }

    /// Asks the proxy, which is at the other end of `tcp`, for a way to the venue. Its answer has
    /// the bounds of an upgrade's.
    pub(super) async fn tunnel(
        &self,
        tcp: &mut (impl AsyncRead + AsyncWrite + Unpin),
        target: &Destination,
    ) -> Result<(), ConnectError> {
        let failed = |source| ConnectError::Proxy { source };
        let lost = |source| failed(HandshakeError::Lost(source));
        tcp.write_all(&self.request(target)).await.map_err(lost)?;
        tcp.flush().await.map_err(lost)?;
        // Byte by byte, once for each connection: what follows the answer is the venue's.
        let head = Head::read(tcp, &mut Vec::new(), 1).await.map_err(failed)?;
        match head.status {
            200..=299 => Ok(()),
            status => Err(ConnectError::ProxyRefused { status }),
        }
    }

    fn request(&self, target: &Destination) -> Vec<u8> {
        let (host, port) = (target.host(), target.port());
        let venue =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let mut request = format!("CONNECT {venue} HTTP/1.1\r\nHost: {venue}\r\n").into_bytes();
        if let Some(authorization) = &self.0.authorization {
            request.extend(b"Proxy-Authorization: ");
            request.extend(authorization.as_bytes());
            request.extend(b"\r\n");
        }
        request.extend(b"\r\n");
        request
    }
}

/// Shows no credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.0.host)
            .field("port", &self.0.port)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(proxy: &Proxy) -> String {
        let target = Destination::parse("wss://me:s3cret@[::2]/ws?token=t").unwrap();
        String::from_utf8(proxy.request(&target)).unwrap()
    }

    #[test]
    fn credentials_are_sent_and_not_shown() {
        let proxy = Proxy::parse("http://me:s3cret@[::1]:3128").unwrap();
        assert_eq!((proxy.host(), proxy.port()), ("::1", 3_128));
        let to = "CONNECT [::2]:443 HTTP/1.1\r\nHost: [::2]:443\r\nProxy-Authorization: Basic ";
        assert_eq!(request(&proxy), format!("{to}bWU6czNjcmV0\r\n\r\n"));
        assert_eq!(format!("{proxy:?}"), r#"Proxy { host: "::1", port: 3128, .. }"#);
        let proxy = proxy.authorization(HeaderValue::from_static("Basic eDp5"));
        assert_eq!(request(&proxy), format!("{to}eDp5\r\n\r\n"));
    }

    #[test]
    fn a_url_that_is_none_of_a_proxy_is_refused_without_its_secrets() {
        for (url, why) in [
            ("https://me:s3cret@proxy.example", "https://proxy.example: scheme must be http"),
            ("http://me:s3cret@:80", "http://:80: host must not be empty"),
            ("http://127.0.0.1:99999", "http://127.0.0.1:99999: port must be a number from 1 to"),
            ("me:s3cret@proxy.example", "...: "),
        ] {
            let error = Proxy::parse(url).unwrap_err().to_string();
            assert!(error.starts_with(&format!("bad proxy {why}")), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
