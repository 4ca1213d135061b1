//! Opens the transport of a connection: the seam for proxies, tunnels and simulated networks.

use core::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connect::{ConnectError, ConnectOptions, Destination, Trial};

/// Opens the transport of a connection, TLS included; the WebSocket handshake is not its part.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// Opens a transport to `destination`, with the client's own options. The future is dropped
    /// after `within`.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], which every attempt reports.
    async fn dial(
        &self,
        destination: &Destination,
        options: &ConnectOptions,
        within: Duration,
    ) -> Result<BoxIo, ConnectError>;
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
    async fn dial(
        &self,
        destination: &Destination,
        options: &ConnectOptions,
        _within: Duration,
    ) -> Result<BoxIo, ConnectError> {
        let trial = Trial::new(&options.routes);
        Ok(Box::new(crate::connect::dial(destination, options, &trial).await?))
    }
}
