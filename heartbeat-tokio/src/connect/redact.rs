//! What may be shown of texts in which secrets live.
//!
//! A token can stand anywhere in a URL: venues put listen keys into the path. So nothing of a URL
//! is shown but scheme, host and port; of headers nothing but their names.

use core::fmt;

use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName};

/// The longest piece of a text of somebody else's that is shown, in characters: what DNS allows.
const SHOWN_MAX: usize = 255;

/// Returns scheme, host and port of a text that should be a URL and need not be one; `...` for what
/// cannot be either.
pub(crate) fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return HIDDEN.to_owned() };
    // The last `@`, wherever it stands: a password may hold any other delimiter.
    let place = rest.rsplit('@').next().unwrap_or_default();
    let host = place.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    format!("{}://{}", or_hidden(scheme, b"+-."), or_hidden(host, b"-.:[]_"))
}

/// What stands for something that is not shown.
const HIDDEN: &str = "...";

/// Returns a text of ASCII letters, digits and these; any other is not shown.
fn or_hidden<'a>(text: &'a str, others: &[u8]) -> &'a str {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
    if text.len() <= SHOWN_MAX && text.bytes().all(is_fine) { text } else { HIDDEN }
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
            ("wss://me:s3cret@v.example:94/ws/s3cret?a=s3cret#s3cret", "wss://v.example:94"),
            ("ws://me:s3/cr?et#s3cret@[::1]:7/", "ws://[::1]:7"),
            ("s3cret@s3cret://venue.example", "...://venue.example"),
            ("ws://venue.example\\s3cret", "ws://venue.example"),
            ("me:s3cret@venue.example?s3cret", "..."),
            ("a s3cret", "..."),
            ("ws://a\r\nb\u{1b}[31m", "ws://..."),
            ("", "..."),
        ] {
            assert_eq!(url(text), shown, "{text}");
        }
        assert_eq!(url(&format!("ws://{}", "x".repeat(10_000))), "ws://...");
        assert_eq!(printable(&"x".repeat(10_000)).len(), SHOWN_MAX + "...".len());
        assert_eq!(printable("a\r\n\u{1b}[31mb"), "a\\r\\n\\u{1b}[31mb");
    }
}
