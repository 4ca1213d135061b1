//! TLS with a certificate that nobody has signed.

use core::fmt;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::error::ServeError;
use super::security::Security;
use super::serve::HANDSHAKE_WITHIN;

/// Who the certificate is for: whatever a client on this machine may call it.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A self-signed certificate for `localhost`, `127.0.0.1` and `::1`, and its key.
///
/// Made anew each time, and never the same: it proves nothing to anybody but a test that was
/// told to trust it.
///
/// ```
/// use heartbeat_testkit::net::TlsIdentity;
///
/// let identity = TlsIdentity::generate()?;
/// assert!(identity.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok::<(), heartbeat_testkit::net::TlsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TlsIdentity {
    certificate_pem: String,
    config: Arc<ServerConfig>,
}

/// A certificate could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate or its key.
    Certificate {
        /// Why.
        source: rcgen::Error,
    },
    /// The server's settings with it.
    Config {
        /// Why.
        source: rustls::Error,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate { .. } => "certificate could not be made",
            Self::Config { .. } => "tls could not be set up",
        })
    }
}

impl core::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Certificate { source } => Some(source),
            Self::Config { source } => Some(source),
        }
    }
}

impl TlsIdentity {
    /// Makes a new certificate and key.
    ///
    /// # Errors
    ///
    /// [`TlsError`], where the system has no randomness to give.
    pub fn generate() -> Result<Self, TlsError> {
        let certified = generate_simple_self_signed(NAMES.map(str::to_owned));
        let CertifiedKey { cert, signing_key } =
            certified.map_err(|source| TlsError::Certificate { source })?;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        // Handed over and never installed: what the rest of the program uses is its own business.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let chain = vec![cert.der().clone()];
                builder.with_no_client_auth().with_single_cert(chain, key.into())
            })
            .map_err(|source| TlsError::Config { source })?;
        Ok(Self { certificate_pem: cert.pem(), config: Arc::new(config) })
    }

    /// Returns the certificate as text, for a client to trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }
}

impl From<&TlsIdentity> for Security {
    fn from(identity: &TlsIdentity) -> Self {
        Self::Tls(Arc::clone(&identity.config))
    }
}

/// Makes the server's side of the TLS handshake.
pub(super) async fn accept(
    config: Arc<ServerConfig>,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, ServeError> {
    let handshake = TlsAcceptor::from(config).accept(tcp);
    match tokio::time::timeout(HANDSHAKE_WITHIN, handshake).await {
        Ok(secured) => secured.map_err(|source| ServeError::Tls { source }),
        Err(_) => Err(ServeError::HandshakeTimedOut { after: HANDSHAKE_WITHIN }),
    }
}
