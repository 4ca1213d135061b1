//! Where a URL leads.

use tokio_tungstenite::tungstenite::http::Uri;

use super::ConnectError;

/// Where a `ws://` or `wss://` URL leads.
#[derive(Clone, Debug)]
pub struct Destination {
    pub(super) uri: Uri,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
}

impl Destination {
    /// Returns the host: a name or an address, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Tells whether it wants TLS.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Reads a `ws://` or `wss://` URL, without asking anybody.
    ///
    /// # Errors
    ///
    /// [`ConnectError::BadUrl`] with what is wrong.
    pub fn parse(url: &str) -> Result<Self, ConnectError> {
        let bad = |why: &str| ConnectError::BadUrl { url: redacted(url), why: why.to_owned() };
        let uri: Uri = url.parse().map_err(|error| bad(&format!("{error}")))?;
        let is_tls = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") => false,
            Some(_) | None => return Err(bad("scheme must be ws or wss")),
        };
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(bad("host must not be empty"));
        }
        let port = match (uri.port(), is_tls) {
            (Some(port), _) => port.as_u16(),
            (None, true) => 443,
            (None, false) => 80,
        };
        Ok(Self { host: host.to_owned(), port, is_tls, uri })
    }

    pub(super) fn bad_url(&self, why: String) -> ConnectError {
        ConnectError::BadUrl { url: redacted(&self.uri.to_string()), why }
    }
}

/// Cuts off the query and the user part, where tokens and passwords live.
fn redacted(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => url.rsplit('@').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_gives_the_port_and_the_url_overrides_it() {
        for (url, host, port, is_tls) in [
            ("ws://venue.example/ws", "venue.example", 80, false),
            ("wss://venue.example", "venue.example", 443, true),
            ("wss://venue.example:9443/ws?a=b", "venue.example", 9_443, true),
            ("ws://[::1]:8080/", "::1", 8_080, false),
        ] {
            let target = Destination::parse(url).expect(url);
            assert_eq!((target.host.as_str(), target.port, target.is_tls), (host, port, is_tls));
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_secrets() {
        for (url, message) in [
            ("http://venue.example/", "bad url http://venue.example/: scheme must be ws or wss"),
            ("venue.example?token=s3cret", "bad url venue.example: "),
            ("ftp://me:s3cret@venue.example/a?b=s3cret", "bad url ftp://venue.example/a: scheme"),
            ("", "bad url "),
            ("ws://", "bad url ws://"),
        ] {
            let error = Destination::parse(url).expect_err(url).to_string();
            assert!(error.starts_with(message), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
