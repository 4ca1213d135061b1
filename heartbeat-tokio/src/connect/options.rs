//! How to open a connection.

use core::fmt;
use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;

use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::resolver::{Resolver, SharedResolver};
use super::routes::Routes;
use super::{ConnectError, Proxy, SocketOptions, handshake, redact};

/// How to open a connection, for [`connect`](crate::connect()). Every value is valid but for
/// headers that the handshake sets itself, or that stand there twice: those are refused before
/// anything is opened.
///
/// Options also remember the last 64 addresses and hosts that failed after TCP had succeeded, so
/// that the next attempt begins with another; clones share that memory. [`Debug`](fmt::Debug) shows
/// of headers their names alone.
#[derive(Clone)]
#[must_use = "options take effect only in `connect`"]
pub struct ConnectOptions {
    pub(super) connect_within: Duration,
    pub(crate) headers: HeaderMap,
    pub(super) proxy: Option<Proxy>,
    pub(super) socket: SocketOptions,
    pub(super) resolver: Option<SharedResolver>,
    pub(crate) routes: Arc<Routes>,
    message_max: NonZeroUsize,
    read_buffer: NonZeroUsize,
    #[cfg(feature = "__rustls-tls")]
    pub(super) tls: Option<Arc<rustls::ClientConfig>>,
}

/// The longest message, in and out, unless something else is set: no venue's full book comes
/// near it, and without a bound one frame header could ask for any amount of memory.
const MESSAGE_MAX: NonZeroUsize = NonZeroUsize::new(16 << 20).unwrap();

/// What is read at once from a line at rest, unless something else is set: a packet of the longest
/// kind that networks carry. tungstenite fills it with zeros before every read and keeps all of it
/// for every connection: with its default of 128 KiB a thousand quiet connections cost several
/// times the processor time, and 126 MiB more memory. A busy line is read in larger pieces below.
const READ_BUFFER: NonZeroUsize = NonZeroUsize::new(2 << 10).unwrap();

/// Room in the write buffer for control frames and headers beside the longest message.
const WRITE_SLACK: usize = 4 << 10;

impl ConnectOptions {
    /// Sets the time for everything from DNS to the upgrade; 10 s by default.
    pub const fn connect_within(mut self, span: Duration) -> Self {
        self.connect_within = span;
        self
    }

    /// Adds a header to the upgrade request. Those that the handshake sets itself, such as
    /// `Connection` or `Sec-WebSocket-Extensions`, are refused when connecting, or when a client
    /// starts.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Goes through an HTTP proxy, by `CONNECT`; directly by default.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Sets source address, keepalive and the like; the system's own by default, without Nagle's
    /// algorithm.
    pub const fn socket(mut self, options: SocketOptions) -> Self {
        self.socket = options;
        self
    }

    /// Sets who looks names up, the proxy's included; the system by default. A list of addresses
    /// is a resolver that pins the venue to them.
    ///
    /// ```
    /// use heartbeat_tokio::ConnectOptions;
    ///
    /// let options = ConnectOptions::default().resolver(vec![([192, 0, 2, 1], 443).into()]);
    /// ```
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// Sets the longest message in bytes, in and out; 16 MiB by default. A longer one that
    /// comes in ends the connection, one that is to go out is refused.
    pub const fn message_max(mut self, bytes: NonZeroUsize) -> Self {
        self.message_max = bytes;
        self
    }

    /// Sets how many bytes are read at once from a line at rest; 2 KiB by default. All of it is
    /// kept for as long as the connection lives. A line that fills it is read in larger pieces, up
    /// to 64 KiB, until it has nothing left: see [`Metered`](crate::Metered).
    pub const fn read_buffer(mut self, bytes: NonZeroUsize) -> Self {
        self.read_buffer = bytes;
        self
    }

    /// Sets the TLS configuration, in place of the one that [`tls_config`](crate::tls_config)
    /// makes. Sharing one between connections lets them resume TLS sessions.
    #[cfg(feature = "__rustls-tls")]
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Looks for what connecting would refuse however often it is tried.
    pub(crate) fn check(&self) -> Result<(), ConnectError> {
        handshake::check_headers(&self.headers)
    }

    /// Nothing waits in the write buffer for company, and it takes the longest message.
    pub(crate) fn websocket(&self) -> WebSocketConfig {
        let message_max = self.message_max.get();
        WebSocketConfig::default()
            .read_buffer_size(self.read_buffer.get())
            .write_buffer_size(0)
            .max_write_buffer_size(message_max.saturating_add(WRITE_SLACK))
            .max_message_size(Some(message_max))
            .max_frame_size(Some(message_max))
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_within: Duration::from_secs(10),
            headers: HeaderMap::new(),
            proxy: None,
            socket: SocketOptions::default(),
            resolver: None,
            routes: Arc::default(),
            message_max: MESSAGE_MAX,
            read_buffer: READ_BUFFER,
            #[cfg(feature = "__rustls-tls")]
            tls: None,
        }
    }
}

/// Shows no value of a header.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("connect_within", &self.connect_within)
            .field("headers", &redact::Names(&self.headers))
            .field("proxy", &self.proxy)
            .field("socket", &self.socket)
            .field("message_max", &self.message_max)
            .field("read_buffer", &self.read_buffer)
            .finish_non_exhaustive()
    }
}
