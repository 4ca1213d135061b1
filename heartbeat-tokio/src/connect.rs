//! Opens a WebSocket with buffers, deadlines and errors that suit a trading connection.

mod error;
mod handshake;
mod head;
mod maybe_tls;
mod options;
mod proxy;
mod race;
mod redact;
mod redirect;
mod resolver;
mod retry_after;
mod routes;
mod socket;
mod stage;
#[cfg(feature = "__rustls-tls")]
mod tls;
mod url;

use core::net::{IpAddr, SocketAddr};
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;

use crate::metered::Metered;
pub use error::{ConnectError, HandshakeError};
use handshake::Upgraded;
pub(crate) use handshake::{Answer, check_headers, upgrade};
pub use maybe_tls::MaybeTls;
pub use options::ConnectOptions;
pub use proxy::Proxy;
pub(crate) use redact::Names as HeaderNames;
pub use redirect::RedirectRefusal;
pub(crate) use redirect::Redirects;
pub use resolver::Resolver;
pub(crate) use routes::{Routes, Trial};
pub use socket::{SocketOptions, SocketOptionsError};
pub use stage::{ConnectStage, TlsFault};
#[cfg(feature = "__rustls-tls")]
pub use tls::{TlsConfigError, tls_config};
pub use url::Destination;

/// Opens a WebSocket to a `ws://` or `wss://` URL: DNS, TCP, proxy, TLS and the upgrade, all within
/// [`connect_within`](ConnectOptions::connect_within).
///
/// Where a name has several addresses, they are tried by turns of their families, 250 ms apart
/// (RFC 8305), 16 at most. The [options](ConnectOptions) remember what failed later than that, and
/// the next call begins with another address. A redirect is followed to the same host, not from TLS
/// to none, and three times at most.
///
/// # Errors
///
/// [`ConnectError`], which tells apart what a caller would treat differently.
///
/// # Cancel safety
///
/// Dropping the future gives the attempt up; no socket stays. Of a thread that looks a name up, the
/// system alone knows when it returns.
pub async fn connect(
    url: &str,
    options: &ConnectOptions,
) -> Result<WebSocketStream<Metered<MaybeTls<TcpStream>>>, ConnectError> {
    let opened = open_within(url, options).await?;
    Ok(opened.websocket(options.websocket()).await)
}

/// Opens a WebSocket as [`connect`] does, for who reads and writes its frames himself, such as an
/// instrument that must not answer pings: returns the transport, and what was read behind the
/// answer, which is the beginning of the venue's frames.
///
/// # Errors
///
/// [`ConnectError`], as [`connect`].
///
/// # Cancel safety
///
/// As [`connect`].
pub async fn connect_unframed(
    url: &str,
    options: &ConnectOptions,
) -> Result<(Metered<MaybeTls<TcpStream>>, Vec<u8>), ConnectError> {
    let Upgraded { stream, rest } = open_within(url, options).await?;
    Ok((stream, rest))
}

async fn open_within(
    url: &str,
    options: &ConnectOptions,
) -> Result<Upgraded<MaybeTls<TcpStream>>, ConnectError> {
    let destination = Destination::parse(url)?;
    let trial = Trial::new(&options.routes);
    let within = options.connect_within;
    let opened = tokio::time::timeout(within, open(destination, options, &trial)).await;
    let opened = opened
        .unwrap_or_else(|_| Err(ConnectError::TimedOut { after: within, during: trial.stage() }));
    match opened {
        Ok(_) => trial.absolve(),
        Err(_) => trial.blame(),
    }
    opened
}

async fn open(
    mut destination: Destination,
    options: &ConnectOptions,
    trial: &Trial,
) -> Result<Upgraded<MaybeTls<TcpStream>>, ConnectError> {
    let mut redirects = Redirects::default();
    loop {
        options.check()?;
        trial.head_for(&destination);
        let transport = dial(&destination, options, trial).await?;
        trial.enter(ConnectStage::Upgrade);
        match upgrade(transport, &destination, &options.headers).await? {
            Answer::Open(opened) => return Ok(opened),
            Answer::Elsewhere { status, location } => {
                destination = redirects.follow(&destination, status, location.as_deref())?;
            }
        }
    }
}

/// Opens a transport, proxy and TLS included. The time is for the caller to bound.
pub(crate) async fn dial(
    destination: &Destination,
    options: &ConnectOptions,
    trial: &Trial,
) -> Result<MaybeTls<TcpStream>, ConnectError> {
    check_tls(destination)?;
    let tcp = reach(destination, options, trial).await?;
    secure(destination, tcp, options, trial).await
}

/// Looks for what is wrong with a URL before anybody is asked: what trying again would not mend.
pub(crate) fn check_url(url: &str) -> Result<(), ConnectError> {
    let destination = Destination::parse(url)?;
    check_tls(&destination)?;
    #[cfg(feature = "__rustls-tls")]
    if destination.is_tls() {
        tls::server_name(&destination)?;
    }
    Ok(())
}

const fn check_tls(destination: &Destination) -> Result<(), ConnectError> {
    if destination.is_tls() && cfg!(not(feature = "__rustls-tls")) {
        return Err(ConnectError::TlsNotBuilt);
    }
    Ok(())
}

/// Opens a TCP connection to the venue, or through the proxy that leads there.
pub(crate) async fn reach(
    destination: &Destination,
    options: &ConnectOptions,
    trial: &Trial,
) -> Result<TcpStream, ConnectError> {
    trial.enter(ConnectStage::Resolve);
    // A proxy looks the venue's name up itself.
    let (host, port) = match &options.proxy {
        Some(proxy) => (proxy.host(), proxy.port()),
        None => (destination.host(), destination.port()),
    };
    let addresses = resolve(host, port, options).await?;
    trial.enter(ConnectStage::Tcp);
    let unreachable = |lost: race::Lost| {
        let nowhere = || ConnectError::Resolve {
            host: host.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        };
        lost.unwrap_or_else(nowhere)
    };
    let tcp = race::race(addresses, &options.socket, trial).await;
    let mut tcp = tcp.map_err(unreachable)?;
    if let Some(proxy) = &options.proxy {
        trial.enter(ConnectStage::Proxy);
        proxy.tunnel(&mut tcp, destination).await?;
    }
    Ok(tcp)
}

/// Returns the addresses of a host to which the source address can connect.
async fn resolve(
    host: &str,
    port: u16,
    options: &ConnectOptions,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let found = match (host.parse::<IpAddr>(), &options.resolver) {
        (Ok(ip), _) => Ok(vec![SocketAddr::new(ip, port)]),
        (Err(_), Some(resolver)) => resolver.resolve(host, port).await,
        (Err(_), None) => resolver::system(host, port).await,
    };
    let failed = |source| ConnectError::Resolve { host: host.to_owned(), source };
    let mut addresses = found.map_err(failed)?;
    if addresses.is_empty() {
        return Err(failed(io::ErrorKind::NotFound.into()));
    }
    addresses.retain(|addr| options.socket.suits(addr));
    match options.socket.source_address() {
        Some(address) if addresses.is_empty() => Err(ConnectError::Source {
            address,
            source: io::Error::other("venue has no address of this family"),
        }),
        _ => Ok(addresses),
    }
}

/// Makes the TLS handshake over any transport, where the URL asks for it.
#[cfg(feature = "__rustls-tls")]
pub(crate) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    destination: &Destination,
    transport: S,
    options: &ConnectOptions,
    trial: &Trial,
) -> Result<MaybeTls<S>, ConnectError> {
    if destination.is_tls() {
        trial.enter(ConnectStage::Tls);
        tls::secure(destination, transport, options.tls.clone()).await
    } else {
        Ok(MaybeTls::Plain(transport))
    }
}

#[cfg(not(feature = "__rustls-tls"))]
#[expect(clippy::unused_async, reason = "with a TLS feature it waits for the handshake")]
pub(crate) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    destination: &Destination,
    transport: S,
    _options: &ConnectOptions,
    _trial: &Trial,
) -> Result<MaybeTls<S>, ConnectError> {
    check_tls(destination)?;
    Ok(MaybeTls::Plain(transport))
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
