//! Whom to trust besides the usual authorities.

use std::path::Path;

use heartbeat_tokio::ConnectOptions;

/// Returns how to connect to whoever shows a certificate of the usual authorities, or one of
/// those in the file `ca`.
///
/// # Errors
///
/// One line that names the file and says what is wrong with it.
#[cfg(feature = "rustls-tls-webpki-roots")]
pub fn options(ca: Option<&Path>) -> Result<ConnectOptions, String> {
    use std::sync::Arc;

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    let options = ConnectOptions::default();
    let Some(path) = ca else { return Ok(options) };
    let bad = |why: String| format!("--ca {}: {why}", path.display());
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(error.to_string()))?;
    if certificates.is_empty() {
        return Err(bad("must hold a certificate as pem".to_owned()));
    }
    let config =
        heartbeat_tokio::tls_config(certificates).map_err(|error| bad(error.to_string()))?;
    Ok(options.tls(Arc::new(config)))
}

/// Without TLS there is nobody to trust.
#[cfg(not(feature = "rustls-tls-webpki-roots"))]
pub fn options(ca: Option<&Path>) -> Result<ConnectOptions, String> {
    match ca {
        None => Ok(ConnectOptions::default()),
        Some(path) => Err(format!("--ca {}: this build has no tls", path.display())),
    }
}
