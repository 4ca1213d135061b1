//! What may be shown of texts in which secrets live.
//!
//! A token can stand anywhere in a URL: venues put listen keys into the path. So nothing of a URL
//! is shown but scheme, host and port; of headers nothing but their names.

use core::fmt;

use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName};

/// The longest piece of a text of somebody else's that is shown, in characters.
const SHOWN_MAX: usize = 100;

/// Returns scheme and host of a text that should be a URL and need not be one.
pub(crate) fn url(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let scheme = if scheme.bytes().all(is_scheme) { scheme } else { "" };
    // The last `@`, wherever it stands: a password may hold any other delimiter.
    let place = rest.rsplit('@').next().unwrap_or_default();
    let host = place.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if scheme.is_empty() {
        printable(host)
    } else {
        format!("{}://{}", printable(scheme), printable(host))
    }
}

/// Returns a text in one line of bounded length.
pub(crate) fn printable(text: &str) -> String {
    let shown = text.chars().take(SHOWN_MAX).flat_map(char::escape_debug);
    let cut = text.chars().nth(SHOWN_MAX).map(|_| "...");
    shown.chain(cut.unwrap_or_default().chars()).collect()
}

/// Shows the names of headers and none of their values.
pub(crate) struct Names<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(HeaderName::as_str)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_nothing_is_shown_but_where_it_leads() {
        for (text, shown) in [
            (
                "wss://me:s3cret@venue.example:9443/ws/s3cret?a=s3cret#s3cret",
                "wss://venue.example:9443",
            ),
            ("ws://me:s3/cr?et#s3cret@venue.example/", "ws://venue.example"),
            ("s3cret@s3cret://venue.example", "venue.example"),
            ("me:s3cret@venue.example?s3cret", "venue.example"),
            ("venue.example\\s3cret", "venue.example"),
            ("ws://a\r\nb\u{1b}[31m", "ws://a\\r\\nb\\u{1b}[31m"),
            ("", ""),
        ] {
            assert_eq!(url(text), shown, "{text}");
        }
        let long = "x".repeat(10_000);
        assert_eq!(url(&long).len(), SHOWN_MAX + "...".len());
    }
}
