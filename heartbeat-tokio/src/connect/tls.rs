//! TLS by rustls with the ring provider, which is handed over and never installed: what the
//! rest of the program uses is its own business.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, Error, PeerIncompatible, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::url::Destination;
use super::{ConnectError, MaybeTls, TlsFault};

/// Why a TLS configuration could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A certificate cannot be a root.
    #[error("certificate {number} cannot be a root: {why}")]
    BadRoot {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The provider of the cryptography speaks no version of TLS that is safe.
    #[error("no version of tls can be spoken")]
    NoVersion(#[source] Error),
}

/// Makes a TLS configuration that trusts the roots of the crate's features and `extra_roots`.
///
/// ```
/// use std::sync::Arc;
/// use heartbeat_tokio::{ConnectOptions, tls_config};
///
/// let shared = Arc::new(tls_config([])?);
/// let options = ConnectOptions::default().tls(Arc::clone(&shared));
/// # Ok::<(), heartbeat_tokio::TlsConfigError>(())
/// ```
///
/// # Errors
///
/// If a certificate among `extra_roots` cannot be a root.
pub fn tls_config(
    extra_roots: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<ClientConfig, TlsConfigError> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "rustls-tls-webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    // A system may hold certificates that rustls cannot read, and it need not hold any: a
    // handshake that misses one says so.
    #[cfg(feature = "rustls-tls-native-roots")]
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for (root, number) in extra_roots.into_iter().zip(1..) {
        roots.add(root).map_err(|error| {
            // rustls speaks of the peer's certificate, and this is ours.
            let why = if let Error::InvalidCertificate(why) = error {
                why.to_string()
            } else {
                error.to_string()
            };
            TlsConfigError::BadRoot { number, why }
        })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsConfigError::NoVersion)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Makes the TLS handshake over any transport.
pub(super) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    target: &Destination,
    transport: S,
    config: Option<Arc<ClientConfig>>,
) -> Result<MaybeTls<S>, ConnectError> {
    let host = || target.host().to_owned();
    let failed = |source| ConnectError::Tls { host: host(), fault: fault_of(&source), source };
    let config = match config {
        Some(config) => config,
        None => shared_config().map_err(|error| failed(io::Error::other(error)))?,
    };
    let name = server_name(target)?;
    let stream = TlsConnector::from(config).connect(name, transport).await.map_err(failed)?;
    Ok(MaybeTls::Tls(Box::new(stream)))
}

/// Returns the name that a certificate has to carry.
pub(super) fn server_name(target: &Destination) -> Result<ServerName<'static>, ConnectError> {
    let host = target.host().to_owned();
    ServerName::try_from(host.clone()).map_err(|error| {
        let source = io::Error::new(io::ErrorKind::InvalidInput, error);
        ConnectError::Tls { host, fault: fault_of(&source), source }
    })
}

/// Says in one word what rustls or the system says in many.
fn fault_of(error: &io::Error) -> TlsFault {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(certificate)) => fault_of_certificate(certificate),
        Some(Error::NoCertificatesPresented) => TlsFault::Certificate,
        // Whoever speaks TLS begins with a record of a type that is known.
        Some(Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)) => TlsFault::NotTls,
        Some(
            Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ),
        ) => TlsFault::Version,
        Some(Error::AlertReceived(_)) => TlsFault::Refused,
        Some(_) => TlsFault::Protocol,
        None if error.kind() == io::ErrorKind::InvalidInput => TlsFault::Name,
        None => TlsFault::Lost,
    }
}

fn fault_of_certificate(error: &CertificateError) -> TlsFault {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is no business of an operator's")]
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsFault::NotValidYet
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongName
        }
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        _ => TlsFault::Certificate,
    }
}

/// Returns the configuration without extra roots, made once: reading the roots takes longer
/// than a handshake, and connections that share it resume each other's sessions.
fn shared_config() -> Result<Arc<ClientConfig>, TlsConfigError> {
    static SHARED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = SHARED.get() {
        return Ok(Arc::clone(config));
    }
    let config = Arc::new(tls_config([])?);
    Ok(Arc::clone(SHARED.get_or_init(|| config)))
}
