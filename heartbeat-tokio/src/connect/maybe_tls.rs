//! A transport with TLS or without, as small as it can be.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A transport with TLS or without: what [`connect`](crate::connect()) opens below the WebSocket.
///
/// tokio-tungstenite's `MaybeTlsStream` holds the state of TLS in place, a KiB that a connection
/// without TLS has no use for. Here it is boxed.
#[derive(Debug)]
#[non_exhaustive]
pub enum MaybeTls<S> {
    /// The transport as it is.
    Plain(S),
    /// TLS over the transport.
    #[cfg(feature = "__rustls-tls")]
    Tls(Box<tokio_rustls::client::TlsStream<S>>),
}

impl<S> MaybeTls<S> {
    /// Returns the transport, below TLS if there is TLS.
    pub fn get_ref(&self) -> &S {
        match self {
            Self::Plain(plain) => plain,
            #[cfg(feature = "__rustls-tls")]
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}

/// Does the same with either.
macro_rules! with {
    ($self:ident, $io:ident => $work:expr) => {
        match $self.get_mut() {
            MaybeTls::Plain($io) => $work,
            #[cfg(feature = "__rustls-tls")]
            MaybeTls::Tls($io) => $work,
        }
    };
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTls<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        with!(self, io => Pin::new(io).poll_read(cx, buf))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MaybeTls<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        with!(self, io => Pin::new(io).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with!(self, io => Pin::new(io).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(plain) => plain.is_write_vectored(),
            #[cfg(feature = "__rustls-tls")]
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with!(self, io => Pin::new(io).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with!(self, io => Pin::new(io).poll_shutdown(cx))
    }
}
