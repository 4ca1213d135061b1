//! Opens the transport of a connection: the seam for proxies, tunnels and simulated networks.

use core::fmt;
use core::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::connect::{
    self, ConnectError, ConnectOptions, ConnectStage, Destination, MaybeTls, Trial,
};

/// Opens the transport of a connection, TLS included; the WebSocket handshake is not its part.
///
/// What sockets do by themselves is there for others in pieces. A tunnel that only some know:
///
/// ```
/// use async_trait::async_trait;
/// use heartbeat_tokio::client::{BoxIo, Connector, Dial};
/// use heartbeat_tokio::{ConnectError, ConnectStage};
///
/// struct Tunnel;
///
/// #[async_trait]
/// impl Connector for Tunnel {
///     async fn dial(&self, dial: &Dial<'_>) -> Result<BoxIo, ConnectError> {
///         let tcp = dial.tcp().await?;
///         let stage = ConnectStage::Proxy;
///         dial.enter(stage);
///         let opened = open(tcp).await.map_err(|error| ConnectError::connector(stage, error))?;
///         Ok(Box::new(dial.tls(opened).await?))
///     }
/// }
/// # use tokio::net::TcpStream;
/// # async fn open(tcp: TcpStream) -> std::io::Result<TcpStream> { Ok(tcp) }
/// ```
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// Opens a transport.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], which every attempt reports; [`ConnectError::connector`] makes one of any
    /// error.
    async fn dial(&self, dial: &Dial<'_>) -> Result<BoxIo, ConnectError>;
}

/// One dial: where to, by which settings, and how far it has come.
#[derive(Clone, Copy)]
pub struct Dial<'a> {
    pub(super) destination: &'a Destination,
    pub(super) options: &'a ConnectOptions,
    pub(super) within: Duration,
    pub(super) trial: &'a Trial,
}

impl Dial<'_> {
    /// Returns where to connect.
    pub const fn destination(&self) -> &Destination {
        self.destination
    }

    /// Returns the client's own options.
    pub const fn options(&self) -> &ConnectOptions {
        self.options
    }

    /// Returns the time that all of it has; then it is dropped.
    pub const fn within(&self) -> Duration {
        self.within
    }

    /// Says what it is at, so that an attempt that takes too long says where it hung.
    pub fn enter(&self, stage: ConnectStage) {
        self.trial.enter(stage);
    }

    /// Opens a TCP connection as sockets do: to the address that has failed the longest ago,
    /// through the proxy of the options.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] of DNS, TCP or the proxy.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up; no socket stays.
    pub async fn tcp(&self) -> Result<TcpStream, ConnectError> {
        connect::reach(self.destination, self.options, self.trial).await
    }

    /// Makes the TLS handshake over any transport, where the destination asks for it, with the
    /// configuration of the options.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Tls`], or [`ConnectError::TlsNotBuilt`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the transport.
    pub async fn tls<S>(&self, transport: S) -> Result<MaybeTls<S>, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        connect::secure(self.destination, transport, self.options, self.trial).await
    }
}

impl fmt::Debug for Dial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("destination", &self.destination)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

/// A transport, whatever it is.
pub type BoxIo = Box<dyn Io>;

/// Bytes both ways. Nothing is to be implemented.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Opens sockets, as [`connect`](crate::connect()) does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sockets;

#[async_trait]
impl Connector for Sockets {
    async fn dial(&self, dial: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        let transport = connect::dial(dial.destination, dial.options, dial.trial).await?;
        Ok(Box::new(transport))
    }
}
