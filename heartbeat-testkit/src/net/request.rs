//! The opening handshake as text: what a client asks for, and what it is told (RFC 6455, section
//! 4.2; RFC 9110, section 7.8).

use core::fmt::Write as _;
use core::time::Duration;

use httparse::{EMPTY_HEADER, Error, Header, Request, Status};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The longest head of a request, in bytes, and how many headers it may have.
pub(super) const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 100;

/// How much of a method and of a path is remembered, in characters.
const SHOWN_MAX: usize = 128;

/// A request to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upgrade {
    /// The path, with its query.
    pub(super) target: String,
    /// What proves that the server understood.
    pub(super) accept: String,
}

/// A request that is none to be let in, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) method: String,
    /// The path, without its query: it may hold a secret.
    pub(super) path: String,
    pub(super) status: u16,
    /// One line, for the client's author.
    pub(super) why: &'static str,
}

impl Rejection {
    /// Makes the answer to something that could not be read to its end.
    pub(super) fn of_nobody(status: u16, why: &'static str) -> Self {
        Self { method: String::new(), path: String::new(), status, why }
    }
}

/// Reads a head, if it is whole. `is_served` tells at which paths there is one to be had: who asks
/// for something else elsewhere is told that there is nothing.
pub(super) fn read(
    bytes: &[u8],
    is_served: impl Fn(&str) -> bool,
) -> Result<Option<Upgrade>, Rejection> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut request = Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Partial) if bytes.len() < HEAD_MAX => Ok(None),
        Ok(Status::Complete(len)) if len <= HEAD_MAX => {
            let has_more = len < bytes.len();
            judge(&request, has_more, is_served).map(Some)
        }
        Ok(_) | Err(Error::TooManyHeaders) => {
            Err(rejection(&request, 431, "head must be at most 16384 bytes and 100 headers long"))
        }
        Err(_) => Err(rejection(&request, 400, "request must be one of http/1.1")),
    }
}

fn judge(
    request: &Request<'_, '_>,
    has_more: bool,
    is_served: impl Fn(&str) -> bool,
) -> Result<Upgrade, Rejection> {
    let target = request.path.unwrap_or_default();
    let asks = |name: &str, token: &str| lists(request.headers, name, token);
    let is_upgrade = request.version == Some(1) && asks("upgrade", "websocket");
    let refuse = |status, why| Err(rejection(request, status, why));
    if !is_upgrade && !is_served(path_of(target)) {
        return refuse(404, "nothing is served here but websockets");
    }
    if request.method != Some("GET") {
        return refuse(405, "method must be GET");
    }
    if !is_upgrade {
        return refuse(426, "request must upgrade to websocket");
    }
    if one(request.headers, "host").is_none() {
        return refuse(400, "request must have one host");
    }
    if !asks("connection", "upgrade") {
        return refuse(400, "connection must name upgrade");
    }
    match one(request.headers, "sec-websocket-version") {
        Some("13") => {}
        Some(_) => return refuse(426, "sec-websocket-version must be 13"),
        None => return refuse(400, "request must have one sec-websocket-version"),
    }
    let Some(key) = one(request.headers, "sec-websocket-key").filter(|key| is_key(key)) else {
        return refuse(400, "sec-websocket-key must be 16 bytes in base64");
    };
    let has_body = one(request.headers, "content-length").is_some_and(|len| len != "0")
        || request.headers.iter().any(|it| it.name.eq_ignore_ascii_case("transfer-encoding"));
    if has_body || has_more {
        return refuse(400, "nothing may follow the request before its answer");
    }
    Ok(Upgrade { target: target.to_owned(), accept: derive_accept_key(key.as_bytes()) })
}

fn rejection(request: &Request<'_, '_>, status: u16, why: &'static str) -> Rejection {
    let shown = |text: Option<&str>| text.unwrap_or_default().chars().take(SHOWN_MAX).collect();
    let (method, path) = (shown(request.method), shown(request.path.map(path_of)));
    Rejection { method, path, status, why }
}

/// Returns a target's path, without its query.
pub(super) fn path_of(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

fn values<'r>(headers: &'r [Header<'_>], name: &str) -> impl Iterator<Item = &'r str> {
    let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    named.map(|header| str::from_utf8(header.value).unwrap_or_default().trim())
}

/// Returns the value of a header that may stand once and not twice.
fn one<'r>(headers: &'r [Header<'_>], name: &str) -> Option<&'r str> {
    let mut values = values(headers, name);
    values.next().filter(|value| !value.is_empty() && values.next().is_none())
}

/// Tells whether a list, in one line or several, has this token.
fn lists(headers: &[Header<'_>], name: &str, token: &str) -> bool {
    let mut tokens = values(headers, name).flat_map(|value| value.split(','));
    tokens.any(|listed| listed.trim().eq_ignore_ascii_case(token))
}

/// Tells whether a key is sixteen bytes in base64: 22 digits, the last of which has four bits too
/// many, and the padding.
fn is_key(key: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    key.strip_suffix("==").is_some_and(|digits| {
        digits.len() == 22 && digits.bytes().all(is_digit) && digits.ends_with(['A', 'Q', 'g', 'w'])
    })
}

/// Writes the answer to who is let in.
pub(super) fn welcome(upgrade: &Upgrade) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {}\r\n\r\n",
        upgrade.accept
    )
}

/// Writes the answer to who is not: why, in one line of plain text.
pub(super) fn refusal(status: u16, why: &str, retry_after: Option<Duration>) -> String {
    let reason = tokio_tungstenite::tungstenite::http::StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or("Refused");
    let mut answer = format!("HTTP/1.1 {status} {reason}\r\nconnection: close\r\n");
    // Writing into a string cannot fail.
    let _ = match status {
        405 => answer.write_str("allow: GET\r\n"),
        426 => answer.write_str("upgrade: websocket\r\nsec-websocket-version: 13\r\n"),
        _ => Ok(()),
    };
    if let Some(retry_after) = retry_after {
        // A header of whole seconds: one too few would have the client refused again.
        let seconds = retry_after.as_nanos().div_ceil(1_000_000_000);
        let _ = write!(answer, "retry-after: {seconds}\r\n");
    }
    let body = if why.is_empty() { String::new() } else { format!("{why}\n") };
    let _ = write!(
        answer,
        "content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    answer
}
