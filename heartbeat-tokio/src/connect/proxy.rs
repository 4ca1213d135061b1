//! The way through an HTTP proxy, by `CONNECT` (RFC 9110, section 9.3.6).

use core::fmt;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};

use super::{ConnectError, Destination};

/// The longest reply to `CONNECT` that is read, in bytes.
const REPLY_MAX: usize = 8 << 10;

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
pub struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads an `http://` URL of a host and a port; 80 where it names none.
    ///
    /// # Errors
    ///
    /// [`ConnectError::BadProxy`] with what is wrong. Credentials do not belong into the URL.
    pub fn parse(url: &str) -> Result<Self, ConnectError> {
        let bad = |why: &str| {
            let shown = url.rsplit('@').next().unwrap_or_default();
            ConnectError::BadProxy { url: shown.to_owned(), why: why.to_owned() }
        };
        let uri: Uri = url.parse().map_err(|error| bad(&format!("{error}")))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("scheme must be http"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(bad("credentials must be set by `authorization`"));
        }
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(bad("host must not be empty"));
        }
        let port = uri.port_u16().unwrap_or(80);
        Ok(Self { host: host.to_owned(), port, authorization: None })
    }

    /// Sets what is sent as `Proxy-Authorization`, such as `Basic dXNlcjpwYXNz`.
    pub fn authorization(mut self, value: HeaderValue) -> Self {
        self.authorization = Some(value);
        self
    }

    /// Asks the proxy, which is at the other end of `tcp`, for a way to the venue.
    pub(super) async fn tunnel(
        &self,
        tcp: &mut TcpStream,
        target: &Destination,
    ) -> Result<(), ConnectError> {
        let lost = |source| ConnectError::ProxyLost { source };
        tcp.write_all(&self.request(target)).await.map_err(lost)?;
        let mut reply = Vec::new();
        while !reply.ends_with(b"\r\n\r\n") {
            if reply.len() >= REPLY_MAX {
                return Err(ConnectError::ProxyReply { why: "reply is longer than 8 KiB" });
            }
            // Byte by byte, once for each connection: what follows the reply is the venue's.
            reply.push(tcp.read_u8().await.map_err(lost)?);
        }
        match status_of(&reply) {
            Some(200..=299) => Ok(()),
            Some(status) => Err(ConnectError::ProxyRefused { status }),
            None => Err(ConnectError::ProxyReply { why: "reply is not that of an http proxy" }),
        }
    }

    fn request(&self, target: &Destination) -> Vec<u8> {
        let Destination { host, port, .. } = target;
        let venue =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let mut request = format!("CONNECT {venue} HTTP/1.1\r\nHost: {venue}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
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
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Reads the status line: `HTTP/1.1 200 Connection established`.
fn status_of(reply: &[u8]) -> Option<u16> {
    let line = reply.split(|byte| *byte == b'\r').next()?;
    let mut words = str::from_utf8(line).ok()?.split(' ');
    let is_http = words.next().is_some_and(|version| version.starts_with("HTTP/1."));
    let status = words.next()?.parse().ok()?;
    (is_http && (100..=999).contains(&status)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_strictly() {
        let cases: [(&[u8], Option<u16>); 6] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            (b"HTTP/1.0 407 Proxy Authentication Required\r\nA: b\r\n\r\n", Some(407)),
            (b"HTTP/1.1 200\r\n\r\n", Some(200)),
            (b"HTTP/2 200 OK\r\n\r\n", None),
            (b"SSH-2.0-OpenSSH 200 \r\n\r\n", None),
            (b"HTTP/1.1 +20 OK\r\n\r\n\xff", None),
        ];
        for (reply, status) in cases {
            assert_eq!(status_of(reply), status, "{}", reply.escape_ascii());
        }
    }

    #[test]
    fn credentials_are_neither_taken_from_a_url_nor_shown() {
        let error = Proxy::parse("http://me:s3cret@proxy.example").unwrap_err().to_string();
        assert_eq!(error, "bad proxy proxy.example: credentials must be set by `authorization`");
        let proxy = Proxy::parse("http://[::1]:3128").unwrap();
        let proxy = proxy.authorization(HeaderValue::from_static("Basic s3cret"));
        assert!(!format!("{proxy:?}").contains("s3cret"));
        let target = Destination::parse("wss://[::2]/ws?token=t").unwrap();
        let request = String::from_utf8(proxy.request(&target)).unwrap();
        assert_eq!(
            request,
            "CONNECT [::2]:443 HTTP/1.1\r\nHost: [::2]:443\r\n\
             Proxy-Authorization: Basic s3cret\r\n\r\n"
        );
    }
}
