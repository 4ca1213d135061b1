//! Opens a WebSocket with buffers, deadlines and errors that suit a trading connection.

mod error;
mod options;
mod proxy;
#[cfg(feature = "__rustls-tls")]
mod tls;
mod url;

use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_with_config};

pub use error::{ConnectError, ConnectStage};
pub use options::ConnectOptions;
pub use proxy::Proxy;
#[cfg(feature = "__rustls-tls")]
pub use tls::tls_config;
pub use url::Destination;

/// Opens a WebSocket to a `ws://` or `wss://` URL: DNS, TCP, proxy, TLS and the upgrade, all within
/// [`connect_within`](ConnectOptions::connect_within).
///
/// Nagle's algorithm is off, since a heartbeat that waits for company is late. Where a name
/// has several addresses they are tried in order, each with its equal share of the time.
///
/// # Errors
///
/// [`ConnectError`], which tells apart what a caller would treat differently. No message of
/// its shows the URL's query or user part, where tokens live.
pub async fn connect(
    url: &str,
    options: &ConnectOptions,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, ConnectError> {
    let target = Destination::parse(url)?;
    check_tls(&target)?;
    let request = request(&target, options)?;
    let mut stage = ConnectStage::Resolve;
    let opened = tokio::time::timeout(options.connect_within, async {
        let addresses = resolve(&target, options).await?;
        stage = ConnectStage::Tcp;
        let mut tcp = open_any(&addresses, options.connect_within).await?;
        stage = ConnectStage::Proxy;
        tunnel(&mut tcp, &target, options).await?;
        stage = ConnectStage::Tls;
        let stream = secure(&target, tcp, options).await?;
        stage = ConnectStage::Upgrade;
        let upgraded = client_async_with_config(request, stream, Some(options.websocket())).await;
        upgraded.map(|(ws, _response)| ws).map_err(ConnectError::of_upgrade)
    });
    match opened.await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::TimedOut { after: options.connect_within, during: stage }),
    }
}

/// Opens a transport, TLS included. Where a name has several addresses each has its equal share
/// of `within`; all else is for the caller to bound.
pub(crate) async fn dial(
    target: &Destination,
    options: &ConnectOptions,
    within: Duration,
) -> Result<MaybeTlsStream<TcpStream>, ConnectError> {
    check_tls(target)?;
    let addresses = resolve(target, options).await?;
    let mut tcp = open_any(&addresses, within).await?;
    tunnel(&mut tcp, target, options).await?;
    secure(target, tcp, options).await
}

const fn check_tls(target: &Destination) -> Result<(), ConnectError> {
    if target.is_tls && cfg!(not(feature = "__rustls-tls")) {
        return Err(ConnectError::TlsNotBuilt);
    }
    Ok(())
}

pub(crate) fn request(
    target: &Destination,
    options: &ConnectOptions,
) -> Result<Request, ConnectError> {
    let request = target.uri.clone().into_client_request();
    let mut request = request.map_err(|error| target.bad_url(error.to_string()))?;
    request.headers_mut().extend(options.headers.clone());
    Ok(request)
}

/// Asks for the addresses of the venue, or of the proxy that leads there: a proxy looks the
/// venue's name up itself.
async fn resolve(
    target: &Destination,
    options: &ConnectOptions,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let (host, port) = match &options.proxy {
        Some(proxy) => (proxy.host.as_str(), proxy.port),
        None => (target.host.as_str(), target.port),
    };
    let found = tokio::net::lookup_host((host, port)).await;
    let failed = |source| ConnectError::Resolve { host: host.to_owned(), source };
    let addresses: Vec<_> = found.map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(io::ErrorKind::NotFound.into()));
    }
    Ok(addresses)
}

/// Goes through the proxy, if there is one.
async fn tunnel(
    tcp: &mut TcpStream,
    target: &Destination,
    options: &ConnectOptions,
) -> Result<(), ConnectError> {
    match &options.proxy {
        Some(proxy) => proxy.tunnel(tcp, target).await,
        None => Ok(()),
    }
}

/// Opens a connection to the first address that takes one.
async fn open_any(addresses: &[SocketAddr], within: Duration) -> Result<TcpStream, ConnectError> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let share = within / count;
    let mut failed = None;
    for addr in addresses.iter().copied() {
        match tokio::time::timeout(share, open(addr)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => failed = Some(error),
            Err(_) => {
                let during = ConnectStage::Tcp;
                failed = Some(ConnectError::TimedOut { after: share, during });
            }
        }
    }
    Err(failed.unwrap_or(ConnectError::TimedOut { after: share, during: ConnectStage::Tcp }))
}

async fn open(addr: SocketAddr) -> Result<TcpStream, ConnectError> {
    let failed = |source: io::Error| {
        if source.kind() == io::ErrorKind::ConnectionRefused {
            ConnectError::Refused { addr }
        } else {
            ConnectError::Io { addr, source }
        }
    };
    let tcp = TcpStream::connect(addr).await.map_err(failed)?;
    tcp.set_nodelay(true).map_err(failed)?;
    Ok(tcp)
}

#[cfg(feature = "__rustls-tls")]
async fn secure(
    target: &Destination,
    tcp: TcpStream,
    options: &ConnectOptions,
) -> Result<MaybeTlsStream<TcpStream>, ConnectError> {
    if target.is_tls {
        tls::secure(target, tcp, options.tls.clone()).await
    } else {
        Ok(MaybeTlsStream::Plain(tcp))
    }
}

#[cfg(not(feature = "__rustls-tls"))]
#[expect(clippy::unused_async, reason = "with a TLS feature it waits for the handshake")]
async fn secure(
    _target: &Destination,
    tcp: TcpStream,
    _options: &ConnectOptions,
) -> Result<MaybeTlsStream<TcpStream>, ConnectError> {
    Ok(MaybeTlsStream::Plain(tcp))
}

#[cfg(all(test, not(feature = "__rustls-tls")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_tls_feature_wss_is_refused_before_anything_is_opened() {
        let refused = connect("wss://127.0.0.1:1/", &ConnectOptions::default()).await;
        assert!(matches!(refused, Err(ConnectError::TlsNotBuilt)));
    }
}
