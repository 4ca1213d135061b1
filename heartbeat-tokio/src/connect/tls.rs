//! TLS by rustls with the ring provider, which is handed over and never installed: what the
//! rest of the program uses is its own business.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::MaybeTlsStream;

use super::ConnectError;
use super::url::Destination;

/// Makes a TLS configuration that trusts the roots of the crate's features and `extra_roots`.
///
/// ```
/// use std::sync::Arc;
/// use heartbeat_tokio::{ConnectOptions, tls_config};
///
/// let shared = Arc::new(tls_config([])?);
/// let options = ConnectOptions::default().tls(Arc::clone(&shared));
/// # Ok::<(), rustls::Error>(())
/// ```
///
/// # Errors
///
/// If a certificate among `extra_roots` cannot be a root.
pub fn tls_config(
    extra_roots: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "rustls-tls-webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    // A system may hold certificates that rustls cannot read, and it need not hold any: a
    // handshake that misses one says so.
    #[cfg(feature = "rustls-tls-native-roots")]
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for root in extra_roots {
        roots.add(root)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Makes the TLS handshake.
pub(super) async fn secure(
    target: &Destination,
    tcp: TcpStream,
    config: Option<Arc<ClientConfig>>,
) -> Result<MaybeTlsStream<TcpStream>, ConnectError> {
    let failed = |source| ConnectError::Tls { host: target.host.clone(), source };
    let config = match config {
        Some(config) => config,
        None => shared_config().map_err(|error| failed(io::Error::other(error)))?,
    };
    let name = ServerName::try_from(target.host.clone())
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
    let stream = TlsConnector::from(config).connect(name, tcp).await.map_err(failed)?;
    Ok(MaybeTlsStream::Rustls(stream))
}

/// Returns the configuration without extra roots, made once: reading the roots takes longer
/// than a handshake, and connections that share it resume each other's sessions.
fn shared_config() -> Result<Arc<ClientConfig>, rustls::Error> {
    static SHARED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = SHARED.get() {
        return Ok(Arc::clone(config));
    }
    let config = Arc::new(tls_config([])?);
    Ok(Arc::clone(SHARED.get_or_init(|| config)))
}
