//! Where a URL leads.

use core::fmt;

use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use tokio_tungstenite::tungstenite::http::uri::Authority;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};

use super::{ConnectError, redact};

/// Where a `ws://` or `wss://` URL leads.
///
/// A token can stand anywhere in a URL, so [`Display`](fmt::Display) and [`Debug`](fmt::Debug) show
/// scheme, host and port, and that there is a path.
///
/// ```
/// use heartbeat_tokio::client::Destination;
///
/// let venue = Destination::parse("wss://me:s3cret@venue.example/ws/s3cret?token=s3cret")?;
/// assert_eq!(venue.to_string(), "wss://venue.example/...");
/// // A port that does not exist is no port to guess at.
/// assert!(Destination::parse("wss://venue.example:65536/").is_err());
/// # Ok::<(), heartbeat_tokio::ConnectError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    place: Place,
    is_tls: bool,
    path: String,
}

/// The authority of a URL, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// A name or an address, an IPv6 address without its brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Host and port as the URL spells them, which is what a `Host` header says.
    spelled: String,
    /// What user and password become.
    pub(super) authorization: Option<HeaderValue>,
}

impl Destination {
    /// Returns the host: a name or an address, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.place.host
    }

    /// Returns the port.
    pub const fn port(&self) -> u16 {
        self.place.port
    }

    /// Tells whether it wants TLS.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Reads a `ws://` or `wss://` URL, without asking anybody.
    ///
    /// User and password become an `Authorization: Basic` header (RFC 7617) of the upgrade
    /// request, unless there is one already. A fragment is dropped: it is not for the server.
    ///
    /// # Errors
    ///
    /// [`ConnectError::BadUrl`] with what is wrong.
    pub fn parse(url: &str) -> Result<Self, ConnectError> {
        let bad = |why: String| ConnectError::BadUrl { url: redact::url(url), why };
        let uri: Uri = url.parse().map_err(|error| bad(format!("{error}")))?;
        let is_tls = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") => false,
            Some(_) | None => return Err(bad("scheme must be ws or wss".to_owned())),
        };
        let place = Place::of(&uri, if is_tls { 443 } else { 80 }).map_err(bad)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        // A URL may have a query and no path, a request must have one.
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { place, is_tls, path })
    }

    /// Returns what the request line asks for.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns host and port as the URL spells them.
    pub(super) fn authority(&self) -> &str {
        &self.place.spelled
    }

    pub(super) const fn authorization(&self) -> Option<&HeaderValue> {
        self.place.authorization.as_ref()
    }

    /// Tells whether the URL carries credentials where everybody looks for them.
    pub(crate) const fn has_user(&self) -> bool {
        self.place.authorization.is_some()
    }

    /// Takes over the credentials of the URL that led here, unless this one has its own.
    pub(super) fn or_user_of(mut self, other: &Self) -> Self {
        let authorization = &other.place.authorization;
        self.place.authorization = self.place.authorization.or_else(|| authorization.clone());
        self
    }
}

impl Place {
    pub(super) fn of(uri: &Uri, default_port: u16) -> Result<Self, String> {
        let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
        let (user, spelled) = match authority.rsplit_once('@') {
            Some((user, spelled)) => (Some(user), spelled),
            None => (None, authority),
        };
        let (host, port) = match spelled.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port),
            None => spelled.split_at(spelled.find(':').unwrap_or(spelled.len())),
        };
        if host.is_empty() {
            return Err("host must not be empty".to_owned());
        }
        let port = match port.strip_prefix(':').unwrap_or(port) {
            "" => default_port,
            digits => match digits.parse() {
                Ok(port) if port > 0 && digits.bytes().all(|it| it.is_ascii_digit()) => port,
                _ => return Err("port must be a number from 1 to 65535".to_owned()),
            },
        };
        let authorization = user.map(basic).transpose()?;
        let spelled = spelled.trim_end_matches(':').to_owned();
        Ok(Self { host: host.to_owned(), port, spelled, authorization })
    }
}

/// Returns what a user and a password become, percent-encoded as they stand in a URL.
fn basic(user: &str) -> Result<HeaderValue, String> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let mut pair: Vec<u8> = percent_decode_str(user).collect();
    if pair.contains(&b':') {
        return Err("user must not contain a colon".to_owned());
    }
    pair.push(b':');
    pair.extend(percent_decode_str(password));
    let value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(&pair)));
    let mut value = value.map_err(|error| error.to_string())?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "wss" } else { "ws" };
        let path = if self.path == "/" { "/" } else { "/..." };
        write!(f, "{scheme}://{}{path}", redact::printable(&self.place.spelled))
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({self})")
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
            ("wss://venue.example:/", "venue.example", 443, true),
            ("wss://venue.example:9443/ws?a=b", "venue.example", 9_443, true),
            ("ws://[::1]:8080/", "::1", 8_080, false),
            ("ws://[::1]", "::1", 80, false),
            ("ws://me:s3cret@[::1]:65535", "::1", 65_535, false),
        ] {
            let target = Destination::parse(url).expect(url);
            assert_eq!((target.host(), target.port(), target.is_tls), (host, port, is_tls));
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_secrets() {
        let port = "port must be a number from 1 to 65535";
        for (url, message) in [
            ("http://venue.example/", "bad url http://venue.example: scheme must be ws or wss"),
            ("venue.example?token=s3cret", "bad url ...: "),
            ("ftp://me:s3cret@venue.example/a?b=s3cret", "bad url ftp://venue.example: scheme"),
            ("", "bad url ...: "),
            ("ws://", "bad url ws://"),
            ("ws://me@", "bad url ws://"),
            ("ws://v/\r\nX-Injected: s3cret", "bad url ws://v: "),
            ("ws://127.0.0.1:65536/s3cret", &format!("bad url ws://127.0.0.1:65536: {port}")),
            ("ws://127.0.0.1:99999/", &format!("bad url ws://127.0.0.1:99999: {port}")),
            ("ws://[::1]:0/", &format!("bad url ws://[::1]:0: {port}")),
            ("ws://a%3Ab:s3cret@venue.example", "bad url ws://venue.example: user must not"),
        ] {
            let error = Destination::parse(url).expect_err(url).to_string();
            assert!(error.starts_with(message), "{error}");
            assert!(!error.contains("s3cret") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_user_and_a_password_become_a_header() {
        let of = |url: &str| Destination::parse(url).unwrap().place.authorization;
        assert_eq!(of("ws://venue.example/"), None);
        // RFC 7617, section 2.
        let aladdin = of("ws://Aladdin:open%20sesame@venue.example/").unwrap();
        assert_eq!(aladdin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{aladdin:?}"), "Sensitive");
        assert_eq!(of("ws://me@venue.example/").unwrap(), "Basic bWU6");
    }

    #[test]
    fn a_path_is_shown_to_be_there_and_no_more() {
        let shown = |url: &str| Destination::parse(url).unwrap().to_string();
        assert_eq!(shown("ws://[::1]:8080"), "ws://[::1]:8080/");
        assert_eq!(shown("wss://venue.example?token=s3cret"), "wss://venue.example/...");
        assert_eq!(Destination::parse("ws://v?a").unwrap().path(), "/?a");
    }
}
